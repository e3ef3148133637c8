"""The digest's world in one process: tables on moto as the template makes them, and a Slack that can misbehave."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws

from kaizen.metrics.rows import read_rows
from kaizen.policy import store as policy_store
from kaizen.policy.store import DEFAULT_FILE
from kaizen.runtime import clients, secrets
from kaizen.storage.items import from_item, to_item
from kaizen.tickets import Ticket, ticket_attributes
from tests.architecture.house import resources
from ticket_digest import handler

TOKEN = "xoxb-very-secret"
CHANNEL = "C0123456789"
BOT_ROUTE = f'channel = "{CHANNEL}"'
WEBHOOK_PATH = "/services/T0/B0/very-secret"


@dataclass
class Answer:
    """What Slack says instead of doing its work; `stored`: it does the work and then fails to say so."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    stored: bool = False
    hang_up: bool = False


class FakeSlack:
    """Web API and Incoming Webhook on loopback. `faults` are the next answers to a method, in order."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.faults: dict[str, list[Answer]] = {}
        self.on_post: Callable[[], None] = lambda: None
        self._lock = Lock()
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                slack._serve(self, body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fault(self, method: str, *answers: Answer) -> None:
        self.faults.setdefault(method, []).extend(answers)

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages]

    def _serve(self, request: BaseHTTPRequestHandler, body: str) -> None:
        path = urlsplit(request.path)
        method = "webhook" if path.path == WEBHOOK_PATH else path.path.removeprefix("/api/")
        with self._lock:
            self.calls.append(method)
            fault = self.faults[method].pop(0) if self.faults.get(method) else None
        status, content = 200, ""
        if fault is None or fault.stored:
            if method in ("webhook", "chat.postMessage"):
                self.on_post()
            if method != "webhook" and request.headers.get("Authorization") != f"Bearer {TOKEN}":
                content = json.dumps({"ok": False, "error": "invalid_auth"})
            else:
                content = self._work(method, body)
        headers = {}
        if fault is not None:
            if fault.hang_up:
                request.close_connection = True
                return
            status, content, headers = fault.status, fault.body, fault.headers
        payload = content.encode()
        request.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(payload))}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(payload)

    def _work(self, method: str, body: str) -> str:
        query = {} if body.startswith("{") else {name: each[0] for name, each in parse_qs(body).items()}
        match method:
            case "webhook":
                self._keep(json.loads(body))
                return "ok"
            case "chat.postMessage":
                return json.dumps({"ok": True, "ts": self._keep(json.loads(body))})
            case "conversations.history":
                found = [message for message in self.messages if "thread_ts" not in message]
            case "conversations.replies":
                found = [each for each in self.messages if query["ts"] in (each.get("thread_ts"), each["ts"])]
            case _:
                return json.dumps({"ok": False, "error": "unknown_method"})
        assert query["include_all_metadata"] == "1"
        # One message a page, newest first: whoever stops at the first page finds little.
        newest = [message for message in reversed(found) if float(message["ts"]) >= float(query["oldest"])]
        start = int(query.get("cursor", 0))
        more = {"next_cursor": str(start + 1)} if start + 1 < len(newest) else {}
        return json.dumps({"ok": True, "messages": newest[start : start + 1], "response_metadata": more})

    def _keep(self, message: dict[str, Any]) -> str:
        with self._lock:
            stamp = f"{4000000000 + len(self.messages)}.000100"
            self.messages.append(message | {"ts": stamp})
            return stamp


@dataclass
class Context:
    """What Lambda passes beside the event."""

    aws_request_id: str = "11111111-1111-1111-1111-111111111111"
    function_name: str = "TicketDigest"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:TicketDigest"
    left: float = 120.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.left * 1000)


class World:
    """`run` invokes the handler at an instant; `sleeps` are the pauses it took, in seconds."""

    def __init__(self, slack: FakeSlack) -> None:
        self.slack = slack
        self.dynamodb = boto3.client("dynamodb", region_name="eu-west-1")
        self.ssm = boto3.client("ssm", region_name="eu-west-1")
        self.sleeps: list[float] = []

    def put(self, *tickets: Ticket) -> None:
        for ticket in tickets:
            keys = {"pk": f"ticket#{ticket.id}", "sk": "ticket", "open_component": ticket.component}
            item = to_item(ticket_attributes(ticket) | keys)
            self.dynamodb.put_item(TableName="TicketsTable", Item=item)

    def policy(self, text: str) -> None:
        self.ssm.put_parameter(Name="/kaizen/policy", Value=text, Type="String", Overwrite=True)
        forget()

    def markers(self) -> list[dict[str, Any]]:
        items = [from_item(item) for item in self.dynamodb.scan(TableName="SlackTable")["Items"]]
        return [item for item in items if item["sk"] != "last"]

    def metric(self, name: str) -> dict[tuple[str, ...], float]:
        rows, _ = read_rows(self.dynamodb, "MetricsTable")
        return {labels: series.value for labels, series in rows.get(name, {}).items()}

    def run(self, at: Any, event: dict[str, Any] | None = None, **context: Any) -> dict[str, Any]:
        with patch("ticket_digest.handler.utc_now", lambda: at), patch("time.sleep", self.sleeps.append):
            return handler.lambda_handler(event or {}, Context(**context))


def forget() -> None:
    """As in a process that has just started."""
    for cached in (handler.settings, handler.dynamodb, policy_store.policy_store, secrets._provider, clients.built):
        cached.cache_clear()


def routes(*given: str) -> str:
    """The default policy with other routes; each is the inside of its table, the name aside."""
    before, _, rest = DEFAULT_FILE.read_text(encoding="utf-8").partition("[[routes]]")
    after = rest[rest.index("[feed]") :]
    tables = [f'[[routes]]\nname = "{name}"\n{inside}\n' for name, inside in zip("abcdef", given, strict=False)]
    return "".join([before, *tables, after])


@contextmanager
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    slack = FakeSlack()
    environment = {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "TICKETS_TABLE": "TicketsTable",
        "METRICS_TABLE": "MetricsTable",
        "SLACK_TABLE": "SlackTable",
        "POLICY_PARAMETER": "/kaizen/policy",
        "SLACK_TOKEN_PARAMETER": "/kaizen/slack/bot-token",
        "SLACK_API_URL": f"{slack.base}/api/",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    try:
        with mock_aws():
            forget()
            made = World(slack)
            for name, table in resources("AWS::DynamoDB::Table").items():
                indexes = table.get("GlobalSecondaryIndexes")
                made.dynamodb.create_table(
                    TableName=name,
                    BillingMode=table["BillingMode"],
                    AttributeDefinitions=table["AttributeDefinitions"],
                    KeySchema=table["KeySchema"],
                    **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
                )
            for name, value in (
                ("/kaizen/slack/bot-token", TOKEN),
                ("/kaizen/slack/default-webhook", slack.base + WEBHOOK_PATH),
            ):
                made.ssm.put_parameter(Name=name, Value=value, Type="SecureString")
            yield made
            forget()
    finally:
        slack.close()
