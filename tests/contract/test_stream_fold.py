"""Counted responses into the counters, exactly once: whatever crashes, meets, comes late or is not done in time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phase_stream import fold as folding
from phase_stream.fold import FoldError
from phase_stream.rows import CLOSED_SECONDS
from tests.contract.phase_aws import METRICS
from tests.contract.stream_shelf import SAVINGS, Client, CrashError, Hook, Shelf, shelf
from tests.effort import examples
from tests.unit.stream.source import NAME

SAVED = ("bytes_saved_total", "")


@pytest.fixture
def made() -> Iterator[Shelf]:
    with shelf() as given:
        yield given


def watched(made: Shelf, *viewers: str, stream: str = NAME, start: int = 0, rounds: int = 3) -> None:
    """Viewers who begin, go on, and ask once more for what they have."""
    for viewer in viewers:
        made.count(viewer, None, start, start + 4, stream=stream)
    for number in range(rounds):
        for viewer in viewers:
            after = start + 4 + number
            made.count(viewer, after, after + 1, after + 1, stream=stream)
        made.count(viewers[0], start + 2, start + 3, start + 4, stream=stream)
        made.pause(25)


def crash_at(place: int) -> Hook:
    def crash(number: int, name: str) -> None:
        if number == place:
            raise CrashError(name)

    return crash


def test_what_is_closed_is_counted_and_what_is_not_waits(made: Shelf) -> None:
    made.fold()
    made.count("a", None, 0, 4)
    made.pause(CLOSED_SECONDS - 1)
    made.count("a", 4, 5, 5)
    assert made.fold() == 0
    made.pause(2)
    assert made.fold() == 1
    assert SAVED in made.counters()
    assert made.counters()[SAVED] == 0, "a series begins at 0"
    made.close()
    assert (made.fold(), made.fold()) == (1, 0)
    assert made.exact()
    assert made.counters()[SAVED] == 20


def test_a_viewers_standing_lasts_from_run_to_run(made: Shelf) -> None:
    for start in range(0, 60, 10):
        made.count("a", start or None, start + 1, start + 10)
        made.pause(70)
        made.fold()
    made.close()
    made.fold()
    assert made.exact()
    assert made.counters()[SAVED] == 5 * 200
    assert made.viewers() == {"a": (600, 6, 1000)}


@pytest.mark.parametrize("lost", [False, True], ids=["before", "after"])
def test_a_run_that_crashes_at_any_call_loses_and_doubles_nothing(made: Shelf, lost: bool) -> None:
    """Before each call in turn, or after it when the answer is lost; then the next runs do the rest."""
    place = 0
    while True:
        made.empty()
        made.fold(NAME, "other")
        watched(made, "a", "b", "c", rounds=2)
        made.close()

        broken = Client(made.dynamodb, **{"after" if lost else "before": crash_at(place)})
        with suppress(FoldError, CrashError):
            made.fold(client=broken)
        if len(broken.calls) <= place:
            break
        watched(made, "b", "d", start=20, rounds=1)  # life goes on
        made.close()
        for _ in range(2):
            made.fold()
        assert made.exact(), (place, broken.calls)
        assert "target" not in made.cursor()
        place += 1
    assert place > 8
    assert {"update_item", "transact_write_items", "batch_get_item", "query"} <= set(broken.calls)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("lost", [False, True], ids=["before", "after"])
def test_a_run_that_crashes_as_it_begins_a_stream(made: Shelf, place: int, lost: bool) -> None:
    watched(made, "a")
    made.close()
    with suppress(FoldError, CrashError):
        made.fold(client=Client(made.dynamodb, **{"after" if lost else "before": crash_at(place)}))
    made.fold()
    assert made.exact()


def test_two_runs_at_once_count_once(made: Shelf) -> None:
    """At each call of one run in turn, another one runs from its beginning to its end."""
    place = 0
    while True:
        made.empty()
        made.fold(NAME, "other")
        watched(made, "a", "b", rounds=2)
        made.close()

        def meet(number: int, _: str, place: int = place) -> None:
            if number == place:
                made.fold()
                watched(made, "b", start=30, rounds=1)
                made.close()
                made.fold()

        slow = Client(made.dynamodb, before=meet)
        made.fold(client=slow, now=made.now)
        if len(slow.calls) <= place:
            break
        made.close()
        made.fold()
        assert made.exact(), (place, slow.calls)
        place += 1
    assert place > 8


def test_any_order_of_events_gives_the_same_totals(made: Shelf) -> None:
    viewers = st.sampled_from(("a", "b", "c"))
    asks = st.tuples(viewers, st.none() | st.integers(0, 12), st.integers(1, 5))
    events = st.lists(
        asks
        | st.floats(0.5, 100).map(lambda each: ("pause", each, 0))
        | st.tuples(st.sampled_from(("fold", "crash", "lose", "meet")), st.integers(0, 25), st.just(0)),
        min_size=3,
        max_size=25,
    )

    def run(kind: str, place: int) -> None:
        def meet(number: int, _: str) -> None:
            if number == place:
                made.fold()

        hooks: dict[str, dict[str, Hook]] = {
            "fold": {},
            "crash": {"before": crash_at(place)},
            "lose": {"after": crash_at(place)},
            "meet": {"before": meet},
        }
        with suppress(FoldError, CrashError):
            made.fold(client=Client(made.dynamodb, **hooks[kind]))

    @settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(events)
    def play(given: list[tuple[str, Any, int]]) -> None:
        made.empty()
        made.fold(NAME, "other")
        before: dict[tuple[str, str], int] = {}
        for name, value, most in given:
            if name == "pause":
                made.pause(value)
            elif name in ("fold", "crash", "lose", "meet"):
                run(name, value)
                counters = made.counters()
                assert all(counters[each] >= amount for each, amount in before.items()), "a counter fell"
                before = counters
            else:
                first = 20 if value is None else value + 1
                made.count(name, value, first, first + most)
        made.close()
        for _ in range(2):
            made.fold()
        assert made.exact()

    play()


def test_more_viewers_and_rows_than_are_held_at_once(made: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "_MOST_ROWS", 7)
    monkeypatch.setattr(folding, "MOST_VIEWERS", 3)
    made.fold()
    watched(made, *"abcdefghij", rounds=2)
    for number in range(20):
        made.count("e", 6 + number, 7 + number, 7 + number)
    made.close()
    made.fold()
    assert made.exact()


def test_what_there_is_no_time_for_is_done_in_the_next_run(made: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever the time is over: the run ends without a fault, and the next ones end at the same totals."""
    monkeypatch.setattr(folding, "_MOST_ROWS", 5)
    for place in range(12):
        made.empty()
        made.fold(NAME, "other")
        watched(made, "a", "b", "c", rounds=2)
        watched(made, "a", stream="other")
        made.close()
        left = iter([True] * place + [False])
        made.fold(NAME, "other", in_time=lambda left=left: next(left, False))  # type: ignore[misc]
        made.fold(NAME, "other")
        assert made.exact(NAME)
        assert made.exact("other")


def test_to_be_far_behind_is_a_fault(made: Shelf) -> None:
    watched(made, "a")
    made.fold()
    made.pause(3600)
    with pytest.raises(FoldError, match=f"behind: {NAME}"):
        made.fold(in_time=lambda: False)


def test_a_stream_that_cannot_be_folded_does_not_stop_the_others(made: Shelf) -> None:
    for stream in ("one", "two", "three"):
        watched(made, "a", stream=stream)
    made.close()
    (row,) = made.dynamodb.query(
        TableName=SAVINGS,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "responses#2026-03-20T12:01Z#two"}},
        Limit=1,
    )["Items"]
    made.dynamodb.put_item(TableName=SAVINGS, Item=row | {"sent": {"N": "-5"}})
    with pytest.raises(FoldError, match="bytes that cannot be"):
        made.fold("one", "two", "three")
    assert made.exact("one")
    assert made.exact("three")
    made.dynamodb.put_item(TableName=SAVINGS, Item=row)
    made.fold("one", "two", "three")
    assert made.exact("two")


def test_a_stream_that_the_policy_drops_is_folded_to_its_end_and_forgotten(made: Shelf) -> None:
    made.fold("old", "new")
    watched(made, "a", stream="old")
    made.close()
    made.fold("new")
    assert made.exact("old")
    made.pause(3700)
    made.fold("new")
    assert (made.cursor("old"), bool(made.cursor("new"))) == ({}, True)
    watched(made, "b", stream="old")
    made.close()
    made.fold("old")
    assert made.exact("old"), "it comes back, and nothing of before counts again"


def test_a_new_stream_begins_with_the_last_hour(made: Shelf) -> None:
    watched(made, "a")
    made.pause(3000)
    made.fold()
    assert made.exact()


def test_a_run_after_a_long_pause_goes_on_in_stretches(made: Shelf) -> None:
    made.fold()
    for number in range(30):
        made.count("a", number or None, number + 1, number + 1)
        made.pause(100)
    client = Client(made.dynamodb)
    made.fold(client=client)
    assert client.calls.count("transact_write_items") > 20
    made.close()
    made.fold()
    assert made.exact()


def test_issue_11_line_8_two_hundred_counts_at_once_and_the_fold_meet_no_conflict(made: Shelf) -> None:
    """Before, responses of all viewers met in eight shards of each counter."""
    refused: list[str] = []

    class Noting(Client):
        def __getattr__(self, name: str) -> Any:
            call = super().__getattr__(name)

            def noted(**arguments: Any) -> Any:
                try:
                    return call(**arguments)
                except ClientError as error:
                    refused.append(f"{name}: {error}")
                    raise

            return noted

    made.fold()
    client = Noting(made.dynamodb)
    for number in range(2):  # of a second each
        with ThreadPoolExecutor(16) as threads:
            list(
                threads.map(
                    lambda viewer, number=number: made.count(
                        f"viewer-{viewer:03d}", number or None, number + 1, number + 1, client=client
                    ),
                    range(200),
                )
            )
        made.fold(client=client)
    made.close()
    assert made.fold(client=client) == 400
    assert refused == []
    assert client.calls.count("put_item") == 400, "each was counted at the first attempt"
    assert client.calls.count("transact_write_items") == 1
    assert made.exact()


def test_counters_go_on_where_they_were(made: Shelf) -> None:
    """Rows of other shards, of before the fold, stay as they are, and are read together with its own."""
    key = {"metric": {"S": "bytes_saved_total"}, "series": {"S": f'["{NAME}"]#5'}}
    for shard in range(8):
        key["series"] = {"S": f'["{NAME}"]#{shard}'}
        made.dynamodb.put_item(TableName=METRICS, Item=key | {"value": {"N": "1000"}})
    watched(made, "a")
    made.close()
    made.fold()
    assert made.counters()[SAVED] == 8000 + made.due()[0][SAVED]
