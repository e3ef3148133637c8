"""Days in DynamoDB (moto): once each, revised, and closed again after a run broke off; one alert whatever happens."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from bandwidth_snapshot.day import bins_of, start_of
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


def test_a_source_that_says_something_else_by_now_makes_a_revision(store: BandwidthStore) -> None:
    world = World(store)
    world.snapshot.backfill(YESTERDAY, YESTERDAY, NOW)
    world.rates[YESTERDAY] = {"a": 1.5}
    world.snapshot.backfill(YESTERDAY, YESTERDAY, NOW)
    (item,) = [
        each for each in items(store._client) if each["pk"]["S"] == "day#a"
    ]  # fmt: skip
    assert (item["revision"]["N"], item["avg_mb_s"]["N"]) == ("2", "1.65")
    assert {name: item[name]["S"] for name in ("major", "minor", "build", "source")} == {
        "major": "1", "minor": "0", "build": "0", "source": "counters",
    }  # fmt: skip


def test_days_that_the_source_could_not_give_are_closed_by_a_later_run(store: BandwidthStore) -> None:
    world = World(store, down={YESTERDAY})
    with pytest.raises(SnapshotFailedError, match="no answer"):
        world.snapshot.close(NOW)
    assert store.days("*", YESTERDAY, YESTERDAY) == []
    assert world.posts == []
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
    assert "March will cross its cap of 8.8 TB on the 31st" in world.told["cap/2026-03"].text
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
