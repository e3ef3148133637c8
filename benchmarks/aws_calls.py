"""How many AWS calls does a delivery, scrape, digest, feed request, statistics run or frame request make, and what do
they cost? Counted, not timed.

    PYTHONPATH=layers/common:functions:. python -m benchmarks.aws_calls

The real handlers run on moto with tables made from the template; botocore's own events count each call before it is
sent. `cold` is the first call of a process, which also reads the secrets and the policy. A step above its bar fails:
one delivery may cost one read and one transaction in DynamoDB and one event, the others what they cost by design.
Units of DynamoDB are counted by benchmarks.units from the sizes of the items.
"""

import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import botocore.handlers

from benchmarks.units import Units, cost

CALLS: Counter[str] = Counter()
UNITS = Units()
PUBLISHED: list[dict[str, Any]] = []


def _count(params: dict[str, Any], model: Any, **_: Any) -> None:
    CALLS[f"{model.service_model.service_name}:{model.name}"] += 1
    if model.name == "PutEvents":
        PUBLISHED.extend(json.loads(params["body"])["Entries"])


# Every session there will be, Powertools' own included, takes its handlers from this list.
botocore.handlers.BUILTIN_HANDLERS.append(("before-call", _count))
botocore.handlers.BUILTIN_HANDLERS.append(("provide-client-params.dynamodb", UNITS.before))
botocore.handlers.BUILTIN_HANDLERS.append(("after-call.dynamodb", UNITS.after))

import boto3  # noqa: E402
from moto import mock_aws  # noqa: E402

from benchmarks import responses  # noqa: E402
from github_webhook import handler as webhook  # noqa: E402
from kaizen.github.signatures import signature  # noqa: E402
from kaizen.policy.store import policy_store  # noqa: E402
from kaizen.runtime import secrets  # noqa: E402
from kaizen.runtime.log import logger  # noqa: E402
from metrics_exporter import handler as exporter  # noqa: E402
from tests.architecture.house import ROOT, resources  # noqa: E402
from ticket_digest import handler as digest  # noqa: E402
from ticket_feed import handler as feed  # noqa: E402
from ticket_statistics import handler as statistics  # noqa: E402
from ticket_tracker import handler as tracker  # noqa: E402

SECRET = "benchmark"
TABLES = {"TicketsTable": "tickets", "MetricsTable": "metrics", "SlackTable": "slack"}
CREATED = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "EVENT_BUS_NAME": "kaizen",
    "TICKETS_TABLE": "tickets",
    "METRICS_TABLE": "metrics",
    "SLACK_TABLE": "slack",
    "POLICY_PARAMETER": "/kaizen/policy",
    "GITHUB_SECRET_PARAMETER": "/kaizen/github/webhook-secret",
    "GITHUB_SECRET_PREVIOUS_PARAMETER": "/kaizen/github/webhook-secret-previous",
    "METRICS_TOKEN_PARAMETER": "/kaizen/metrics/token",
    "SLACK_TOKEN_PARAMETER": "/kaizen/slack/bot-token",
    "SLACK_API_URL": "http://127.0.0.1:1/api/",
    "STAGE": "local",
    "BUILD_HASH": "",
}
CONTEXT = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:000000000000:function:f",
    aws_request_id="request",
    get_remaining_time_in_millis=lambda: 60_000,
)
DELIVERY = {"dynamodb:GetItem": 1, "dynamodb:TransactWriteItems": 1, "events:PutEvents": 1}  # the cards are told
BARS = {  # step -> the most of each call; a call that is not named may not happen
    "webhook, accepted": {"events:PutEvents": 1},
    "webhook, refused": {"dynamodb:UpdateItem": 1},
    "tracker, a delivery": DELIVERY,
    # The marker cancels the transaction, and with it the count that was to be in it: it is made up for afterwards.
    "tracker, a redelivery": DELIVERY | {"dynamodb:UpdateItem": 1},
    "exporter, a scrape": {"dynamodb:Scan": 1},
    "feed, 200": {"dynamodb:Query": 2, "dynamodb:UpdateItem": 1},
    "feed, 304": {"dynamodb:Query": 2, "dynamodb:UpdateItem": 1},
    # Open tickets, windows, two gauges of canaries, claim; then one transaction for each message and one for the end.
    # The samples take one.
    "digest, one route": {
        "dynamodb:Query": 3, "dynamodb:Scan": 1, "dynamodb:UpdateItem": 1, "dynamodb:TransactWriteItems": 2,
    },
}  # fmt: skip


class Slack(BaseHTTPRequestHandler):
    """An Incoming Webhook that takes everything."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def slack() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slack)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/services/T0/B0/benchmark"
    finally:
        server.shutdown()
        server.server_close()


def prepare(slack_url: str) -> None:
    dynamodb, ssm = boto3.client("dynamodb"), boto3.client("ssm")
    for resource, name in TABLES.items():
        given = resources("AWS::DynamoDB::Table")[resource]
        dynamodb.create_table(TableName=name, **{key: given[key] for key in CREATED if key in given})
    boto3.client("events").create_event_bus(Name="kaizen")
    for name, value in (
        ("/kaizen/github/webhook-secret", SECRET),
        ("/kaizen/metrics/token", "token"),
        ("/kaizen/slack/default-webhook", slack_url),
    ):
        ssm.put_parameter(Name=name, Value=value, Type="SecureString")


def deliveries() -> list[dict[str, Any]]:
    """The sample deliveries as API Gateway events, signed."""
    events = []
    for path in sorted(Path(ROOT, "events", "deliveries").glob("*.json")):
        sample = json.loads(path.read_text(encoding="utf-8"))
        body = json.dumps(sample["payload"])
        headers = {name.lower(): value for name, value in sample["headers"].items()}
        headers |= {"content-type": "application/json", "x-hub-signature-256": signature(body.encode(), SECRET)}
        events.append({"headers": headers, "body": body, "isBase64Encoded": False})
    return events


def queued(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of the bus as the queue hands it to the tracker."""
    return {"Records": [{"messageId": "m", "body": json.dumps({"detail": json.loads(entry["Detail"])})}]}


def http(path: str, **headers: str) -> dict[str, Any]:
    return {
        "rawPath": path,
        "headers": {"host": "api.example.org"} | {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {"requestId": "r", "http": {"method": "GET", "path": path}},
    }


class Table:
    """Prints each step's calls, the most of each where a step is taken several times, and remembers what failed."""

    def __init__(self) -> None:
        self.failed = False
        self._most: dict[str, Counter[str]] = {}
        self._units: dict[str, tuple[float, float]] = {}

    def step(self, name: str, handler: Any, event: dict[str, Any]) -> Any:
        if name.endswith("cold"):
            policy_store.cache_clear()
            secrets._provider.cache_clear()
        CALLS.clear()
        UNITS.clear()
        answer = handler.lambda_handler(event, CONTEXT)
        self._most[name] = self._most.get(name, Counter()) | CALLS
        self._units[name] = max(self._units.get(name, (0.0, 0.0)), (UNITS.written, UNITS.read))
        return answer

    def show(self) -> None:
        for name, calls in self._most.items():
            bar = BARS.get(name)
            over = bar is not None and bool(calls - Counter(bar))
            self.failed |= over
            listed = ", ".join(f"{call} {number}" for call, number in sorted(calls.items()))
            print(f"{name:<24} {listed}{'  OVER THE BAR' if over else '' if bar is None else '  (bar held)'}")
            print(f"{'':<24} {cost(*self._units[name])}")


def measure(table: Table) -> None:
    events = deliveries()
    table.step("webhook, cold", webhook, events[0])
    PUBLISHED.clear()
    for event in events:
        assert table.step("webhook, accepted", webhook, event)["statusCode"] == 202
    forged = events[0] | {"headers": events[0]["headers"] | {"x-hub-signature-256": "sha1=0"}}
    assert table.step("webhook, refused", webhook, forged)["statusCode"] == 401
    seen: set[str] = set()
    for entry in list(PUBLISHED):
        if entry["DetailType"] != "github.issues":  # what the tracker's rule lets through
            continue
        delivery_id = json.loads(entry["Detail"])["delivery_id"]
        name = "tracker, a redelivery" if delivery_id in seen else "tracker, a delivery" if seen else "tracker, cold"
        seen.add(delivery_id)
        assert table.step(name, tracker, queued(entry)) == {"batchItemFailures": []}
    table.step("statistics, cold", statistics, {})
    table.step("statistics, a run", statistics, {})
    scrape = http("/metrics", authorization="Bearer token")
    assert table.step("exporter, cold", exporter, scrape)["statusCode"] == 200
    table.step("exporter, a scrape", exporter, scrape)
    etag = table.step("feed, cold", feed, http("/feed.atom"))["headers"]["etag"]
    assert table.step("feed, 200", feed, http("/feed.atom"))["statusCode"] == 200
    assert table.step("feed, 304", feed, http("/feed.atom", if_none_match=etag))["statusCode"] == 304
    table.step("digest, cold", digest, {"force": True})
    CONTEXT.aws_request_id = "another"  # the same request would go on with the same digest
    table.step("digest, one route", digest, {"force": True})


def main() -> int:
    logger.setLevel("CRITICAL")
    table = Table()
    with patch.dict(os.environ, ENVIRONMENT), slack() as url, mock_aws():
        prepare(url)
        measure(table)
    table.show()
    return int(table.failed) | responses.measured(UNITS)


if __name__ == "__main__":
    sys.exit(main())
