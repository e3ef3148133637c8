"""The door of the producers over AWS in memory: bucket, queue, tables and parameters as the template makes them."""

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from kaizen.phase.arrival import Arrival
from kaizen.phase.streams import META, Stream, partition
from kaizen.runtime.http import Response
from kaizen.storage.items import to_item
from phase_ingest import handler
from tests.architecture.house import ROOT
from tests.contract.phase_aws import ENVIRONMENT, TABLE, PhaseAws, forget, mocked
from tests.factories import NOW
from tests.unit.ingest.posts import MEDIA_TYPE

if TYPE_CHECKING:
    pass

TOKEN_PARAMETER = "/kaizen/phase/producer-token"
EVENT: dict[str, Any] = json.loads((ROOT / "events" / "phase_ingest.json").read_text(encoding="utf-8"))
TOKEN: str = EVENT["headers"]["authorization"].partition(" ")[2]
STREAM: str = EVENT["queryStringParameters"]["stream"]
CONTEXT = SimpleNamespace(
    function_name="phase_ingest",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:phase_ingest",
    aws_request_id="request-1",
)
_CACHED = (handler.settings, handler.store, handler.known, handler.server)


def event_of(
    body: bytes, name: str = "frames", query: dict[str, str] | None = None, **headers: str | None
) -> dict[str, Any]:
    """A post as the gateway passes it on; headers by their names with `_`, None leaves one out."""
    given: dict[str, str | None] = {"authorization": f"Bearer {TOKEN}", "content-type": MEDIA_TYPE}
    given |= {key.replace("_", "-"): value for key, value in headers.items()}
    context = EVENT["requestContext"] | {"http": EVENT["requestContext"]["http"] | {"path": f"/phase/{name}"}}
    return {
        "version": "2.0",
        "routeKey": f"POST /phase/{name}",
        "rawPath": f"/phase/{name}",
        "headers": {key: value for key, value in given.items() if value is not None},
        "queryStringParameters": {"stream": STREAM} if query is None else query,
        "requestContext": context,
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


class World(PhaseAws):
    """AWS as the function sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.queue_url = self.queue("PhaseQueue")
        self.ssm.put_parameter(Name=TOKEN_PARAMETER, Value=TOKEN, Type="SecureString")

    def call(self, event: dict[str, Any], now: datetime = NOW) -> Response:
        with patch.object(handler, "utc_now", lambda: now):
            response: Response = handler.lambda_handler(event, CONTEXT)
        return response

    def post(self, body: bytes, name: str = "frames", query: dict[str, str] | None = None, **headers: Any) -> Response:
        return self.call(event_of(body, name, query, **headers))

    def put_stream(self, stream: Stream) -> None:
        item = {"pk": partition(stream.stream), "sk": META} | stream.attributes()
        self.dynamodb.put_item(TableName=TABLE, Item=to_item(item))

    def messages(self) -> list[dict[str, Any]]:
        """What waits in the queue, taken out of it, of all streams."""
        found: list[Any] = []
        while True:
            answer = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10, AttributeNames=["All"])
            batch = answer.get("Messages", [])
            if not batch:
                return found
            for message in batch:
                self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
            found += batch

    def arrivals(self) -> list[Arrival]:
        return [Arrival.read(message["Body"]) for message in self.messages()]


def content(response: Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response["body"])
    return found


def new_process() -> None:
    """Forget what a new process does not know."""
    forget(*_CACHED)


@contextmanager
def ingest_world() -> Iterator[World]:
    environment = ENVIRONMENT | {"PRODUCER_TOKEN_PARAMETER": TOKEN_PARAMETER, "PHASE_HELP_URL": ""}
    with mocked(environment, *_CACHED):
        made = World()
        os.environ["PHASE_QUEUE_URL"] = made.queue_url
        yield made
