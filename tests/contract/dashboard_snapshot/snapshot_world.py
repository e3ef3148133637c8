"""A Grafana (the double), a bucket and tables (moto), and people in Slack who are told things."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import boto3
from moto import mock_aws

from dashboard_snapshot.deadline import Deadline
from dashboard_snapshot.drifting import Drifting
from dashboard_snapshot.drifttelling import DriftTelling
from dashboard_snapshot.grafana import Grafana
from dashboard_snapshot.model import Manifest, run_id
from dashboard_snapshot.snapshot import Order, Snapshot
from dashboard_snapshot.store import SnapshotStore
from kaizen.events.dashboard import DashboardDrifted
from kaizen.github.auth import TokenAuth
from kaizen.github.client import Github
from kaizen.metrics.counting import count
from kaizen.metrics.rows import read_rows
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy
from kaizen.runtime.outbound import Answer
from kaizen.slack.blocks import Message
from local.outside.github.service import TOKEN as GITHUB_TOKEN
from local.outside.github.service import GithubService
from local.outside.grafana.service import TOKEN, GrafanaService
from local.outside.service import Request
from tests.architecture.house import resources
from tests.unit.dashboard_diff.dashboard_samples import dashboard, panel

BUCKET = "snapshots"
START = datetime(2026, 11, 28, 14, tzinfo=UTC)
ENVIRONMENT = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def board_v2(title: str, expr: str = "up") -> dict[str, Any]:
    """A spec of schema v2 with one panel."""
    query = {"kind": "DataQuery", "group": "prometheus", "version": "v0", "spec": {"expr": expr}}
    queries = [{"kind": "PanelQuery", "spec": {"refId": "A", "hidden": False, "query": query}}]
    data = {"kind": "QueryGroup", "spec": {"queries": queries, "transformations": [], "queryOptions": {}}}
    chart = {"kind": "VizConfig", "group": "timeseries", "version": "13.0.0", "spec": {}}
    shown = {"id": 1, "title": "Up", "description": "", "links": [], "data": data, "vizConfig": chart}
    at = {"x": 0, "y": 0, "width": 12, "height": 8, "element": {"kind": "ElementReference", "name": "panel-1"}}
    return {
        "title": title, "annotations": [], "cursorSync": "Off", "editable": True, "tags": [], "variables": [],
        "elements": {"panel-1": {"kind": "Panel", "spec": shown}}, "links": [], "liveNow": False, "preload": False,
        "layout": {"kind": "GridLayout", "spec": {"items": [{"kind": "GridLayoutItem", "spec": at}]}},
    }  # fmt: skip


@dataclass
class World:
    """`told` are the notes by subject; `waited` are the pauses in seconds, `left` those until Lambda ends the function.
    Each run is an hour after the last one."""

    s3: Any
    dynamodb: Any
    now: datetime = START
    told: dict[str, Message] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    slack_down: bool = False
    token: str = TOKEN
    left: float = 900
    policy: DashboardSnapshotPolicy = field(default_factory=DashboardSnapshotPolicy)
    events: list[DashboardDrifted] = field(default_factory=list)
    bus_down: bool = False

    def __post_init__(self) -> None:
        self.grafana = GrafanaService(lambda: self.now)
        self.world = self.grafana.world
        self.store = SnapshotStore(self.s3, BUCKET)
        self.git = GithubService(clock=lambda: self.now)
        self.world.folder("shop", "Shop")
        self.world.folder("pay", "Payments", "shop")
        self.save("checkout", "pay")
        self.save("search", "shop")

    @property
    def deadline(self) -> Deadline:
        return Deadline(lambda: self.left)

    def save(self, uid: str, folder: str = "", author: str = "ana", title: str = "", expr: str = "") -> None:
        model = dashboard(panel("Orders", expr), uid=uid, title=title or uid.capitalize())
        self.world.save(model, author, folder=folder)

    def beside(self) -> None:
        """A library panel and an alert rule."""
        self.world.library_panel("queue", "Queue", {"type": "stat", "title": "Queue"}, "ana", "shop")
        self.world.alert_rule("down", "Shop is down", 'up{job="shop"} == 0', "5m", "pay")

    def send(self, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        parts = urlsplit(address)
        reply = self.grafana.answer(Request(method, parts.path, parts.query, headers, body or b""))
        content = reply.body.encode() if isinstance(reply.body, str) else reply.body
        return Answer(reply.status, {name.lower(): value for name, value in reply.headers}, content)

    def client(self) -> Grafana:
        def read(parameter: str, *, fresh: bool = False) -> str:
            return self.token

        return Grafana("http://127.0.0.1/grafana", self.send, "/t", read, self.waited.append, self.deadline.left)

    def github(self) -> Github:
        auth = TokenAuth("/gh", lambda parameter, fresh=False: GITHUB_TOKEN)
        return Github("http://127.0.0.1/github/api", auth, self.ask, lambda: self.now)

    def ask(self, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        parts = urlsplit(address)
        reply = self.git.answer(Request(method, parts.path, parts.query, headers, body or b""))
        content = reply.body.encode() if isinstance(reply.body, str) else reply.body
        return Answer(reply.status, {name.lower(): value for name, value in reply.headers}, content)

    def publish(self, *events: DashboardDrifted) -> None:
        if self.bus_down:
            raise ConnectionError("the bus")
        self.events += events

    def tell(self, subject: str, message: Message) -> None:
        if self.slack_down:
            raise ConnectionError("Slack")
        self.posts += [] if subject in self.told else [subject]
        self.told[subject] = message

    def snapshot(self) -> Snapshot:
        return Snapshot(
            grafana=self.client(), store=self.store, address="https://grafana.example.org", mention="", most_gone=0.2,
            also=self.policy.also,
            in_time=self.deadline.in_time, tell=self.tell, told_of=lambda subject: subject in self.told,
            page=lambda older, newer: f"https://api.example.org/reports/dashboards?from={older}&to={newer}",
            count=lambda changes: count(self.dynamodb, "metrics", changes, self.now), clock=lambda: self.now,
            drifting=Drifting(
                self.github, self.store, self.policy, lambda: self.deadline.left() > 0, self.client().is_gone
            ),
            drift_telling=DriftTelling(
                self.store, self.policy, "https://grafana.example.org", self.tell,
                lambda subject: subject in self.told, self.publish,
            ),
        )  # fmt: skip

    def run(self, **more: Any) -> Manifest:
        self.now += timedelta(hours=1)
        order = Order(run_id(self.now, "abcd"), self.now, ("v1", "event"))
        return self.snapshot().run(replace(order, **more))

    def last(self) -> Manifest:
        found = self.store.last(self.now)
        assert found is not None
        return found

    def stored(self, prefix: str = "") -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [each["Key"] for each in listed.get("Contents", [])]

    def note(self) -> str:
        return self.told[self.posts[-1]].text

    def counted(self, name: str) -> dict[tuple[str, ...], int]:
        rows, _ = read_rows(self.dynamodb, "metrics")
        return {labels: int(each.value) for labels, each in rows.get(f"kaizen_dashboard_snapshot_{name}", {}).items()}


@contextmanager
def aws() -> Iterator[tuple[Any, Any]]:
    with patch.dict(os.environ, ENVIRONMENT), mock_aws():
        s3: Any = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        dynamodb: Any = boto3.client("dynamodb")
        for name, logical in (("metrics", "MetricsTable"), ("slack", "SlackTable")):
            table = resources("AWS::DynamoDB::Table")[logical]
            parts = {part: table[part] for part in ("AttributeDefinitions", "BillingMode", "KeySchema")}
            dynamodb.create_table(TableName=name, **parts)
        yield s3, dynamodb
