"""phase_stream over moto: the template's tables, a bucket, and streams as phase_downsampler leaves them there."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any
from unittest.mock import patch

from kaizen.metrics.rows import read_rows
from kaizen.phase import streams
from kaizen.storage.items import from_item, pages, to_item
from phase_stream import handler
from phase_stream.rows import CLOSED_SECONDS
from tests.architecture.house import ROOT
from tests.contract.phase_aws import BUCKET, ENVIRONMENT, METRICS, TABLE, PhaseAws, forget, mocked
from tests.factories import NOW
from tests.unit.stream.source import Source
from tests.unit.stream.world import COUNTERS, Answer, received

EVENT: dict[str, Any] = json.loads((ROOT / "events" / "phase_stream.json").read_text(encoding="utf-8"))
FRAMES = "GET /phase/streams/{id}/frames"
CELLS = "GET /phase/streams/{id}/levels/{level}/cells"
CHUNKS = "GET /phase/streams/{id}/levels/{level}/chunks"
CHUNK = "GET /phase/streams/{id}/levels/{level}/chunks/{chunk}"
TOKEN, TOKEN_PARAMETER = "token-of-the-scraper", "/kaizen/metrics/token"
_CACHED = (handler.settings, handler.server, handler.store, handler.ledger)
AUDITS, REPORT = "GET /phase/savings/audit", "POST /phase/savings/audit"


class Context:
    function_name = "PhaseStream"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:PhaseStream"
    aws_request_id = "invocation"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class StreamWorld(PhaseAws):
    """AWS as phase_stream sees it, and requests at its doors, a second apart by `now`, the function's clock."""

    def __init__(self) -> None:
        super().__init__((TABLE, METRICS, "PhaseSavingsTable"))
        self.ssm.put_parameter(Name=TOKEN_PARAMETER, Value=TOKEN, Type="SecureString")
        self.requests = count()
        self.now = NOW
        self._put: set[str] = set()

    def publish(self, source: Source) -> None:
        """What the downsampler writes: objects first, then where the stream stands and its epochs."""
        for key, body in source.objects.items():
            if key not in self._put:
                self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
                self._put.add(key)
        items = [{"sk": streams.META} | source.stream.attributes()]
        for epoch in source.epochs:
            attributes = {name: getattr(epoch, name) for name in epoch.__slots__}
            items.append({"sk": streams.epoch_sort(epoch.epoch)} | attributes)
        for item in items:
            stored = {"pk": streams.partition(source.name)} | item
            self.dynamodb.put_item(TableName="PhaseTable", Item=to_item(stored))

    def call(
        self,
        route: str,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        *,
        body: str | None = None,
        request_id: str = "",
        **headers: str,
    ) -> Answer:
        """A request through the handler; a header's name is written with underscores, an empty value leaves it out."""
        given = EVENT["headers"] | {name.replace("_", "-"): value for name, value in headers.items()}
        context = EVENT["requestContext"] | {"requestId": request_id or f"request-{next(self.requests)}"}
        event = EVENT | {
            "routeKey": route,
            "pathParameters": dict(path or {}),
            "queryStringParameters": dict(query or {}),
            "headers": {name: value for name, value in given.items() if value},
            "requestContext": context,
        }
        if body is not None:
            event["body"] = body
        self.now += timedelta(seconds=1)
        return received(handler.lambda_handler(event, Context()))

    def fold(self) -> int:
        """A run of the schedule, when all that was sent so far is closed; how many responses it counted."""
        self.now += timedelta(seconds=CLOSED_SECONDS + 1)
        counted: int = handler.lambda_handler({}, Context())["responses"]
        return counted

    def frames(self, name: str, query: Mapping[str, str] | None = None, **given: Any) -> Answer:
        return self.call(FRAMES, {"id": name}, query, **({"accept_encoding": "zstd"} | given))

    def audits(self, **query: str) -> Answer:
        """A page of the list, for one who may see it."""
        return self.call(AUDITS, query=query, authorization=f"Bearer {TOKEN}")

    def totals(self) -> dict[str, int]:
        """The counters when everything is folded."""
        self.fold()
        rows, _ = read_rows(self.dynamodb, "MetricsTable")
        return {name: sum(int(each.value) for each in rows.get(name, {}).values()) for name in COUNTERS}

    def savings_items(self, kind: str = "") -> list[dict[str, Any]]:
        """All items, or those of which the partition key begins so."""
        found = pages(self.dynamodb, "scan", TableName="PhaseSavingsTable")
        return [each for each in found if each["pk"].startswith(kind)]

    def item(self, table: str, **key: str) -> dict[str, Any]:
        return from_item(self.dynamodb.get_item(TableName=table, Key=to_item(key))["Item"])


def new_process() -> None:
    """Forget what a new process does not know."""
    forget(*_CACHED)


@contextmanager
def stream_world() -> Iterator[StreamWorld]:
    given = {"PHASE_SAVINGS_TABLE": "PhaseSavingsTable", "PHASE_HELP_URL": "https://example.com/phase"}
    given["METRICS_TOKEN_PARAMETER"] = TOKEN_PARAMETER
    with mocked(ENVIRONMENT | given, *_CACHED):
        world = StreamWorld()
        with patch.object(handler, "utc_now", lambda: world.now):
            yield world
