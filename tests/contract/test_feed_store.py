"""The feed over the real tables (moto's DynamoDB, made from the template): what is stored is what is served."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import feedparser
import pytest
from moto import mock_aws

from kaizen.metrics.rows import read_rows
from kaizen.mttr import window_attributes
from kaizen.policy.store import policy_store
from kaizen.runtime import clients
from kaizen.storage.items import to_item
from kaizen.tickets import feed_item_attributes
from tests.architecture.house import ROOT, resources
from tests.unit.feed.samples import CONTEXT, event, request, windows
from ticket_feed import handler

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLES = {"TicketsTable": "tickets", "MetricsTable": "metrics"}
CREATED = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")


def forget() -> None:
    for cached in (handler.settings, handler.dynamodb, policy_store, clients.built):
        cached.cache_clear()


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator["DynamoDBClient"]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("TICKETS_TABLE", "tickets")
    monkeypatch.setenv("METRICS_TABLE", "metrics")
    monkeypatch.setenv("POLICY_PARAMETER", "/kaizen/policy")
    monkeypatch.setenv("STAGE", "local")
    forget()
    with mock_aws():
        client = boto3.client("dynamodb")
        for resource, name in TABLES.items():
            given: Any = resources("AWS::DynamoDB::Table")[resource]
            client.create_table(TableName=name, **{key: given[key] for key in CREATED if key in given})
        yield client
    forget()


def fill(client: "DynamoDBClient", count: int) -> None:
    for number in range(1, count + 1):
        item = event(number, "closed" if number % 2 else "opened", severity="sev1" if number % 150 else "sev2")
        client.put_item(TableName="tickets", Item=to_item(feed_item_attributes(item)))
    for window in windows().values():
        client.put_item(TableName="metrics", Item=to_item(window_attributes(window)))


def get(form: str = "atom", query: dict[str, str] | None = None, **headers: str) -> dict[str, Any]:
    answer: dict[str, Any] = handler.lambda_handler(request(form, query, **headers), CONTEXT)
    return answer


def numbers(answer: dict[str, Any]) -> list[int]:
    parsed = feedparser.parse(answer["body"])
    assert not parsed.bozo
    return [int(entry.link.rpartition("/")[2]) for entry in parsed.entries]


def test_what_is_stored_is_served(dynamodb: "DynamoDBClient") -> None:
    fill(dynamodb, 320)
    first = get()
    assert numbers(first) == list(range(320, 220, -1))
    assert numbers(get("rss")) == list(range(320, 220, -1))
    assert numbers(get("rss", {"severity": "sev2"})) == [300, 150]
    assert numbers(get("rss", {"state": "closed", "severity": "sev2"})) == []
    assert "mean 2h, median 2h, p90 2h 48m (n = 3" in first["body"]
    assert get(if_none_match=first["headers"]["etag"])["statusCode"] == 304


def test_empty_tables_make_an_empty_feed(dynamodb: "DynamoDBClient") -> None:
    assert numbers(get()) == []


def test_answers_are_counted(dynamodb: "DynamoDBClient") -> None:
    fill(dynamodb, 1)
    etag = get()["headers"]["etag"]
    for _ in range(3):
        get(if_none_match=etag)
    get("rss", {"state": "ajar"})
    counts = read_rows(dynamodb, "metrics")[0]["kaizen_feed_requests_total"]
    assert {labels: series.value for labels, series in counts.items()} == {
        ("atom", "200"): 1,
        ("atom", "304"): 3,
        ("rss", "400"): 1,
    }


def test_a_missing_table_is_a_503(dynamodb: "DynamoDBClient") -> None:
    dynamodb.delete_table(TableName="tickets")
    assert get()["statusCode"] == 503


def test_the_sample_event(dynamodb: "DynamoDBClient") -> None:
    """events/ticket_feed.json is for `sam local invoke`; here it asks for open tickets of two components."""
    fill(dynamodb, 4)
    sample = json.loads(Path(ROOT, "events", "ticket_feed.json").read_text(encoding="utf-8"))
    answer = handler.lambda_handler(sample, CONTEXT)
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-encoding"] == "gzip"
