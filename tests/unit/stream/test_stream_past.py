"""Columns of history at its door: those of the open chunk are to the bit what the chunk says once it is stored."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.phase import keys
from kaizen.phase.decode import Message, decode_all
from kaizen.phase.schema import SCHEMA
from kaizen.phase.streams import Epoch, Stream
from phase_stream import cells, chunks
from phase_stream.call import Call, Door
from phase_stream.cells import columns_that_fit
from phase_stream.ledger import Ledger
from phase_stream.ranges import MOST_CELLS, MOST_CHUNKS, MOST_COLUMNS
from phase_stream.request import RequestError
from phase_stream.store import PhaseStore
from tests.effort import examples
from tests.factories import NOW
from tests.unit.downsampler import world
from tests.unit.downsampler.world import NAME, Producer, policy_of, send, theta
from tests.unit.stream.world import Answer, received

ROWS, LEVELS = 9, 2
POLICY = policy_of()  # chunks of 8 columns, 2 levels, factor 2


@dataclass
class Archive:
    """What phase_downsampler wrote, as the doors read it."""

    store: world.MemoryStore

    def stream(self, name: str) -> Stream | None:
        return self.store.load(name)

    def epoch(self, name: str, number: int) -> Epoch | None:
        return self.store.epochs.get((name, number))

    def epochs(self, name: str) -> Sequence[Epoch]:
        return sorted((each for (of, _), each in self.store.epochs.items() if of == name), key=lambda each: -each.epoch)

    def get(self, wanted: Sequence[str]) -> list[bytes | None]:
        return self.store.get(wanted)

    def chunk_addresses(
        self, name: str, epoch: int, level: int, numbers: range, coding: str
    ) -> dict[int, tuple[int, str]]:
        wanted = {number: keys.chunk(name, epoch, level, number, coding) for number in numbers}
        there = self.store.objects
        return {
            number: (len(there[key].data), f"https://bucket.invalid/{key}")
            for number, key in wanted.items()
            if key in there
        }


def asked(store: world.MemoryStore, door: Door, level: int | str, coding: str = "zstd", **query: str) -> Answer:
    event = {
        "pathParameters": {"id": NAME, "level": str(level)},
        "queryStringParameters": query,
        "headers": {"accept-encoding": coding},
    }
    call = Call(event, "r", NOW, SCHEMA, (NAME,), cast(PhaseStore, Archive(store)), cast(Ledger, None))
    try:
        return received(door(call))
    except RequestError as error:
        return received(error.response())


def told(answer: Answer) -> Any:
    return json.loads(answer.body)


Columns = dict[int, dict[str, Any]]


def columns_of(messages: Sequence[Message]) -> Columns:
    """Everything that is said of each column, by its number."""
    found: Columns = {}
    for message in messages:
        header, frames = message.header, message.frames
        if frames is not None:
            for t in range(header.n_frames):
                found[header.first_seq + t] = {
                    "time": header.t0_us + t * header.dt_us,
                    "angles": frames.angles[t].tolist(),
                    "resultant": None if frames.resultant is None else frames.resultant[t].tolist(),
                    "missing": [False] * header.n_rows if frames.missing is None else frames.missing[t].tolist(),
                }
        elif message.document is not None:
            given = message.document["columns"]
            first = given["first_seq"] // given["frames_per_column"]
            for name in set(given) - {"first_seq", "frames_per_column"}:
                for t, value in enumerate(given[name]):
                    found[first + t][name] = value
    return found


def stored(store: world.MemoryStore, level: int, epoch: int = 7) -> Columns:
    """All that the bucket's chunks of a level say."""
    before = keys.chunks(NAME, epoch, level)
    return columns_of(
        [
            message
            for key, each in sorted(store.objects.items())
            if key.startswith(before) and key.endswith(".zstd")
            for message in world.messages(each)
        ]
    )


def producer(frames: int, missing: bool, seed: int = 1) -> Producer:
    gaps = np.random.default_rng(seed).random((frames, ROWS)) < 0.2 if missing else None
    return Producer.of(theta(frames, ROWS, seed), 12, missing=gaps)


@st.composite
def bodies(draw: st.DrawFn) -> list[tuple[int, int]]:
    """First and last frame of successive bodies, some of them after a gap; an epoch may begin late."""
    found, first = [], draw(st.integers(0, 20))
    for _ in range(draw(st.integers(1, 8))):
        last = first + draw(st.integers(0, 24))
        found.append((first, last))
        first = last + 1 + draw(st.sampled_from([0, 0, 0, 3, 21]))
    return found


@settings(max_examples=examples(40))
@given(bodies(), st.booleans(), st.integers(0, 1 << 20))
def test_columns_are_the_same_before_and_after_their_chunk_closes(
    sent: list[tuple[int, int]], missing: bool, seed: int
) -> None:
    frames = producer(sent[-1][1] + 1, missing, seed)
    living = world.MemoryStore()
    seen: list[tuple[int, int, Columns]] = []
    for body in sent:
        send(living, frames, POLICY, body)
        for level in range(LEVELS + 1):
            answer = asked(living, cells.serve, level, first="0", columns="1")
            newest = living.streams[NAME].epoch.columns(level)
            if not newest:
                assert answer.status == 204
                continue
            assert answer.headers["phase-columns"] == f"{newest.start}-{newest.stop - 1}"
            seen.append((level, newest.stop, columns_of(answer.messages())))
    send(living, replace(frames, epoch=8), POLICY, (0, 0))  # another epoch ends this one
    for level, stop, columns in seen:
        first = living.epochs[NAME, 7].first_seq // 2**level
        wanted = {number: each for number, each in stored(living, level).items() if first <= number < stop}
        assert columns == wanted, f"level {level}, before column {stop}"
    for level in range(LEVELS + 1):
        answer = asked(living, cells.serve, level, first="0", columns="1", epoch="7")
        first = living.epochs[NAME, 7].first_seq // 2**level
        assert columns_of(answer.messages()) == {n: each for n, each in stored(living, level).items() if n >= first}


def living() -> world.MemoryStore:
    """Frames 0 to 46 of epoch 7: five chunks of level 0, two of level 1, one of level 2, and what is open."""
    store = world.MemoryStore()
    send(store, producer(60, missing=True), POLICY, (0, 20), (21, 46))
    return store


LIVING = living()


def test_rows_and_columns_are_cut() -> None:
    whole = columns_of(asked(LIVING, cells.serve, 1, first="0").messages())
    answer = asked(LIVING, cells.serve, 1, first="5", last="18", rows="3-7", coding="gzip")
    assert (answer.status, answer.headers["content-encoding"]) == (200, "gzip")
    assert answer.headers["phase-columns"] == "5-18"
    messages = answer.messages()
    assert {each.header.n_rows for each in messages} == {5}
    assert all(each.document is None for each in messages)
    for number, each in columns_of(messages).items():
        for name in ("angles", "resultant", "missing"):
            assert each[name] == whole[number][name][3:8]
    assert sorted(columns_of(messages)) == list(range(5, 19))
    assert answer.headers["cache-control"] == "private, max-age=600"


def test_the_open_tail_alone_and_then_what_is_newer() -> None:
    """Without `first` it is what no chunk holds; the client then goes on from the last column that it has."""
    answer = asked(LIVING, cells.serve, 0)
    assert answer.headers["phase-columns"] == "40-46"
    assert answer.headers["cache-control"] == "no-store"
    assert asked(LIVING, cells.serve, 0, first="47").status == 204
    assert asked(LIVING, cells.serve, 0, first="46").headers["phase-columns"] == "46-46"
    # Level 2 has a column of 4 frames: 44 to 47 is not whole yet.
    assert asked(LIVING, cells.serve, 2).headers["phase-columns"] == "8-10"


def test_an_answer_has_no_more_columns_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MOST_COLUMNS", 10)
    seen: Columns = {}
    first, answers = 0, 0
    while (answer := asked(LIVING, cells.serve, 0, first=str(first), columns="1")).status == 200:
        seen |= columns_of(answer.messages())
        first = int(answer.headers["phase-columns"].partition("-")[2]) + 1
        answers += 1
    assert answers == 5
    assert seen == columns_of(asked(LIVING, cells.serve, 0, first="0", last="46", columns="1").messages()) | seen
    assert sorted(seen) == list(range(47))


def test_how_many_fit() -> None:
    epoch = LIVING.epochs[NAME, 7]
    large = replace(epoch, rows=8192, bits=16)
    for each, rows in ((epoch, 9), (large, 8192), (large, 1)):
        for columns in (False, True):
            fit = columns_that_fit(each, rows, columns=columns)
            assert 1 <= fit <= MOST_COLUMNS
            assert fit * each.rows <= MOST_CELLS
            assert fit * (rows * 3 + 1024 * columns) < 4 << 20
    assert columns_that_fit(replace(epoch, rows=1 << 20), 1 << 20, columns=True) == 1


def test_what_is_gone_is_left_out() -> None:
    store = living()
    del store.objects[keys.chunk(NAME, 7, 0, 1, "zstd")]
    answer = asked(store, cells.serve, 0, first="0", last="23")
    assert sorted(columns_of(answer.messages())) == [*range(8), *range(16, 24)]


@pytest.mark.parametrize(
    ("level", "query", "status", "said"),
    [
        ("x", {}, 400, "level: "),
        (0, {"first": "-1"}, 400, "first: "),
        (0, {"last": "now"}, 400, "last: "),
        (0, {"first": "9", "last": "8"}, 400, "last: 8 comes before first, 9"),
        (0, {"epoch": "7.1"}, 400, "epoch: "),
        (0, {"columns": "yes"}, 400, "columns: "),
        (0, {"rows": "3"}, 400, "rows: "),
        (0, {"rows": "7-3"}, 400, "rows: 3 comes before 7"),
        (0, {"rows": "0-9"}, 400, "rows: epoch 7 has the rows 0-8"),
        (3, {}, 404, "epoch 7 has the levels 0 to 2"),
        (0, {"epoch": "6"}, 404, "there is no epoch 6"),
    ],
)
def test_what_is_refused(level: int | str, query: Mapping[str, str], status: int, said: str) -> None:
    answer = asked(LIVING, cells.serve, level, **query)
    assert (answer.status, told(answer)["status"]) == (status, status)
    assert told(answer)["detail"].startswith(said)


def test_columns_before_the_epoch_began() -> None:
    store = world.MemoryStore()
    send(store, producer(60, missing=False), POLICY, (20, 40))
    answer = asked(store, cells.serve, 0, first="3", last="19")
    assert (answer.status, told(answer)["first_column"], told(answer)["last_column"]) == (404, 20, 40)
    assert asked(store, cells.serve, 0, first="3", last="22").headers["phase-columns"] == "20-22"


def test_no_coding_that_is_taken() -> None:
    assert asked(LIVING, cells.serve, 0, coding="identity;q=0").status == 406
    assert asked(LIVING, chunks.addresses, 0, coding="br").status == 406


def test_addresses_of_many_chunks_at_once() -> None:
    answer = asked(LIVING, chunks.addresses, 0, first="1", last="2", coding="gzip")
    document = told(answer)
    assert [each["chunk"] for each in document["chunks"]] == [1, 2]
    for each in document["chunks"]:
        key = keys.chunk(NAME, 7, 0, each["chunk"], "gzip")
        assert each == {
            "chunk": each["chunk"],
            "bytes": len(LIVING.objects[key].data),
            "url": f"https://bucket.invalid/{key}",
        }
    assert (document["epoch"], document["level"], document["coding"]) == (7, 0, "gzip")
    assert (document["first_chunk"], document["last_chunk"], document["next"]) == (0, 4, None)
    assert answer.headers["cache-control"] == "private, max-age=600"


def test_addresses_without_bounds_and_beyond_them() -> None:
    everything = asked(LIVING, chunks.addresses, 1)
    assert [each["chunk"] for each in told(everything)["chunks"]] == [0, 1]
    assert everything.headers["cache-control"] == "no-store"  # the next chunk is to come
    assert told(asked(LIVING, chunks.addresses, 1, first="7"))["chunks"] == []
    assert told(asked(LIVING, chunks.addresses, 2, first="1"))["chunks"] == []


def test_more_chunks_than_an_answer_has() -> None:
    store = world.MemoryStore()
    send(store, Producer.of(theta(1200, 3), 8), replace(POLICY, streams=policy_of(levels=0).streams), (0, 1199))
    document = told(asked(store, chunks.addresses, 0))
    assert ([each["chunk"] for each in document["chunks"]], document["next"]) == (list(range(MOST_CHUNKS)), MOST_CHUNKS)
    rest = told(asked(store, chunks.addresses, 0, first=str(document["next"])))
    assert ([each["chunk"] for each in rest["chunks"]], rest["next"]) == (list(range(MOST_CHUNKS, 150)), None)


def test_messages_stand_alone() -> None:
    """Each is decoded without any state, as a stored chunk is."""
    answer = asked(LIVING, cells.serve, 2, first="0", rows="8-8", columns="1", coding="identity")
    for message in decode_all(answer.body):
        assert message.header.epoch == 7
        assert message.header.dt_us == 4_000_000
