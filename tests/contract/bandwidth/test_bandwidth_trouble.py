"""A source that is down, half a day, negative rates, a stream that is renamed: marked, no false alert, none lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bandwidth_snapshot.day import Reading, start_of
from bandwidth_snapshot.snapshot import SnapshotFailedError
from bandwidth_snapshot.source import MOST_SERIES, QueryError, SourceError, bins_of_query
from bandwidth_snapshot.store import BandwidthStore
from bandwidth_snapshot.words import day_name
from kaizen.metrics.rows import read_rows
from kaizen.pager.events import Incident
from kaizen.prometheus.client import Prometheus
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import secret
from local.outside.prometheus.service import PrometheusService
from tests.contract.bandwidth.bandwidth_world import NOW, TODAY, YESTERDAY, World, bins_of_rate, items, past, tables
from tests.contract.outside_door import door

DAY = timedelta(days=1)
ALERT, WEEKLY = f"anomaly/*/{YESTERDAY}", f"weekly/{TODAY}"


@pytest.fixture
def world() -> Iterator[World]:
    with past(TODAY - 45 * DAY, YESTERDAY - DAY, NOW) as client:
        yield World(BandwidthStore(client, "bandwidth", "metrics"))


def empty(world: World) -> None:
    """As if nothing was ever closed."""
    for item in items(world.store._client):
        key = {name: item[name] for name in ("pk", "sk")}
        world.store._client.delete_item(TableName="bandwidth", Key=key)


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
    assert world.alerts() == []
    world.down.clear()
    for again in range(2):
        world.snapshot.close(NOW + 3 * DAY + again * timedelta(hours=1))
    assert world.alerts() == [ALERT]
    assert len(world.store.days("*", YESTERDAY, TODAY + 2 * DAY)) == 4
    assert [each.day for each in world.published] == [YESTERDAY.isoformat()]


def test_a_rise_is_one_message_that_says_since_when_until_it_is_the_new_level(world: World) -> None:
    """A day that nobody measured and a usual one lie within; a day after the rise is over begins no other."""
    world.paged = []
    world.numbers[TODAY + 2 * DAY] = range(1, 200)
    world.rates[TODAY + 8 * DAY] = {"b": 2.0}
    for ahead in range(36):
        world.rates.setdefault(YESTERDAY + ahead * DAY, {"b": 6.0})
        world.snapshot.close(NOW + ahead * DAY)
        if ahead == 12:
            assert f"Above usual since Sunday {YESTERDAY}: 11 days of 13 unexpected, 1 not judged." in (
                world.told[ALERT].text
            )
    assert world.alerts() == [ALERT]
    assert "stayed at the new level" in world.told[ALERT].text
    assert [each.days_in_a_row for each in world.published[:3]] == [1, 2, 3]
    assert {each.since for each in world.published} == {str(YESTERDAY)}
    key = f"kaizen/bandwidth/*/{YESTERDAY}"
    assert [each if isinstance(each, str) else each.key for each in world.paged] == [key, key]
    assert isinstance(world.paged[0], Incident)
    assert world.paged[1] == key


def test_a_rise_is_over_after_four_usual_days(world: World) -> None:
    world.rates[YESTERDAY] = world.rates[TODAY] = {"b": 6.0}
    for ahead in range(6):
        world.snapshot.close(NOW + ahead * DAY)
        assert ("Usual again" in world.told[ALERT].text) == (ahead == 5)
    assert f"Usual again since {day_name(TODAY + DAY)}" in world.told[ALERT].text
    assert world.alerts() == [ALERT]


def test_an_earlier_day_that_comes_late_moves_the_beginning_of_the_same_message(world: World) -> None:
    before = YESTERDAY - DAY
    world.rates[YESTERDAY] = world.rates[before] = {"b": 6.0}
    world.store._client.delete_item(TableName="bandwidth", Key={"pk": {"S": "day#*"}, "sk": {"S": before.isoformat()}})
    world.numbers[before] = range(1, 200)
    world.snapshot.close(NOW)
    assert f"Since {day_name(YESTERDAY)} or earlier: only 69% of the day before was measured." in world.told[ALERT].text
    world.numbers.clear()
    world.snapshot.close(NOW + timedelta(hours=6))
    assert world.alerts() == [ALERT]
    assert f"Above usual since {day_name(before)}: 2 days of 2 unexpected." in world.told[ALERT].text


def test_a_stream_of_which_a_part_is_late_leaves_the_day_open(world: World) -> None:
    """It triples, and 13 % of its bins are there at 00:10, without any warning."""
    world.rates[YESTERDAY] = {"b": 6.0}
    world.late[YESTERDAY, "b"] = range(1, 40)
    world.snapshot.close(NOW)
    (total,) = world.store.days("*", YESTERDAY, YESTERDAY)
    assert (total.whole, world.alerts()) == (False, [])
    assert 0.4 < total.complete < 0.6
    world.late.clear()
    world.snapshot.close(NOW + DAY)
    assert world.alerts() == [ALERT]
    assert "All streams together sent 7.70 MB/s" in world.told[ALERT].text


@pytest.mark.parametrize("refusing", ["pager_down", "slack_down", "bus_down"])
def test_a_channel_that_refuses_silences_no_other_and_is_told_when_it_is_back(world: World, refusing: str) -> None:
    """It refuses for ten days, longer than a day is closed anew; a metric says so meanwhile."""
    world.paged, world.rates[YESTERDAY] = [], {"b": 6.0}
    world.steady = {"a": 1.0, "b": 2.0}
    for ahead in range(10):
        world.rates[YESTERDAY + ahead * DAY] = {"b": 6.0}
        setattr(world, refusing, True)
        with pytest.raises(SnapshotFailedError):
            world.snapshot.close(NOW + ahead * DAY)
    heard = {"pager_down": len(world.paged) > 0, "slack_down": world.alerts() != [], "bus_down": world.published != []}
    assert heard == {name: name != refusing for name in heard}
    untold = gauges(world, "kaizen_bandwidth_untold")
    assert untold == {(name,): float(f"{name}_down" == refusing) for name in ("bus", "slack", "pager")}
    assert gauges(world, "kaizen_bandwidth_anomalies_total") == {(): 10}
    setattr(world, refusing, False)
    world.snapshot.close(NOW + 10 * DAY)
    assert world.alerts() == [ALERT]
    assert len([each for each in world.paged if isinstance(each, Incident)]) == 1
    assert [each.day for each in world.published][:2] == [str(YESTERDAY), str(TODAY)]
    assert set(gauges(world, "kaizen_bandwidth_untold").values()) == {0}


def test_from_nothing_to_a_flood(world: World) -> None:
    """Idle days are what is usual."""
    empty(world)
    world.bins = lambda day: {"idle": bins_of_rate(day, 500.0 if day >= YESTERDAY else 0.0)}  # type: ignore[method-assign]
    world.history(45)
    world.snapshot.close(NOW)
    assert "550 MB/s" in world.told[ALERT].text
    assert "next to nothing was expected" in world.told[ALERT].text


def test_a_renamed_stream_is_judged_by_what_its_old_name_sent(world: World) -> None:
    empty(world)
    world.steady = {"big": 20.0, "b": 1.0}
    world.history(45)
    world.steady = {"big": 20.0}
    for ahead in range(10):
        world.rates[YESTERDAY + ahead * DAY] = {"b2": 1.0 if ahead < 3 else 4.0}
        world.snapshot.close(NOW + ahead * DAY)
    assert world.alerts() == [f"anomaly/b2/{YESTERDAY + 3 * DAY}"]


def test_a_name_that_changes_daily_is_one_line(world: World) -> None:
    real = world.bins
    world.bins = lambda day: {  # type: ignore[method-assign]
        f"pod-{day:%m%d}" if stream == "b" else stream: each for stream, each in real(day).items()
    }
    empty(world)
    world.history(40)
    world.snapshot.close(NOW)
    assert world.told[WEEKLY].text.count("renamed?") == 1
    assert "Silent" not in world.told[WEEKLY].text


def test_streams_that_rise_together_are_one_alert(world: World) -> None:
    names = {f"s{each}": 1.0 if each else 400.0 for each in range(12)}
    empty(world)
    world.steady = names
    world.history(40)
    world.rates[YESTERDAY] = {name: 3.5 for name in names if name != "s0"}
    world.snapshot.close(NOW)
    (alert,) = world.alerts()
    assert "and 10 others sent" in world.told[alert].text
    assert "and 8 more streams." in world.told[alert].text


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
    assert "6 of 7 days measured whole" in world.told[WEEKLY].text
    del world.numbers[YESTERDAY]
    world.snapshot.close(NOW + DAY)
    assert world.posts == [WEEKLY, ALERT]


def test_mondays_message_that_slack_did_not_take_comes_on_tuesday_about_the_same_week(world: World) -> None:
    """Weekends send less: a week of one Monday would look like a rise."""
    real = world.bins
    world.bins = lambda day: {  # type: ignore[method-assign]
        stream: [replace(each, sent=each.sent * (1.0 if day.weekday() < 5 else 0.4)) for each in bins]
        for stream, bins in real(day).items()
    }
    empty(world)
    world.history(60)
    world.slack_down = True
    with pytest.raises(SnapshotFailedError, match="Slack"):
        world.snapshot.close(NOW)
    world.slack_down = False
    world.snapshot.close(NOW + DAY)
    world.snapshot.close(NOW + DAY)
    world.snapshot.close(NOW + 2 * DAY)
    assert world.posts == [WEEKLY]
    assert "in the week of 2026-02-23, 1.7 TB in all (+0% against the week before)" in world.told[WEEKLY].text
    assert "2026-03-02" not in world.told[WEEKLY].text


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


def test_an_alert_names_the_build_and_compares_the_same_hours(world: World) -> None:
    """Days are busier than nights; traffic doubles all day, and the build at 08:00 changes nothing."""
    real = world.bins
    world.bins = lambda day: {  # type: ignore[method-assign]
        stream: [replace(each, sent=each.sent * (0.2 if place < 96 else 1.4)) for place, each in enumerate(bins)]
        for stream, bins in real(day).items()
    }
    empty(world)
    world.history(45)
    world.readings = [
        Reading(start_of(YESTERDAY) + timedelta(minutes=5 * each), {}, "new" if each >= 96 else "old")
        for each in range(288)
    ]
    for ahead in range(2):
        world.rates[YESTERDAY + ahead * DAY] = {"a": 2.0, "b": 4.0}
        world.snapshot.close(NOW + ahead * DAY)
        assert (
            f"Build new began at 08:00 UTC on {YESTERDAY}: before it 2.0 times what these hours usually send, "
            "after it 2.0 times." in world.told[ALERT].text
        )
        assert "may be why" not in world.told[ALERT].text
    rows = [each for each in items(world.store._client) if each["sk"]["S"] == YESTERDAY.isoformat()]
    assert {each["build"]["S"] for each in rows if each["pk"]["S"].startswith("day#")} == {"new"}


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
        replace(world.snapshot, bins=lambda day: found).backfill(YESTERDAY, YESTERDAY, NOW)
        (day,) = world.store.days("a", YESTERDAY, YESTERDAY)
        assert (day.average, day.maximum, day.whole) == (2.0, 2.0, False)
        assert day.complete == pytest.approx(len(found["a"]) / 288, abs=1e-4)
        assert 0.55 < day.complete < 0.65


@pytest.mark.parametrize(
    ("labels", "fault"),
    [
        ([{"instance": str(each)} for each in range(3)], "several series without the label stream: add sum by"),
        ([{"stream": "a", "pod": str(each)} for each in range(2)], "several series of the stream a: add sum by"),
        ([{"stream": f"s{each}"} for each in range(MOST_SERIES + 1)], "more than 2000: sum some up"),
    ],
)
def test_answers_that_cannot_be_recorded_are_refused_with_what_to_change(
    labels: list[dict[str, str]], fault: str
) -> None:
    series = [SimpleNamespace(labels=each, points=[]) for each in labels]
    with pytest.raises(QueryError, match=fault):
        bins_of_query(lambda: answering(series), "egress", YESTERDAY)


def answering(series: list[Any]) -> Any:
    notes = SimpleNamespace(complete=True, warnings=[])
    return SimpleNamespace(query_range=lambda *_: SimpleNamespace(notes=notes, series=series))


@pytest.mark.parametrize("at", [60.0, -86400.0, 86400.0 + 300])
def test_values_of_other_instants_are_refused(at: float) -> None:
    point = (start_of(YESTERDAY).timestamp() + at, 1e6)
    with pytest.raises(SourceError, match="other instants"):
        bins_of_query(lambda: answering([SimpleNamespace(labels={"stream": "a"}, points=[point])]), "egress", YESTERDAY)


def test_a_rate_beyond_all_measure_is_a_gap() -> None:
    points = [(start_of(YESTERDAY).timestamp() + 300 * each, 1e300 if each == 5 else 1e6) for each in range(1, 289)]
    series = SimpleNamespace(labels={"stream": "*"}, points=points)
    found = bins_of_query(lambda: answering([series]), "egress", YESTERDAY)
    assert [len(each) for each in found.values()] == [287]
    assert "*" not in found


def test_a_source_that_is_away_is_no_empty_day() -> None:
    with pytest.raises(SourceError):
        bins_of_query(lambda: Prometheus("http://127.0.0.1:9", Outbound(), None, secret), "egress", YESTERDAY)


def test_rows_are_one_for_each_day_and_stream(world: World) -> None:
    world.snapshot.close(NOW)
    keys = [(each["pk"]["S"], each["sk"]["S"]) for each in items(world.store._client)]
    assert len(keys) == len(set(keys))
    assert sum(key[0] == "day#*" for key in keys) == 45


def test_without_a_pager_in_the_policy_nobody_is_paged(world: World) -> None:
    world.rates[YESTERDAY] = {"a": 4.0}
    world.snapshot.close(NOW)
    assert world.paged is None
    assert len(world.told) > 0
