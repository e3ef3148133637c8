"""Requests, the two tables in memory, and a stream, for the tests of the handshake."""

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from kaizen.phase.streams import META, Epoch, Gop, Segment, Stream, partition
from kaizen.storage.items import from_item, to_item

CONTEXT = SimpleNamespace(
    function_name="schema_handshake",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:000000000000:function:schema_handshake",
    aws_request_id="request",
)


def stream(name: str = "kuramoto", epoch: int = 17) -> Stream:
    """A stream with 240 frames in its current epoch."""
    return Stream(
        stream=name,
        version=4,
        epoch=Epoch(
            epoch=epoch,
            first_seq=0,
            last_seq=239,
            t0_us=0,
            dt_us=33_333,
            rows=1000,
            total=100_000,
            method="stratified",
            bits=16,
            levels=6,
            factor=4,
            chunk_columns=256,
        ),
        gop_frames=64,
        last_us=239 * 33_333,
        segments=(Segment(120, 239, 120 * 33_333),),
        gops=(Gop(64, 2), Gop(128, 2), Gop(192, 2)),
    )


def stored(given: Stream) -> dict[str, Any]:
    """The item in which phase_downsampler keeps where a stream stands."""
    return to_item({"pk": partition(given.stream), "sk": META} | given.attributes())


class Memory:
    """The two tables as far as the handshake reads and counts; `broken` names the operations that fail."""

    def __init__(self, *streams: Stream) -> None:
        self.items = {partition(each.stream): stored(each) for each in streams}
        self.broken: dict[str, Exception] = {}
        self.calls: list[str] = []
        self.counted: list[str] = []  # verdicts

    def get_item(self, **request: Any) -> dict[str, Any]:
        self._called("get_item")
        assert request["TableName"] == "phase"
        key = from_item(request["Key"])
        assert key["sk"] == META
        return {"Item": self.items[key["pk"]]} if key["pk"] in self.items else {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        self._called("update_item")
        assert request["TableName"] == "metrics"
        assert request["Key"]["metric"] == {"S": "phase_handshakes_total"}
        self.counted += json.loads(request["Key"]["series"]["S"].partition("#")[0])
        return {}

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        if operation in self.broken:
            raise self.broken[operation]


def get(query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """An HTTP API event; the gateway leaves the parameters out when there are none."""
    event = _event("GET", headers)
    return event | ({"queryStringParameters": dict(query)} if query else {})


def post(body: Any, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A text as it is; anything else as JSON."""
    text = body if isinstance(body, str) else json.dumps(body)
    return _event("POST", headers) | {"body": text}


def _event(verb: str, headers: Mapping[str, str] | None) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": "/phase/handshake",
        "headers": dict(headers or {}),
        "requestContext": {"requestId": "r1", "http": {"method": verb}},
        "isBase64Encoded": False,
    }
