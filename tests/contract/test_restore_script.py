"""The script of docs/operate.md that makes a live table equal to its restored copy, run as it is printed there."""

import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.architecture.house import ROOT, resources
from tests.factories import NOW, OPENED, default_policy, hours, issue_event
from ticket_tracker.store import TicketStore
from ticket_tracker.tracking import track

TABLES = {"TicketsTable": "tickets", "MetricsTable": "metrics"}
_CREATED = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")


def script() -> str:
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"<<'PYTHON'\n(.*?)\n *PYTHON$", text, re.DOTALL | re.MULTILINE)
    return textwrap.dedent(found)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        client = boto3.client("dynamodb")
        for prefix in ("", "restored-"):
            for resource, name in TABLES.items():
                given = resources("AWS::DynamoDB::Table")[resource]
                wanted = {key: given[key] for key in _CREATED if key in given}
                client.create_table(TableName=prefix + name, **wanted)
        yield client


def rows(client: Any, table: str) -> list[Any]:
    return sorted(client.scan(TableName=table)["Items"], key=str)


def test_a_table_becomes_what_it_was(
    client: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # As many rows as take two batches: what DynamoDB takes at once is 25.
    history = [
        issue_event(action, OPENED + hours(at), issue_id=issue, delivery_id=f"{issue}-{action}")
        for issue in range(100, 112)
        for action, at in (("opened", 0), ("closed", 2))
    ]
    damage = [
        issue_event("reopened", OPENED + hours(3), issue_id=100, delivery_id="later"),
        issue_event("opened", OPENED + hours(3), issue_id=500, delivery_id="later still"),
    ]
    policy = default_policy()
    restored = TicketStore(client, "restored-tickets", "restored-metrics")
    live = TicketStore(client, "tickets", "metrics")
    for event in history:
        track(event, restored, policy, NOW, lambda _: None)
    for event in history[1:] + damage:  # one is missing, two are too many, and totals differ
        track(event, live, policy, NOW, lambda _: None)
    for table in TABLES.values():
        before = rows(client, f"restored-{table}")
        assert rows(client, table) != before
        monkeypatch.setattr(sys, "argv", ["copy_table.py", f"restored-{table}", table])
        exec(compile(script(), "copy_table.py", "exec"), {"__name__": "__main__"})
        assert rows(client, table) == before == rows(client, f"restored-{table}")
    assert f"tickets: {len(rows(client, 'tickets'))} rows" in capsys.readouterr().out
    # The same deliveries again, as GitHub redelivers them, change no ticket.
    tickets = [row for row in rows(client, "tickets") if row["sk"]["S"] == "ticket"]
    for event in history:
        again = replace(event, received_at=NOW)
        assert track(again, live, policy, NOW, lambda _: None) == "duplicate"
    assert [row for row in rows(client, "tickets") if row["sk"]["S"] == "ticket"] == tickets
