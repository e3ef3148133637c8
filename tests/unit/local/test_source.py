"""The simulated source against a door that answers as it is told: what it posts, when, and what it makes of trouble."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from kaizen.phase.decode import Message
from kaizen.phase.quantise import to_bam
from kaizen.phase.schema import SCHEMA
from kaizen.phase.wire import KEYFRAME, MEDIA_TYPE, Header, Kind
from local.errors import LocalError
from local.phase import source
from local.phase.kuramoto import showcase
from local.phase.source import Counts, Source, batches_to_skip
from tests.unit.local.doors import Door, Reply, Request, has_config, opened, problem, taken

TOKEN = "a-token"
STALE = problem(409, "epoch 5 is stale", epoch=4_000_000_000)


class Said(list[str]):
    def __call__(self, text: str) -> None:
        self.append(text)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "PAUSES", (0.001,) * 4)


def made(door: Door, say: Callable[[str], None] = print, **options: Any) -> Source:
    """20 oscillators, 100 frames a second, five in a body."""
    chosen: dict[str, Any] = {"n": 20, "hertz": 100, "every": 0.05} | options
    return Source(door.url, "demo", TOKEN, say=say, **chosen)


def until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not reached():
        assert time.monotonic() < deadline, "it has not come to that in five minutes"
        time.sleep(0.005)


def run(door: Door, one: Source, requests: int) -> None:
    one.start()
    try:
        until(lambda: len(door.requests) >= requests)
    finally:
        one.stop()


def headers(door: Door) -> Iterator[Header]:
    """Of all frame messages that came, in order."""
    for request in door.requests:
        yield from (message.header for message in request.messages() if message.header.kind is not Kind.CONFIG)


def consecutive(found: list[Header]) -> bool:
    return all(one.seq + 1 == next_.first_seq for one, next_ in itertools.pairwise(found))


def test_a_body_stands_alone() -> None:
    with opened() as door:
        one = made(door)
        one.history(7)
    (request,) = door.requests
    assert (request.method, request.target) == ("POST", "/phase/frames?stream=demo")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == MEDIA_TYPE
    assert request.headers["content-encoding"] == "zstd"
    assert request.headers["phase-schema"] == str(SCHEMA)
    about, first, rest = request.messages()
    assert about.document == {"ranges": [[0, 20]], "strata": [[0, 8], [1, 5], [2, 5], [3, 2]]}
    assert (first.header.kind, first.header.flags, first.header.seq) == (Kind.FULL, KEYFRAME, 0)
    assert (rest.header.kind, rest.header.first_seq, rest.header.seq) == (Kind.DELTA, 1, 6)
    assert {each.header.epoch for each in (about, first, rest)} == {first.header.epoch}
    assert {each.header.dt_us for each in (about, first, rest)} == {10_000}
    assert rest.header.t0_us == first.header.t0_us + 10_000


def test_what_is_posted_is_the_simulation() -> None:
    with opened() as door:
        made(door, seed=3).history(6)
    assert np.array_equal(angles(door.requests[0].messages()), to_bam(showcase(20, 3).frames(6, 0.01), 16))


def angles(messages: list[Message]) -> Any:
    return np.concatenate([each.frames.angles for each in messages if each.frames is not None])


def test_frames_flow_in_real_time() -> None:
    with opened() as door:
        one = made(door)
        before = time.time()
        run(door, one, 4)
        after = time.time()
    found = list(headers(door))
    assert [has_config(request) for request in door.requests] == [True] + [False] * (len(door.requests) - 1)
    assert consecutive(found)
    assert found[0].first_seq == 0
    assert all(each.t0_us == found[0].t0_us + each.first_seq * 10_000 for each in found)
    assert before <= found[0].t0_us / 1e6
    assert (found[-1].t0_us + (found[-1].n_frames - 1) * 10_000) / 1e6 <= after  # no frame of the future
    assert one.counts == Counts(posted=found[-1].seq + 1)


def test_no_frame_is_posted_before_it_has_been() -> None:
    early: list[float] = []

    def note(request: Request) -> Reply:
        last = request.messages()[-1].header
        early.append((last.t0_us + (last.n_frames - 1) * last.dt_us) / 1e6 - time.time())
        return taken(request)

    with opened(*[note] * 100) as door:
        run(door, made(door), 5)
    assert max(early) <= 0


def test_an_epoch_is_the_time_of_the_start() -> None:
    with opened() as door:
        before = int(time.time())
        made(door).history(1)
        after = int(time.time())
    assert before <= next(headers(door)).epoch <= after


def test_a_history_ends_now_and_the_present_follows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BACKLOG_CELLS", 20 * 30)
    with opened() as door:
        one = made(door)
        before = time.time()
        one.history(100)
        after = time.time()
        history = list(headers(door))
        assert history[-1].seq == 99
        assert before <= history[0].t0_us / 1e6 + 0.99 <= after
        assert len(door.requests) == 4
        run(door, one, 6)
    found = list(headers(door))
    assert consecutive(found)
    assert all(each.t0_us == found[0].t0_us + each.first_seq * 10_000 for each in found)
    assert len({each.epoch for each in found}) == 1
    assert sum(map(has_config, door.requests)) == 1


def test_a_history_that_is_refused_is_an_error() -> None:
    said = Said()
    with opened(problem(404, "there is no stream demo in the policy")) as door:
        one = made(door, said)
        with pytest.raises(LocalError, match="404: there is no stream demo in the policy"):
            one.history(10)
    assert len(door.requests) == 1
    assert one.counts == Counts(skipped=10, failed=1, error="404: there is no stream demo in the policy")


def test_large_bodies_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LARGEST_BODY", 2_000)
    with opened() as door:
        one = made(door, n=200)
        one.history(50)
    assert len(door.requests) > 4
    assert all(len(request.body) <= 2_000 for request in door.requests)
    found = list(headers(door))
    assert consecutive(found)
    assert all(each.t0_us == found[0].t0_us + each.first_seq * 10_000 for each in found)
    assert one.counts.posted == found[-1].seq + 1 == 50
    every = np.concatenate([angles(request.messages()) for request in door.requests])
    assert np.array_equal(every, to_bam(showcase(200, 1).frames(50, 0.01), 16))


def test_a_frame_is_not_split_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its size: then the door says what it thinks."""
    monkeypatch.setattr(source, "LARGEST_BODY", 10)
    with opened() as door:
        made(door).history(3)
    assert [request.messages()[-1].header.seq for request in door.requests] == [0, 1, 2]


def test_a_million_oscillators_fit_through_the_door() -> None:
    with opened() as door:
        made(door, n=1_000_000, hertz=10).history(3)
    assert all(len(request.body) <= 4 * 1024 * 1024 for request in door.requests)
    assert [header.seq for header in headers(door)][-1] == 2


def test_one_post_at_a_time_and_late_frames_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "PATIENCE_SECONDS", 0.1)
    lock, inside = threading.Lock(), []

    def slow(request: Request) -> Reply:
        assert lock.acquire(blocking=False), "two posts at a time"
        time.sleep(0.2)
        lock.release()
        inside.append(request)
        return taken(request)

    said = Said()
    with opened(*[slow] * 100) as door:
        one = made(door, said)
        run(door, one, 6)
    found = list(headers(door))
    assert len(inside) == len(door.requests)
    assert not consecutive(found)  # a gap, for all to see
    assert all(each.t0_us == found[0].t0_us + each.first_seq * 10_000 for each in found)
    assert one.counts.skipped > 0
    assert one.counts.skipped % 5 == 0
    assert [text for text in said if "cannot keep up" in text] == said
    assert len(said) == 1  # and not at each


@pytest.mark.parametrize(
    ("late", "batches"),
    [(-1_000_000, 0), (0, 0), (5_000_000, 0), (5_000_001, 5), (9_900_000, 9), (3_600_000_000, 3600)],
)
def test_when_frames_are_left_out(late: int, batches: int) -> None:
    assert batches_to_skip(late, 1_000_000) == batches


def test_a_lost_answer_is_asked_for_with_the_same_bytes() -> None:
    said = Said()
    trouble: list[Reply | None] = [None, problem(503, "later"), problem(429, "slowly")]
    with opened(*trouble) as door:
        one = made(door, said)
        one.history(5)
    assert len(door.requests) == 4
    assert len({request.body for request in door.requests}) == 1
    assert one.counts == Counts(posted=5, failed=3)
    assert said[1:] == ["stream demo: 503: later", "stream demo: 429: slowly", "stream demo goes on"]
    assert said[0].startswith("stream demo: no answer")


def test_after_too_many_tries_an_epoch_begins() -> None:
    """Nobody knows whether those frames were taken: in the new epoch their numbers mean others."""
    with opened(taken, *[problem(500, "oh")] * 4) as door:
        run(door, made(door), 8)
    found = list(headers(door))
    assert len({request.body for request in door.requests[1:5]}) == 1
    again = next(each for each in found if each.epoch != found[0].epoch)
    assert again.epoch > found[0].epoch
    assert again.first_seq % 5 == 0
    assert has_config(door.requests[5])
    assert again.t0_us > found[0].t0_us


def test_a_stale_epoch_is_left_for_a_higher_one() -> None:
    with opened(taken, STALE) as door:
        one = made(door)
        run(door, one, 4)
    stale, again = door.requests[1:3]
    assert angles(stale.messages()).tolist() == angles(again.messages()).tolist()
    assert has_config(again)
    last = again.messages()[-1].header
    assert (last.epoch, last.seq) == (4_000_000_001, 4)


def test_what_is_refused_is_dropped_and_leaves_a_gap() -> None:
    said = Said()
    with opened(problem(400, "bad")) as door:
        one = made(door, said)
        run(door, one, 3)
    first, second = door.requests[:2]
    assert [each.messages()[-1].header.seq for each in (first, second)] == [4, 9]
    assert has_config(second)
    assert first.messages()[0] == second.messages()[0]  # the CONFIG is the same to the byte
    assert second.messages()[-1].header.t0_us == first.messages()[-1].header.t0_us + 50_000
    assert (one.counts.skipped, one.counts.failed) == (5, 1)
    assert said == ["stream demo: 400: bad", "stream demo goes on"]


def test_what_fails_again_and_again_is_said_once() -> None:
    said = Said()
    with opened(*[problem(401, "the token is wrong")] * 1000) as door:
        one = made(door, said)
        run(door, one, 5)
    assert said == ["stream demo: 401: the token is wrong"]
    assert one.counts.posted == 0


def test_no_door_is_no_reason_to_end() -> None:
    with opened() as door:
        pass
    one = made(door)
    one.start()
    until(lambda: one.counts.failed > 4)
    one.stop()
    assert one.counts.error.startswith("no answer")


def test_stop_ends_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "PAUSES", (3600.0,))
    with opened(problem(503, "later")) as door:
        one = made(door)
        run(door, one, 1)
    assert not [thread for thread in threading.enumerate() if thread.name == "stream demo"]


def test_stop_and_start_again() -> None:
    with opened() as door:
        one = made(door)
        run(door, one, 2)
        seen = len(door.requests)
        one.stop()
        run(door, one, seen + 2)
    found = list(headers(door))
    assert consecutive(found)
    assert len({each.epoch for each in found}) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_source_does_not_end_in_silence() -> None:
    """No epoch is higher than the highest."""
    said = Said()
    with opened(problem(409, "stale", epoch=2**32 - 1)) as door:
        one = made(door, said)
        one.start()
        until(lambda: "has ended" in one.counts.error)
        one.stop()
    assert "the source has ended" in said[-1]


@pytest.mark.parametrize("n", [9, 1_000_001])
def test_a_number_that_cannot_be_simulated_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="oscillators"):
        Source("http://127.0.0.1:9", "demo", TOKEN, n, 10.0, print)
