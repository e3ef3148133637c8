"""GET /metrics over DynamoDB and SSM (moto's): access, codings, failures, and the numbers themselves."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from kaizen.metrics.catalogue import CATALOGUE
from kaizen.metrics.changes import add, observe, set_gauge
from kaizen.mttr import window
from kaizen.runtime.log import logger
from metrics_exporter import handler
from tests.contract.exporter_world import (
    POLICY_PARAMETER,
    TABLE,
    TOKEN,
    TOKEN_PARAMETER,
    World,
    content,
    counted_calls,
    exporter_world,
    new_process,
    scraped,
)
from tests.factories import NOW
from tests.unit.exporter.samples import key

API = {"component": "api", "severity": "sev1"}


@pytest.fixture
def world() -> Iterator[World]:
    with exporter_world() as found:
        yield found


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    """What the function logs; its logger does not propagate by itself."""
    monkeypatch.setattr(logging.getLogger(logger.service), "propagate", True)
    return caplog


def test_the_sample_event_is_answered(world: World) -> None:
    response = world.get()
    assert response["statusCode"] == 200
    assert response["headers"] == {
        "content-type": "application/openmetrics-text; version=1.0.0; charset=utf-8",
        "content-encoding": "gzip",
        "cache-control": "no-store",
        "vary": "Accept, Accept-Encoding",
    }
    assert content(response).endswith(b"# EOF\n")


def test_stored_numbers_are_exposed(world: World) -> None:
    world.write(
        [
            observe("kaizen_mttr_seconds", API, 600),
            observe("kaizen_mttr_seconds", API, 1200),
            observe("kaizen_mttr_seconds", API, 30, count=0),
            observe("kaizen_ticket_duration_seconds", API, 600),
            add("kaizen_tickets_open", API, 3),
            set_gauge("kaizen_statistics_last_success_timestamp_seconds", {}, 1_772_443_800),
        ],
        [window("api", "sev1", [600, 1230], [])],
    )
    for accept in ("application/openmetrics-text", "text/plain"):
        found = scraped(world.get(accept=accept))
        assert found[key("kaizen_mttr_seconds_sum", **API)] == 1830
        assert found[key("kaizen_mttr_seconds_count", **API)] == 2
        assert found[key("kaizen_mttr_seconds", quantile="0.5", **API)] == 915
        assert found[key("kaizen_mttr_window_seconds", statistic="mean", **API)] == 915
        assert found[key("kaizen_mttr_seconds_created", **API)] == NOW.timestamp()
        assert found[key("kaizen_ticket_duration_seconds_bucket", le="300.0", **API)] == 0
        assert found[key("kaizen_ticket_duration_seconds_bucket", le="900.0", **API)] == 1
        assert found[key("kaizen_tickets_open", **API)] == 3
        assert found[key("kaizen_statistics_last_success_timestamp_seconds")] == 1_772_443_800


def test_shards_are_put_together(world: World) -> None:
    labels = {"event": "issues", "result": "accepted"}
    name = "kaizen_webhook_last_delivery_timestamp_seconds"
    for number in range(40):
        world.write([add("kaizen_webhook_deliveries_total", labels, shard_by=str(number))])
        world.write([set_gauge(name, {}, 1_772_000_000 + number, shard_by=str(number))])
    stored = world.dynamodb.scan(TableName=TABLE)["Items"]
    assert len(stored) > 10  # they did lie apart
    found = scraped(world.get())
    assert found[key("kaizen_webhook_deliveries_total", **labels)] == 40
    assert found[key(name)] == 1_772_000_039


@pytest.mark.parametrize(
    ("accept_encoding", "zipped"),
    [
        ("", False),
        ("gzip", True),
        ("deflate, gzip;q=0.5", True),
        ("GZIP", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *;q=1", False),
        ("identity", False),
        ("br", False),
        ("*;q=0", False),
    ],
)
def test_gzip_only_when_it_is_taken(world: World, accept_encoding: str, zipped: bool) -> None:
    response = world.get(accept_encoding=accept_encoding)
    assert response["headers"].get("content-encoding", "") == ("gzip" if zipped else "")
    assert response["isBase64Encoded"] is zipped
    assert content(response).endswith(b"# EOF\n")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"])
def test_without_the_token_nothing_is_read(world: World, authorization: str) -> None:
    world.get()  # the token is known from here on
    with counted_calls() as calls:
        response = world.get(authorization=authorization)
    assert response["statusCode"] == 401
    assert response["headers"]["www-authenticate"] == 'Bearer realm="metrics"'
    assert json.loads(response["body"])["status"] == 401
    assert not calls


def test_a_token_is_rotated_without_a_refused_scrape(world: World) -> None:
    world.put(TOKEN_PARAMETER, f"brand-new {TOKEN}", "SecureString")
    new_process()
    assert world.get(authorization="Bearer brand-new")["statusCode"] == 200
    assert world.get()["statusCode"] == 200
    world.put(TOKEN_PARAMETER, "brand-new", "SecureString")
    new_process()
    assert world.get(authorization="Bearer brand-new")["statusCode"] == 200
    assert world.get()["statusCode"] == 401


def test_a_missing_token_opens_nothing_and_the_log_names_it(world: World, lines: pytest.LogCaptureFixture) -> None:
    world.ssm.delete_parameter(Name=TOKEN_PARAMETER)
    response = world.get()
    assert response["statusCode"] == 503
    assert response["headers"]["content-type"] == "application/problem+json"
    assert TOKEN_PARAMETER not in response["body"]  # the caller learns nothing of our insides
    (record,) = [each for each in lines.records if each.levelno == logging.ERROR]
    assert TOKEN_PARAMETER in vars(record)["reason"]
    assert vars(record)["error"] == "SecretMissingError"


def test_a_store_that_is_gone_fails_the_scrape(world: World) -> None:
    """An empty 200 would resolve every alert."""
    world.dynamodb.delete_table(TableName=TABLE)
    assert world.get()["statusCode"] == 503


def test_a_store_that_does_not_answer_fails_the_scrape(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.get()

    def unreachable(*_: Any, **__: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.invalid")

    monkeypatch.setattr(handler.dynamodb(), "_make_api_call", unreachable)
    assert world.get()["statusCode"] == 503


def test_a_refused_policy_is_seen_and_the_default_holds(world: World) -> None:
    assert scraped(world.get())[key("kaizen_policy_refused")] == 0
    world.put(POLICY_PARAMETER, "[tickets]\nlabel = []\n")
    new_process()
    found = scraped(world.get())
    assert found[key("kaizen_policy_refused")] == 1
    assert found[key("kaizen_mttr_seconds_count", component="infra", severity="sev4")] == 0


def test_a_scrape_is_one_scan(world: World) -> None:
    with counted_calls() as calls:
        world.get()
    assert calls == {"GetParameter": 2, "Scan": 1}  # the token and the policy, then cached for minutes
    with counted_calls() as calls:
        world.get()
    assert calls == {"Scan": 1}


def test_counters_never_fall_over_cold_starts(world: World) -> None:
    """Scrapes by old and new processes in turn, with work between them: each sample is at least the one before."""
    endings = {"counter": ("",), "gauge": (), "summary": ("_sum", "_count"), "histogram": ("_sum", "_count", "_bucket")}
    counters = {f"{name}{end}" for name, metric in CATALOGUE.items() for end in endings[metric.kind]}
    before: dict[Any, float] = {}
    for number in range(6):
        if number % 2:
            new_process()
        world.write(
            [
                observe("kaizen_mttr_seconds", API, 60),
                observe("kaizen_ticket_duration_seconds", API, 60 * number),
                add("kaizen_tickets_closed_total", API | {"resolution": "completed"}),
                add("kaizen_tickets_open", API, 1 if number < 3 else -1),
            ]
        )
        found = {each: value for each, value in scraped(world.get()).items() if each[0] in counters}
        assert not [each for each in before if found[each] < before[each]]
        before = found
    assert before[key("kaizen_mttr_seconds_count", **API)] == 6


def test_every_page_of_the_table_is_read(world: World) -> None:
    """DynamoDB answers with 1 MB at a time."""
    for number in range(30):
        labels = API | {"component": f"component-{number}"}
        world.write([observe("kaizen_mttr_seconds", labels, number)])
        padding = {"metric": {"S": f"padding-{number}"}, "series": {"S": "[]"}, "text": {"S": "x" * 50_000}}
        world.dynamodb.put_item(TableName=TABLE, Item=padding)
    with counted_calls() as calls:
        found = scraped(world.get())
    assert calls["Scan"] == 2
    for number in range(30):
        assert found[key("kaizen_mttr_seconds_sum", **API | {"component": f"component-{number}"})] == number
