"""The main job from outside: deliveries through the door, and what Slack, readers and Prometheus get of them."""

import json
import re
from typing import Any

import feedparser
from prometheus_client.parser import text_string_to_metric_families

from kaizen.times import utc_now
from local import paths
from local.demo import deliveries
from local.outside.slack.service import Slack
from local.stack import Stack
from tests.stack.http import send


def scrape(stack: Stack) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = send("GET", f"{stack.addresses.api}/metrics", authorization=f"Bearer {stack.secrets['metrics']}")
    assert answer.status == 200, answer.text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(series: dict[Any, float], name: str, **labels: str) -> float:
    return sum(
        value for (each, given), value in series.items() if each == name and labels.items() <= dict(given).items()
    )


def test_mttr_by_component_and_severity(stack: Stack) -> None:
    series = scrape(stack)
    assert of(series, "kaizen_mttr_seconds_count", component="api", severity="sev1") == 1
    assert of(series, "kaizen_mttr_seconds_sum", component="api", severity="sev1") > 0
    assert of(series, "kaizen_mttr_seconds_count") == 3
    assert of(series, "kaizen_mttr_seconds_count", component="data") == 0  # there from the start
    assert of(series, "kaizen_tickets_open") == 6
    assert of(series, "kaizen_webhook_deliveries_total", event="issues", result="accepted") == 19
    assert of(series, "kaizen_webhook_deliveries_total", result="duplicate") == 1


def test_the_scheduled_digest_goes_out_once(stack: Stack) -> None:
    (schedule,) = [each for each in stack.template.schedules if each.function == "TicketDigest"]
    workspace = stack.outside.of(Slack).workspace
    before = len(workspace.messages)
    first, second = stack.run(schedule), stack.run(schedule)
    assert (first.error, second.error) == ("", "")
    posted = workspace.messages[before:]
    assert len(posted) == 1
    assert workspace.refused == []
    text = json.dumps(posted, ensure_ascii=False)
    assert "Daily Kaizen Ticket Digest" in text
    assert re.search(r"\*Component: infra\*", text)
    assert "<!channel>" not in text  # a hostile title must not wake anybody
    assert "remaining" in text


def test_feeds_are_read_by_a_feed_reader(stack: Stack) -> None:
    for form in ("rss", "atom"):
        answer = send("GET", f"{stack.addresses.api}/feed.{form}")
        parsed = feedparser.parse(answer.body)
        assert not parsed.bozo
        assert len(parsed.entries) == len({entry.id for entry in parsed.entries}) >= 10
        again = send("GET", f"{stack.addresses.api}/feed.{form}", if_none_match=answer.headers["etag"])
        assert (again.status, again.body) == (304, b"")
        head = send("HEAD", f"{stack.addresses.api}/feed.{form}")
        assert (head.status, head.headers["etag"], head.body) == (200, answer.headers["etag"], b"")
        assert head.headers["content-length"] == answer.headers["content-length"] != "0"


def test_redelivered_deliveries_change_no_total(stack: Stack) -> None:
    def totals() -> dict[Any, float]:
        return {key: value for key, value in scrape(stack).items() if re.match("kaizen_(mttr|tickets?|sla)_", key[0])}

    before = json.dumps(sorted(totals().items(), key=str))
    for sample in deliveries.load(paths.DELIVERIES, utc_now())[::4]:
        assert deliveries.post(sample, stack.addresses.api, stack.secrets["webhook"])[0] == 202
    stack.drain()
    assert json.dumps(sorted(totals().items(), key=str)) == before


def test_what_is_not_signed_or_not_asked_for(stack: Stack) -> None:
    api = stack.addresses.api
    sample = deliveries.load(paths.DELIVERIES, utc_now())[0]
    assert deliveries.post(sample, api, "another secret")[0] == 401
    assert send("POST", f"{api}/github/webhook", b"{}", content_type="application/json").status == 401
    assert send("GET", f"{api}/metrics").status == 401
    assert send("GET", f"{api}/metrics", authorization="Bearer x").headers["www-authenticate"].startswith("Bearer")
    assert send("GET", f"{api}/nothing").status == 404
    answer = send("GET", f"{api}/feed.rss?severity=sev9")
    assert answer.status == 400
    assert "sev9" in json.loads(answer.body)["detail"]
