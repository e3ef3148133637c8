"""A real Prometheus and a real Alertmanager over the exporter, the door and the monitor: a page without a schedule.

The monitor works on the store that Prometheus's target reads; its pager is the local stack's, which refuses what
PagerDuty refuses.
"""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from canary_alerts import handler as door
from canary_monitor.incoming import read_message
from canary_monitor.monitor import Monitor, Outside
from canary_monitor.presses import Buttons
from canary_monitor.store import CanaryStore
from kaizen.events.slack import SlackInteraction
from kaizen.policy.sections.canary import CanaryPolicy
from kaizen.slack.blocks import Message
from kaizen.times import utc_now
from local.outside.pager.incidents import Incident, Incidents
from tests.architecture.house import ROOT
from tests.contract.exporter_world import CONTEXT, TABLE
from tests.rules.live import Live, free_port, live
from tests.rules.tools import PROMETHEUS, tool
from tests.unit.canary.canary_world import event

TOKEN, CHANNEL = "of-alertmanager", "C0CANARIES"
AGO = timedelta(hours=2, minutes=3)


class Alerting:
    """What Alertmanager calls, and the monitor behind it. `alarms` are set and never ring."""

    def __init__(self, address: str) -> None:
        self.address = address  # Alertmanager's API
        self.pager = Incidents("key")
        self.shown: dict[str, Message] = {}
        self.told_slack: list[str] = []
        self.lock = Lock()
        self.prometheus: Live

    def set(self, alarm: object, at: datetime) -> None:
        pass

    def unset(self, alarm: object) -> None:
        pass

    def page(self, given: Mapping[str, Any]) -> None:
        status, answer = self.pager.take(given)
        assert status == 202, answer

    def show(self, subject: str, message: Message, thread: str = "") -> None:
        self.shown[subject] = message

    def monitor(self, ago: timedelta = timedelta(0)) -> Monitor:
        outside = Outside(self, self.page, "key", lambda group, canary: [], self.show, Buttons("secret", CHANNEL))
        store = CanaryStore(self.prometheus.world.dynamodb, "canaries", TABLE)
        return Monitor(store, outside, CanaryPolicy(), lambda: utc_now() - ago)

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - boto3's names
        """SQS and the monitor's trigger in one."""
        _, work = read_message({"messageId": "m", "body": MessageBody})
        with self.lock:
            work(self.monitor())

    def tell(self, deployment: int, state: str, began: datetime, ago: timedelta = timedelta(0)) -> None:
        """A delivery of GitHub, as the monitor would have taken it some time ago."""
        given = event(state, 0, deployment, repository_id=deployment, repository=f"acme/shop-{deployment}")
        facts = {name: getattr(given, name) for name in given.__slots__}
        moved = {"status_at": began, "created_at": began, "updated_at": began, "received_at": began}
        with self.lock:
            self.monitor(ago).take(type(given)(**(facts | moved)))

    def press(self, deployment: int) -> str:
        message = self.shown[f"kaizen/canary/acme/shop-{deployment}/production/{deployment}"]
        (buttons,) = [each["elements"] for each in message.blocks if each["type"] == "actions"]
        value = next(each["value"] for each in buttons if each["action_id"] == "canary.extend")
        now = utc_now()
        press = SlackInteraction(now, "canary", "canary.extend", "U0ANA", value, channel_id=CHANNEL, trigger_id="t")
        with self.lock:
            return self.monitor().pressed(press)

    def incidents(self, deployment: int) -> list[Incident]:
        return [each for each in self.pager.listed() if each.key.endswith(f"/{deployment}")]

    def actions(self, deployment: int) -> list[str]:
        """What the pager took of a canary, in all its incidents."""
        return [action for each in self.incidents(deployment) for _, action in each.log]

    def alert(self, name: str, deployment: int) -> str:
        """Alertmanager's state of an alert; empty when it has none."""
        query = urlencode([("filter", f"alertname={name}"), ("filter", f"deployment={deployment}")])
        with urlopen(f"{self.address}/api/v2/alerts?{query}", timeout=10) as answer:
            found = json.load(answer)
        return str(found[0]["status"]["state"]) if found else ""


def _calls(alerting: Alerting) -> type[BaseHTTPRequestHandler]:
    class Calls(BaseHTTPRequestHandler):
        """Our door under /alerts, and Slack's incoming webhook under /slack."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            answer: dict[str, Any] = {"statusCode": 200, "body": "ok"}
            if self.path == "/alerts":
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = door.lambda_handler({"headers": headers, "body": body}, CONTEXT)
            else:
                alerting.told_slack.append(body)
            self.send_response(answer["statusCode"])
            self.end_headers()
            self.wfile.write(answer["body"].encode())

        def log_message(self, *_: Any) -> None:
            pass

    return Calls


def write_alertmanager(folder: Path, address: str) -> Path:
    """The sample configuration with our address in it, and without its pauses."""
    text = (PROMETHEUS / "alertmanager.yml").read_text(encoding="utf-8")
    text = text.replace("https://kaizen.example.com/alerts", f"{address}/alerts")
    text = re.sub(r"group_wait: \w+", "group_wait: 0s", text)
    text = re.sub(r"(group_interval|repeat_interval): \w+", r"\1: 1s", text)
    (folder / "alerts-token").write_text(TOKEN, encoding="utf-8")
    (folder / "slack-webhook-url").write_text(f"{address}/slack", encoding="utf-8")
    (folder / "pagerduty-routing-key").write_text("of alertmanager itself", encoding="utf-8")
    path = folder / "alertmanager.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def alerting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alerting]:
    folder = tmp_path_factory.mktemp("alertmanager")
    with ExitStack() as stack:
        patched = stack.enter_context(pytest.MonkeyPatch.context())
        port = free_port()
        made = Alerting(f"http://127.0.0.1:{port}")
        patched.setattr(door, "settings", lambda: door.AlertSettings("queue", "/token"))
        patched.setattr(door, "secret", lambda name: TOKEN)
        patched.setattr(door, "sqs", lambda: made)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _calls(made))
        thread = Thread(target=server.serve_forever)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        configuration = write_alertmanager(folder, f"http://127.0.0.1:{server.server_port}")
        process = subprocess.Popen(
            [
                tool("prometheus-alertmanager"),
                f"--config.file={configuration}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
                "--log.level=error",
            ],
            cwd=folder,
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        made.prometheus = stack.enter_context(live(tmp_path_factory.mktemp("prometheus"), f"127.0.0.1:{port}"))
        assert os.environ["AWS_ENDPOINT_URL"]
        made.prometheus.world.dynamodb.create_table(
            TableName="canaries",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        yield made


def canary_queries() -> list[str]:
    """Those of the dashboard, which need no variable."""
    dashboard = json.loads((ROOT / "grafana" / "dashboards" / "kaizen.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    found = [each for each in queries if "canary" in each]
    assert len(found) == 4
    return found


def gone(alerting: Alerting, deployment: int) -> bool:
    series = f'kaizen_canary_start_timestamp_seconds{{deployment="{deployment}"}}'
    return alerting.prometheus.query(series) == {}


def test_the_alert_alone_pages_once_and_the_end_resolves(alerting: Alerting) -> None:
    """Its schedule never rings: the monitor last saw it within its budget."""
    began = utc_now().replace(microsecond=0) - AGO
    alerting.tell(1, "in_progress", began, ago=AGO)
    assert alerting.incidents(1) == []
    alerting.prometheus.wait("the alert has paged", lambda: alerting.actions(1) == ["trigger"])
    paged = "kaizen_canary_paged_timestamp_seconds"
    alerting.prometheus.wait(
        "Prometheus knows of the page", lambda: alerting.prometheus.value(f'{paged}{{deployment="1"}}') is not None
    )
    alerting.tell(1, "success", utc_now())
    alerting.prometheus.wait("it is out of sight", lambda: gone(alerting, 1))
    alerting.prometheus.wait("the alert is over", lambda: not alerting.alert("KaizenCanaryBudgetExceeded", 1))
    assert alerting.actions(1) == ["trigger", "resolve"]


def test_both_paths_make_one_incident(alerting: Alerting) -> None:
    """The monitor pages at once, and Alertmanager repeats itself each second."""
    alerting.tell(2, "in_progress", utc_now().replace(microsecond=0) - AGO)
    assert alerting.actions(2) == ["trigger"]
    alerting.prometheus.wait("the alert fires too", lambda: bool(alerting.alert("KaizenCanaryBudgetExceeded", 2)))
    time.sleep(3)
    (incident,) = alerting.incidents(2)
    assert (incident.status, alerting.actions(2)) == ("triggered", ["trigger"])
    alerting.tell(2, "failure", utc_now())
    alerting.prometheus.wait("it is out of sight", lambda: gone(alerting, 2))
    assert alerting.actions(2) == ["trigger", "resolve"]


def test_the_literal_alert_is_silenced_while_extended(alerting: Alerting) -> None:
    """Two canaries of the same age: one gets an hour more."""
    began = utc_now().replace(microsecond=0) - AGO
    for deployment in (3, 4):
        alerting.tell(deployment, "in_progress", began)
    assert alerting.press(3) == "extend"
    literal = "CanaryDeploymentTimeout"
    states = {3: "suppressed", 4: "active"}
    alerting.prometheus.wait(
        "both are told of by the literal alert",
        lambda: {each: alerting.alert(literal, each) for each in states} == states,
    )
    time.sleep(3)
    assert {each: alerting.alert(literal, each) for each in states} == states
    for query in canary_queries():
        found = {dict(labels).get("deployment"): value for labels, value in alerting.prometheus.query(query).items()}
        assert {"3", "4"} <= set(found), query
        assert all(value > 0 for value in found.values()), query
    assert alerting.actions(3) == ["trigger", "resolve"]
    assert alerting.actions(4) == ["trigger"]
    assert any('"4"' in each or " 4 " in each for each in alerting.told_slack)
