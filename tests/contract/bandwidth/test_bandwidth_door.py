"""`GET /reports/bandwidth` through the whole function: token, link, range, form, and what is refused."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from bandwidth_snapshot import door, handler, parts
from bandwidth_snapshot.day import start_of
from bandwidth_snapshot.request import RequestError
from bandwidth_snapshot.store import BandwidthStore
from kaizen.policy import store as policy_store
from kaizen.reports.access import key
from kaizen.runtime import clients, secrets
from kaizen.times import utc_now
from tests.contract.bandwidth.bandwidth_world import World, past

TOKENS = "first-token second-token"
SETTINGS = {
    "BUILD_HASH": "1c73f2a",
    "EVENT_BUS_NAME": "bus", "BANDWIDTH_TABLE": "bandwidth", "METRICS_TABLE": "metrics", "SLACK_TABLE": "slack",
    "POLICY_PARAMETER": "/kaizen/policy", "PROMETHEUS_URL": "", "PROMETHEUS_TOKEN_PARAMETER": "/kaizen/none",
    "REPORTS_TOKEN_PARAMETER": "/kaizen/reports/token", "API_URL_PARAMETER": "/kaizen/dev/api-url",
    "SLACK_TOKEN_PARAMETER": "/kaizen/slack/token", "SLACK_API_URL": "https://slack.invalid/api/",
    "PAGER_URL": "https://events.pagerduty.com", "PAGER_KEY_PARAMETER": "/kaizen/pager/routing-key",
}  # fmt: skip


class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "test"


@pytest.fixture
def desk() -> Iterator[World]:
    """Forty closed days until yesterday."""
    today = utc_now().date()
    closed = past(today - timedelta(days=40), today - timedelta(days=1), start_of(today))
    with closed as client, patch.dict(os.environ, SETTINGS):
        forget()
        ssm = boto3.client("ssm")
        for name, value in (("/kaizen/reports/token", TOKENS), ("/kaizen/dev/api-url", "https://api.example.org")):
            ssm.put_parameter(Name=name, Value=value, Type="SecureString")
        yield World(BandwidthStore(client, "bandwidth", "metrics"))
        forget()


def forget() -> None:
    for cached in (handler.settings, parts.store, clients.built, secrets._provider, policy_store.policy_store):
        cached.cache_clear()


def get(token: str = "first-token", **query: str) -> tuple[int, str, dict[str, str]]:
    event = {
        "headers": {"authorization": f"Bearer {token}"} if token else {},
        "queryStringParameters": query,
        "requestContext": {"http": {"method": "GET", "path": door.PATH}, "requestId": "r"},
    }
    answer = handler.lambda_handler(event, Context())
    return answer["statusCode"], answer["body"], answer["headers"]


def linked() -> dict[str, str]:
    """The query of the link that messages carry."""
    address = urlsplit(parts.page(handler.settings(), utc_now().date()))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"https://api.example.org{door.PATH}"
    return {name: values[0] for name, values in parse_qs(address.query).items()}


def test_a_token_or_the_link_opens_the_page(desk: World) -> None:
    for status, body, headers in (get(), get("second-token"), get("", **linked())):
        assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "3.30 MB/s on" in body
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "private, no-store"
        assert "-token" not in body


def test_what_opens_nothing(desk: World) -> None:
    given = linked()
    late = {"until": "2020-01-01", "key": key(TOKENS, door.PATH, "2020-01-01")}
    for query in ({}, {"key": given["key"]}, given | {"until": "2099-01-01"}, given | {"key": "é\udc80"}, late):
        status, body, headers = get("", **query)
        assert status == 401, query
        assert headers["www-authenticate"] == 'Bearer realm="reports"'
        assert "first-token" not in body
    assert get("wrong")[0] == 401


def test_a_link_opens_every_range_and_both_forms(desk: World) -> None:
    status, body, _ = get("", **linked())
    links = [each.replace("&amp;", "&") for each in re.findall(r'href="(/reports/bandwidth[^"]*)"', body)]
    assert len(links) == 4
    for each in links:
        query = {name: values[0] for name, values in parse_qs(urlsplit(each).query).items()}
        assert get("", **query)[0] == status == 200
    status, body, headers = get(format="csv")
    assert (status, headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert headers["content-disposition"].startswith('attachment; filename="bandwidth-')
    assert len(body.splitlines()) == 1 + 3 * 40


def test_a_range_of_its_own(desk: World) -> None:
    yesterday = utc_now().date() - timedelta(days=1)
    status, body, _ = get(**{"from": str(yesterday - timedelta(days=4)), "to": str(yesterday), "format": "csv"})
    assert (status, len(body.splitlines())) == (200, 1 + 3 * 5)
    assert '"*",285120000000,3.3,' in body


@pytest.mark.parametrize(
    ("query", "status", "fault"),
    [
        ({"format": "pdf"}, 400, "format is html or csv"),
        ({"from": "yesterday"}, 400, "dates such as"),
        ({"from": "20261101"}, 400, "dates such as"),
        ({"to": "2026-W47-1"}, 400, "dates such as"),
        ({"to": "2026-13-01"}, 400, "dates such as"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, 400, "from 2000 on"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, 400, "to is not before from"),
        ({"from": "2020-01-01"}, 400, "at most 400 days"),
        ({"from": "2020-01-01", "to": "2020-02-01"}, 404, "no day is closed from 2020-01-01 to 2020-02-01"),
    ],
)
def test_what_cannot_be_shown_is_named(desk: World, query: dict[str, str], status: int, fault: str) -> None:
    answer = get(**query)
    assert answer[0] == status
    assert fault in answer[1]


def test_without_a_token_or_a_store_the_door_is_shut_and_messages_have_no_link(desk: World) -> None:
    boto3.client("dynamodb").delete_table(TableName="bandwidth")
    assert get()[0] == 503
    boto3.client("ssm").delete_parameter(Name="/kaizen/reports/token")
    forget()
    status, _, headers = get()
    assert (status, headers["retry-after"]) == (503, "15")
    assert parts.page(handler.settings(), utc_now().date()) == ""


def test_the_schedule_still_comes_through(desk: World) -> None:
    assert handler.lambda_handler({"do": "record"}, Context()) == {"recorded": True}
    with pytest.raises(RequestError):
        handler.lambda_handler({"do": "dance"}, Context())
