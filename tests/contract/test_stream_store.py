"""The one transaction of phase_stream on moto: whole or not at all, once, and no writer loses another's count."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from kaizen.metrics.rows import read_rows
from phase_stream.plan import Resync
from phase_stream.savings import Tally, changes
from phase_stream.store import ExpiredError, NotCountedError, PhaseStore, Places
from tests.contract.phase_aws import BUCKET
from tests.contract.stream_world import StreamWorld, stream_world
from tests.factories import NOW
from tests.unit.stream.source import NAME, Source
from tests.unit.stream.world import COUNTERS

PLACES = Places("PhaseTable", "PhaseSavingsTable", "MetricsTable", BUCKET)
AUDIT = "page-0123456789abcdef"
DELTA = Tally(Resync.NONE, "delta", sent=100, documents=10, full_equivalent=250)
LOST = Tally(Resync.CRC, "full", sent=300, documents=0, full_equivalent=300)


@pytest.fixture
def world() -> Iterator[StreamWorld]:
    with stream_world() as made:
        yield made


class OneCallAtATime:
    """A client whose calls are atomic, as DynamoDB's are and moto's are not: its tables tear between threads.

    `faults` are raised in the place of the next transactions, one each; `lost` ones after the transaction was made.
    """

    def __init__(self, client: Any, *faults: Exception, lost: bool = False) -> None:
        self._client, self._lock = client, threading.Lock()
        self._faults, self._lost = list(faults), lost
        self.exceptions = client.exceptions
        self.transactions = 0

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**arguments)

        return call

    def transact_write_items(self, **arguments: Any) -> Any:
        with self._lock:
            self.transactions += 1
            fault = self._faults.pop(0) if self._faults else None
            if fault is None or self._lost:
                self._client.transact_write_items(**arguments)
            if fault is not None:
                raise fault


def cancelled(client: Any, *codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    error: ClientError = client.exceptions.TransactionCanceledException(
        {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}, "TransactWriteItems"
    )
    return error


def store(client: Any, s3: Any, pauses: list[float] | None = None) -> PhaseStore:
    return PhaseStore(client, s3, PLACES, (pauses if pauses is not None else []).append)


def count(made: PhaseStore, request_id: str, tally: Tally = DELTA, audit: str | None = AUDIT) -> bool:
    return made.count(request_id, NAME, tally, changes(NAME, tally, request_id), audit, NOW)


def test_concurrent_writers_lose_nothing(world: StreamWorld) -> None:
    """Eight threads, each response of theirs also sent once more, on the same rows and the same audit."""
    shared: Any = OneCallAtATime(world.dynamodb)
    each = 16

    def run(number: int) -> int:
        own, new = store(shared, world.s3), 0
        for place in range(each):
            tally = LOST if place % 4 == 0 else DELTA
            request_id = f"request-{number}-{place}"
            new += count(own, request_id, tally) + count(own, request_id, tally)
        return new

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(run, range(8))) == 8 * each
    deltas, losts = 8 * each * 3 // 4, 8 * each // 4
    sent, full, saved, retransmitted, resyncs = (world.totals()[name] for name in COUNTERS)
    assert (sent, full) == (deltas * 100 + losts * 300, deltas * 250 + losts * 300)
    assert (saved, retransmitted, resyncs) == (deltas * 150, losts * 300, losts)
    audit = world.item("PhaseSavingsTable", pk="audit", sk=f"{AUDIT}#{NAME}")
    assert (audit["server_bytes"], audit["server_responses"]) == (sent, 8 * each)
    assert audit["server_saved_bytes"] == saved
    kinds = read_rows(world.dynamodb, "MetricsTable")[0][COUNTERS[0]]
    assert {labels[1]: series.value for labels, series in kinds.items()} == {
        "delta": deltas * 90,
        "config": deltas * 10,
        "full": losts * 300,
    }


def test_conflicts_are_tried_again_after_growing_pauses(world: StreamWorld) -> None:
    conflict = cancelled(world.dynamodb, "None", "None", "TransactionConflict")
    client: Any = OneCallAtATime(world.dynamodb, conflict, conflict, conflict)
    pauses: list[float] = []
    assert count(store(client, world.s3, pauses), "a")
    assert client.transactions == 4
    assert [0 <= pause <= 0.02 * 2**attempt for attempt, pause in enumerate(pauses)] == [True] * 3
    assert world.totals()["bytes_saved_total"] == 150


def test_conflicts_without_end_are_told(world: StreamWorld) -> None:
    conflict = cancelled(world.dynamodb, "None", "TransactionConflict")
    client: Any = OneCallAtATime(world.dynamodb, *[conflict] * 99)
    pauses: list[float] = []
    with pytest.raises(NotCountedError):
        count(store(client, world.s3, pauses), "a")
    assert client.transactions == 8
    assert sum(pauses) < 10, "before the function's time is over"
    assert not any(world.totals().values())


def test_a_count_whose_answer_is_lost_is_not_made_twice(world: StreamWorld) -> None:
    """The transaction went through, and all that came back was that it was still in progress."""
    in_progress = world.dynamodb.exceptions.TransactionInProgressException(
        {"Error": {"Code": "TransactionInProgressException"}}, "TransactWriteItems"
    )
    client: Any = OneCallAtATime(world.dynamodb, in_progress, lost=True)
    assert not count(store(client, world.s3), "a"), "counted before"
    assert world.totals()["bytes_saved_total"] == 150


@pytest.mark.parametrize("code", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_other_faults_are_not_tried_again(world: StreamWorld, code: str) -> None:
    client: Any = OneCallAtATime(world.dynamodb, cancelled(world.dynamodb, "None", code))
    with pytest.raises(ClientError):
        count(store(client, world.s3), "a")
    assert client.transactions == 1


def test_no_answer_is_no_count(world: StreamWorld) -> None:
    client: Any = OneCallAtATime(world.dynamodb, ReadTimeoutError(endpoint_url="https://aws.invalid"))
    with pytest.raises(ReadTimeoutError):
        count(store(client, world.s3), "a")


def test_a_transaction_is_whole_or_not_at_all(world: StreamWorld) -> None:
    made = store(world.dynamodb, world.s3)
    world.dynamodb.delete_table(TableName="MetricsTable")
    with pytest.raises(ClientError):
        count(made, "a")
    assert world.savings_items() == [], "neither guard nor audit"


def test_objects_that_are_gone(world: StreamWorld) -> None:
    source = Source()
    source.begin(7, 3)
    made = store(world.dynamodb, world.s3)
    for ask in (
        lambda: made.config(NAME, 7),
        lambda: made.window(source.stream, source.stream.segments),
        lambda: made.chunk_address(NAME, 7, 0, 0, "zstd"),
    ):
        with pytest.raises(ExpiredError):
            ask()


def test_a_bucket_that_is_gone_is_not_taken_for_an_expired_object(world: StreamWorld) -> None:
    other = PhaseStore(world.dynamodb, world.s3, Places("PhaseTable", "x", "y", "no-such-bucket"), lambda _: None)
    with pytest.raises(ClientError):
        other.config(NAME, 7)


def test_the_state_of_a_stream_is_read_consistently(world: StreamWorld) -> None:
    """By an older state, a client that has the newest frame would be told of a gap."""
    asked: list[Any] = []
    cast(Any, world.dynamodb).meta.events.register(
        "provide-client-params.dynamodb.GetItem", lambda params, **_: asked.append(params.get("ConsistentRead"))
    )
    assert store(world.dynamodb, world.s3).stream(NAME) is None
    assert asked == [True]
