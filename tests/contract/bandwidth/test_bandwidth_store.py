"""Days in DynamoDB (moto): once each, revised, and closed again after a run broke off; one alert whatever happens."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bandwidth_snapshot.day import Reading, bins_of, start_of
from bandwidth_snapshot.names import kept
from bandwidth_snapshot.snapshot import SnapshotFailedError
from bandwidth_snapshot.store import BandwidthStore
from kaizen.metrics.changes import add
from kaizen.metrics.counting import count
from kaizen.metrics.rows import read_rows
from tests.contract.bandwidth.bandwidth_world import NOW, TODAY, YESTERDAY, World, items, tables


@pytest.fixture
def store() -> Iterator[BandwidthStore]:
    with tables() as client:
        yield BandwidthStore(client, "bandwidth", "metrics")


def test_a_day_is_one_row_for_each_stream_and_says_the_same_again(store: BandwidthStore) -> None:
    world = World(store)
    world.snapshot.close(NOW)
    rows = [store.days(stream, YESTERDAY, YESTERDAY) for stream in ("a", "b", "*")]
    assert [round(row[0].average, 3) for row in rows] == [1.1, 2.2, 3.3]
    before = items(store._client)
    world.snapshot.close(NOW + timedelta(hours=1))
    assert items(store._client) == before


def row(store: BandwidthStore, stream: str, day: date = YESTERDAY) -> dict[str, Any]:
    key = {"pk": {"S": f"day#{stream}"}, "sk": {"S": day.isoformat()}}
    found: dict[str, Any] = store._client.get_item(TableName="bandwidth", Key=key)["Item"]
    return found


def test_a_source_that_says_something_else_by_now_makes_a_revision(store: BandwidthStore) -> None:
    world = World(store)
    world.snapshot.close(NOW)
    world.rates[YESTERDAY] = {"a": 1.5}
    assert world.snapshot.backfill(YESTERDAY, YESTERDAY, NOW) == {YESTERDAY: "written"}
    assert (row(store, "a")["revision"]["N"], row(store, "a")["avg_mb_s"]["N"]) == ("2", "1.65")
    assert (row(store, "b")["revision"]["N"], row(store, "*")["revision"]["N"]) == ("2", "2"), "all rows of a day agree"
    assert {name: row(store, "a")[name]["S"] for name in ("major", "minor", "build", "source")} == {
        "major": "1", "minor": "0", "build": "0", "source": "prometheus",
    }  # fmt: skip


@pytest.mark.parametrize("lost", ["all", "half", "one stream", "half of one stream"])
def test_a_reading_with_less_never_replaces_one_with_more(store: BandwidthStore, lost: str) -> None:
    """The source forgot the day, or a part of it: total and streams stay as they were, whoever asks again."""
    world = World(store)
    world.snapshot.close(NOW)
    before = [row(store, each) for each in ("*", "a", "b")]
    match lost:
        case "all":
            world.steady = {}
        case "half":
            world.numbers[YESTERDAY] = range(1, 50)
        case "one stream":
            world.steady = {"a": 1.0}
        case _:
            world.late[YESTERDAY, "b"] = range(1, 145)
    assert world.snapshot.backfill(YESTERDAY, YESTERDAY, NOW) == {YESTERDAY: "kept"}
    with suppress(SnapshotFailedError):
        world.snapshot.close(NOW + timedelta(hours=1))
    assert [row(store, each) for each in ("*", "a", "b")] == before


def test_a_run_with_half_a_day_that_meets_one_with_all_of_it_keeps_all(store: BandwidthStore) -> None:
    world = World(store)
    real = world.bins

    def slow(day: date) -> Any:
        if day == YESTERDAY:
            world.snapshot.close(NOW)  # another run, from beginning to end
            return {stream: each[:144] for stream, each in real(day).items()}
        return real(day)

    replace(world.snapshot, bins=slow).close(NOW)
    (total,) = store.days("*", YESTERDAY, YESTERDAY)
    assert (total.complete, round(total.average, 3)) == (1.0, 3.3)


def test_a_day_that_nobody_measured_is_marked_and_no_zero(store: BandwidthStore) -> None:
    world = World(store, steady={})
    world.snapshot.close(NOW)
    assert row(store, "*")["complete"]["N"] == "0.0"
    assert not {"bytes", "avg_mb_s", "p95_mb_s", "max_mb_s"} & row(store, "*").keys()
    rows, _ = read_rows(store._client, "metrics")
    assert rows["kaizen_bandwidth_day_complete_ratio"]["*",].value == 0
    assert "kaizen_bandwidth_day_bytes" not in rows
    assert "kaizen_bandwidth_day_bytes_per_second" not in rows
    assert "nobody knows what was sent" in world.told[f"weekly/{TODAY}"].text


def test_rows_of_an_earlier_version_are_read_and_compared_with(store: BandwidthStore) -> None:
    world = jumped(store)
    for item in items(store._client):
        if item["pk"]["S"] == "day#*":
            more = json.loads(item.pop("detail")["S"])
            del item["content"]
            item["streams"] = {"M": {name: {"N": str(each)} for name, each in more["streams"].items()}}
            store._client.put_item(TableName="bandwidth", Item=item)
    world.snapshot.close(NOW)
    assert "Most of it: b +4.40 MB/s." in world.told[f"anomaly/*/{YESTERDAY}"].text


def test_a_day_of_the_past_carries_a_build_only_where_a_reading_knows_it(store: BandwidthStore) -> None:
    world = World(store)
    day = YESTERDAY - timedelta(days=30)
    world.snapshot.backfill(day, day, NOW)
    assert not {"build", "major", "minor"} & row(store, "a", day).keys()
    world.readings = [Reading(start_of(day) + timedelta(hours=2), {}, "api-206")]
    world.snapshot.backfill(day, day, NOW)
    assert row(store, "a", day)["build"]["S"] == "api-206"


def test_the_largest_streams_have_rows_and_all_are_in_the_total(store: BandwidthStore) -> None:
    """More would not fit into one transaction; a name that cannot be a key is shortened, and ends by a digest."""
    names = [kept(each) for each in ("*", "x" * 3000, "\n=1+1", *(f"s{each}" for each in range(110)))]
    world = World(store, steady={name: 1 + place / 1000 for place, name in enumerate(names)})
    world.snapshot.close(NOW)
    world.snapshot.close(NOW)
    (entry,) = store.entries(YESTERDAY, YESTERDAY)
    assert (len(entry.sent), entry.left_out, row(store, "*")["revision"]["N"]) == (90, 23, "1")
    assert entry.total.bytes > sum(entry.sent.values())
    assert len(set(names)) == 113
    assert max(map(len, names)) <= 100
    assert "23 smaller streams" in world.told[f"weekly/{TODAY}"].text


def test_days_that_the_source_could_not_give_are_closed_by_a_later_run(store: BandwidthStore) -> None:
    world = World(store, down={YESTERDAY})
    with pytest.raises(SnapshotFailedError, match="no answer"):
        world.snapshot.close(NOW)
    assert store.days("*", YESTERDAY, YESTERDAY) == []
    assert world.alerts() == []
    world.down.clear()
    world.snapshot.close(NOW + timedelta(days=1))
    assert len(store.days("*", YESTERDAY, TODAY)) == 2


def jumped(store: BandwidthStore) -> World:
    world = World(store)
    world.history()
    world.rates[YESTERDAY] = {"b": 6.0}
    return world


def test_a_day_that_jumped_is_told_of_once_with_the_stream_that_it_comes_from(store: BandwidthStore) -> None:
    world = jumped(store)
    world.snapshot.close(NOW)
    world.snapshot.close(NOW + timedelta(hours=2))
    assert world.posts == [f"anomaly/*/{YESTERDAY}", f"weekly/{TODAY}"]
    text = world.told[f"anomaly/*/{YESTERDAY}"].text
    assert "All streams together sent 7.70 MB/s" in text
    assert "Most of it: b +4.40 MB/s." in text
    assert [each.stream for each in world.published] == ["*"]
    rows, _ = read_rows(store._client, "metrics")
    assert rows["kaizen_bandwidth_anomalies_total"][()].value == 1
    assert rows["kaizen_bandwidth_expected_bytes_per_second"]["*",].value == 3_300_000


def test_an_alert_that_could_not_be_posted_is_made_up_for(store: BandwidthStore) -> None:
    world = jumped(store)
    world.slack_down = True
    with pytest.raises(SnapshotFailedError):
        world.snapshot.close(NOW)
    world.slack_down = False
    world.snapshot.close(NOW + timedelta(minutes=5))
    assert world.posts[0] == f"anomaly/*/{YESTERDAY}"


def test_a_month_that_will_cross_its_cap_is_told_of_once_and_kept_up_to_date(store: BandwidthStore) -> None:
    """3.3 MB/s are 285 GB a day: March comes to 8.84 TB. The second day sends next to nothing."""
    world = World(store, cap=8_800 * 10**9)
    world.snapshot.backfill(TODAY - timedelta(days=60), TODAY - timedelta(days=2), NOW)
    first, second, third = NOW, NOW + timedelta(days=1), NOW + timedelta(days=2)
    world.snapshot.close(first)
    assert "cap/2026-02" not in world.told, "February has 28 days"
    world.snapshot.close(second)
    assert "March will cross its cap of 8.8 TB on about the 31st" in world.told["cap/2026-03"].text
    world.rates[date(2026, 3, 3)] = {"a": 0.01, "b": 0.01}
    world.snapshot.close(third)
    world.snapshot.close(third)
    assert "March stays within its cap" in world.told["cap/2026-03"].text
    assert world.posts.count("cap/2026-03") == 1


def test_readings_of_our_own_counters(store: BandwidthStore) -> None:
    at = start_of(YESTERDAY)
    for step in range(3):
        labels = {"stream": "a", "kind": "delta"}
        count(store._client, "metrics", [add("phase_frame_bytes_sent_total", labels, 700)], at)
        count(store._client, "metrics", [add("phase_frame_bytes_sent_total", labels | {"kind": "full"}, 300)], at)
        count(store._client, "metrics", [add("bytes_saved_total", {"stream": "a"}, 50)], at)
        store.keep(store.counters(at + timedelta(minutes=5 * step), "1c73f2a"))
    found = bins_of(YESTERDAY, store.readings(YESTERDAY))["a"]
    assert [(each.sent, each.saved) for each in found] == [(1000, 50), (1000, 50)]
    assert {each.build for each in store.readings(YESTERDAY)} == {"1c73f2a"}
    assert datetime.now(UTC) > at
