"""A source that is down, half a day, negative rates, a stream that is renamed: marked, no false alert, none lost."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from bandwidth_snapshot.day import Reading, start_of
from bandwidth_snapshot.snapshot import SnapshotFailedError
from bandwidth_snapshot.source import MOST_STREAMS, SourceError, TooManyStreamsError, bins_of_query
from bandwidth_snapshot.store import BandwidthStore
from kaizen.metrics.rows import read_rows
from kaizen.pager.events import Incident
from kaizen.prometheus.client import Prometheus
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import secret
from local.outside.prometheus.service import PrometheusService
from tests.contract.bandwidth.bandwidth_world import NOW, TODAY, YESTERDAY, World, items, tables
from tests.contract.outside_door import door

DAY = timedelta(days=1)
ALERT, WEEKLY = f"anomaly/*/{YESTERDAY}", f"weekly/{TODAY}"


@pytest.fixture
def world() -> Iterator[World]:
    with tables() as client:
        made = World(BandwidthStore(client, "bandwidth", "metrics"))
        made.history(45)
        yield made


def gauges(world: World, name: str) -> dict[tuple[str, ...], float]:
    rows, _ = read_rows(world.store._client, "metrics")
    return {labels: each.value for labels, each in rows.get(name, {}).items()}


def test_a_jump_that_nobody_could_read_is_told_of_when_the_source_is_back(world: World) -> None:
    """The source is down for three days; each day's record and the jump's alert come late, and once."""
    world.rates[YESTERDAY] = {"b": 6.0}
    world.down = {YESTERDAY, TODAY, TODAY + DAY}
    for late in range(3):
        with pytest.raises(SnapshotFailedError, match="no answer"):
            world.snapshot.close(NOW + late * DAY)
    assert world.posts == []
    world.down.clear()
    for again in range(2):
        world.snapshot.close(NOW + 3 * DAY + again * timedelta(hours=1))
    assert world.posts == [ALERT], "Thursday has no weekly message"
    assert len(world.store.days("*", YESTERDAY, TODAY + 2 * DAY)) == 4
    assert [each.day for each in world.published] == [YESTERDAY.isoformat()]


def test_days_in_a_row_are_one_message_that_says_since_when(world: World) -> None:
    world.steady = {"b": 3.0}
    for ahead in range(36):
        world.rates[YESTERDAY + ahead * DAY] = {"b": 6.0}
        world.snapshot.close(NOW + ahead * DAY)
    alerts = [each for each in world.posts if each.startswith("anomaly/")]
    assert alerts == [ALERT]
    assert f"since Sunday {YESTERDAY}" in world.told[ALERT].text
    assert 28 <= len(world.published) < 36, "until the new level is what is usual"
    assert [each.days_in_a_row for each in world.published[:3]] == [1, 2, 3]


def test_half_a_day_is_marked_and_judged_once_it_is_whole(world: World) -> None:
    """Its second half sends three times as much: alone, it would look like a jump."""
    world.rates[YESTERDAY] = {"a": 3.0, "b": 6.0}
    world.numbers[YESTERDAY] = range(145, 289)
    world.snapshot.close(NOW)
    (total,) = world.store.days("*", YESTERDAY, YESTERDAY)
    assert (total.complete, total.whole) == (0.5, False)
    assert gauges(world, "kaizen_bandwidth_day_complete_ratio")["*",] == 0.5
    assert ("*",) not in gauges(world, "kaizen_bandwidth_expected_bytes_per_second")
    assert world.posts == [WEEKLY]
    assert "with days that are not whole" in world.told[WEEKLY].text
    del world.numbers[YESTERDAY]
    world.snapshot.close(NOW + DAY)
    assert world.posts == [WEEKLY, ALERT]


def test_mondays_message_that_slack_did_not_take_comes_on_tuesday(world: World) -> None:
    world.slack_down = True
    with pytest.raises(SnapshotFailedError, match="Slack"):
        world.snapshot.close(NOW)
    world.slack_down = False
    world.snapshot.close(NOW + DAY)
    world.snapshot.close(NOW + DAY)
    world.snapshot.close(NOW + 2 * DAY)
    assert world.posts == [WEEKLY]


def test_a_stream_that_is_renamed_goes_on_in_the_total_and_is_named(world: World) -> None:
    world.snapshot.close(NOW - DAY)  # the gauges of both names' day before
    world.steady = {"a": 1.0, "b2": 2.0}
    world.snapshot.close(NOW)
    assert world.posts == [WEEKLY]
    assert "New: b2 since Sunday 2026-03-01, as b fell silent, which sent about as much: renamed?" in (
        world.told[WEEKLY].text
    )
    (total,) = world.store.days("*", YESTERDAY, YESTERDAY)
    assert round(total.average, 3) == 3.3
    kept = gauges(world, "kaizen_bandwidth_day_bytes_per_second")
    assert {stream for stream, _ in kept} == {"*", "a", "b2"}, "the old name's last value would stand for ever"
    assert len(world.store.days("b", date(2026, 1, 1), TODAY)) == 44, "and its record is not lost"
    for ahead in range(1, 4):
        world.snapshot.close(NOW + ahead * DAY)
    assert not [each for each in world.posts if each.startswith("anomaly")]


def test_a_jump_on_the_day_of_a_new_name_is_compared_with_the_old_one(world: World) -> None:
    world.steady = {"a": 1.0, "b2": 2.0}
    world.rates[YESTERDAY] = {"a": 4.0}
    world.snapshot.close(NOW)
    assert "Most of it: a +3.30 MB/s." in world.told[ALERT].text


def test_an_alert_names_the_build_that_began_on_the_day(world: World) -> None:
    """The row has the build, too, and what was sent before and after it."""
    world.rates[YESTERDAY] = {"b": 6.0}
    world.readings = [
        Reading(start_of(YESTERDAY) + timedelta(minutes=5 * each), {}, "new" if each >= 169 else "old")
        for each in range(288)
    ]
    world.snapshot.close(NOW)
    assert "Build new runs since 14:05 UTC: 7.70 MB/s before, 7.70 MB/s after." in world.told[ALERT].text
    rows = [each for each in items(world.store._client) if each["sk"]["S"] == YESTERDAY.isoformat()]
    assert {each["build"]["S"] for each in rows if each["pk"]["S"].startswith("day#")} == {"new"}
    assert [each.build for each in world.store.builds(YESTERDAY)] == ["old", "new"]


def test_rates_that_are_none_are_gaps() -> None:
    """Negative, not a number, endless, missing: each leaves its bin out, and the day is marked."""
    odd = {1: -5e6, 2: float("nan"), 3: float("inf"), 4: None}
    start = (YESTERDAY - date(1970, 1, 1)).days * 86400

    def rate(at: float) -> float | None:
        return odd.get(round((at - start) / 300) % 10, 2e6)

    service = PrometheusService()
    service.expression("egress", {"stream": "a"}, rate)
    with door(service) as (address, _), tables() as client:
        found = bins_of_query(lambda: Prometheus(address, Outbound(), None, secret), "egress", YESTERDAY)
        assert {each.sent for each in found["a"]} == {600e6}
        world = World(BandwidthStore(client, "bandwidth", "metrics"))
        made = world.snapshot
        made = type(made)(made.store, lambda day: found, "prometheus", made.versions, made.telling)
        made.backfill(YESTERDAY, YESTERDAY, NOW)
        (day,) = world.store.days("a", YESTERDAY, YESTERDAY)
        assert (day.average, day.maximum, day.whole) == (2.0, 2.0, False)
        assert day.complete == pytest.approx(len(found["a"]) / 288, abs=1e-4)
        assert 0.55 < day.complete < 0.65


def test_more_streams_than_are_kept_are_refused() -> None:
    service = PrometheusService()
    for number in range(MOST_STREAMS + 1):
        service.expression("egress", {"stream": f"s{number}"}, lambda _: 1.0)
    with door(service) as (address, _), pytest.raises(TooManyStreamsError, match="at most 200 are kept"):
        bins_of_query(lambda: Prometheus(address, Outbound(), None, secret), "egress", YESTERDAY)


def test_a_source_that_is_away_is_no_empty_day() -> None:
    with pytest.raises(SourceError):
        bins_of_query(lambda: Prometheus("http://127.0.0.1:9", Outbound(), None, secret), "egress", YESTERDAY)


def test_rows_are_one_for_each_day_and_stream(world: World) -> None:
    world.snapshot.close(NOW)
    keys = [(each["pk"]["S"], each["sk"]["S"]) for each in items(world.store._client)]
    assert len(keys) == len(set(keys))
    assert sum(key[0] == "day#*" for key in keys) == 45


def test_a_run_of_unexpected_days_is_one_incident_that_a_usual_day_resolves(world: World) -> None:
    world.paged = []
    for day in range(2):
        world.rates[YESTERDAY + timedelta(days=day)] = {"a": 4.0}
    world.slack_down = True  # the page does not wait for Slack
    with pytest.raises(SnapshotFailedError):
        world.snapshot.close(NOW)
    world.slack_down = False
    for day in range(3):
        world.snapshot.close(NOW + timedelta(days=day))
    key = f"kaizen/bandwidth/*/{YESTERDAY}"
    opened = [each for each in world.paged if isinstance(each, Incident)]
    assert {each.key for each in opened} == {key}
    assert "MB/s expected" in opened[0].summary
    assert opened[0].severity == "warning"
    assert world.paged.index(key) > max(world.paged.index(each) for each in opened)


def test_a_day_that_cannot_be_judged_between_does_not_keep_the_incident_open(world: World) -> None:
    world.paged = []
    world.rates[YESTERDAY] = {"a": 4.0}
    world.numbers[TODAY] = range(1, 100)
    for day in range(3):
        world.snapshot.close(NOW + day * DAY)
    assert f"kaizen/bandwidth/*/{YESTERDAY}" in world.paged


def test_without_a_pager_in_the_policy_nobody_is_paged(world: World) -> None:
    world.rates[YESTERDAY] = {"a": 4.0}
    world.snapshot.close(NOW)
    assert world.paged is None
    assert len(world.told) > 0
