"""A real Prometheus scrapes the exporter: with the token, over cold starts, and while the store is gone."""

from collections.abc import Iterator

import pytest

from kaizen.metrics.changes import add, observe
from kaizen.mttr import window
from tests.contract.exporter_world import TABLE
from tests.rules.live import Live, live

API = {"component": "api", "severity": "sev1"}
CLOSED = 'kaizen_mttr_seconds_count{component="api",severity="sev1"}'
COUNTERS = '{__name__=~"kaizen_.+_(total|sum|count|bucket)"}'


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live(tmp_path_factory.mktemp("prometheus")) as found:
        yield found


def close_ticket(prometheus: Live, seconds: int) -> None:
    """What the tracker writes for a completed ticket."""
    prometheus.world.write(
        [
            observe("kaizen_mttr_seconds", API, seconds),
            observe("kaizen_ticket_seconds", API, seconds),
            observe("kaizen_ticket_duration_seconds", API, seconds),
            add("kaizen_tickets_closed_total", API | {"resolution": "completed"}),
            add("kaizen_sla_tickets_total", API | {"outcome": "met"}),
        ],
        [window("api", "sev1", [seconds], [])],
    )


def test_counters_survive_cold_starts(prometheus: Live) -> None:
    """Two processes answer in turn and are replaced twice; Prometheus sees no counter fall."""
    prometheus.wait_for(CLOSED, 0)  # born at 0, so that increase() sees the first close
    for closed in (1, 2, 3):
        close_ticket(prometheus, 600 * closed)
        prometheus.wait_for(CLOSED, closed)
        prometheus.fleet.cold_start()
        prometheus.wait("both new processes answered", lambda: prometheus.fleet.answers.count(200) >= 2)
    counters = [dict(labels)["__name__"] for labels in prometheus.query(f"count by (__name__) ({COUNTERS})")]
    assert len(counters) > 15
    for name in counters:
        assert prometheus.value(f"sum(resets({name}[10m]))") == 0, name
    assert prometheus.value("increase(kaizen_mttr_seconds_count[10m]) > 0") is not None
    mean = "increase(kaizen_mttr_seconds_sum[10m]) / (increase(kaizen_mttr_seconds_count[10m]) > 0)"
    assert prometheus.value(mean) == pytest.approx(1200)


def test_what_was_stored_is_what_is_queried(prometheus: Live) -> None:
    close_ticket(prometheus, 7200)
    prometheus.wait_for('kaizen_mttr_seconds{component="api",severity="sev1",quantile="0.5"}', 7200)
    closed = prometheus.value(CLOSED)
    assert closed is not None
    assert (
        prometheus.value('kaizen_tickets_closed_total{component="api",severity="sev1",resolution="completed"}')
        == closed
    )
    assert (
        prometheus.value('kaizen_ticket_duration_seconds_bucket{component="api",severity="sev1",le="+Inf"}') == closed
    )
    assert prometheus.value('kaizen_mttr_window_tickets{component="api",severity="sev1"}') == 1
    assert prometheus.value("kaizen_store_up") == 1
    assert prometheus.value("count(kaizen_build_info)") == 1


def test_the_target_is_the_samples(prometheus: Live) -> None:
    prometheus.wait_for('up{job="kaizen"}', 1)
    (target,) = [each for each in prometheus.api("targets")["activeTargets"] if each["labels"]["job"] == "kaizen"]
    assert (target["health"], target["lastError"]) == ("up", "")
    assert target["labels"]["instance"] == "kaizen"


def test_every_rule_is_evaluated(prometheus: Live) -> None:
    def rules() -> list[dict[str, str]]:
        return [rule for group in prometheus.api("rules")["groups"] for rule in group["rules"]]

    prometheus.wait("every rule was evaluated", lambda: all(rule["health"] != "unknown" for rule in rules()))
    assert not [rule for rule in rules() if rule["health"] != "ok"]


def test_a_scraper_with_a_wrong_token_is_refused(prometheus: Live) -> None:
    prometheus.wait_for('up{job="stranger"}', 0)
    (target,) = [each for each in prometheus.api("targets")["activeTargets"] if each["labels"]["job"] == "stranger"]
    assert "401" in target["lastError"]
    assert prometheus.query('{__name__=~"kaizen_.*",job="stranger"}') == {}


def test_a_store_that_is_gone_takes_the_target_down(prometheus: Live) -> None:
    """The last test of this module: `up` falls, nothing is served from memory, the alert is on its way."""
    prometheus.wait_for('up{job="kaizen"}', 1)
    prometheus.world.dynamodb.delete_table(TableName=TABLE)
    prometheus.wait_for('up{job="kaizen"}', 0)
    prometheus.wait_for(CLOSED, None)
    prometheus.wait_for('ALERTS{alertname="KaizenScrapeDown",alertstate="pending",job="kaizen"}', 1)
