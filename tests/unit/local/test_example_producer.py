"""The example for people who integrate: its bytes are what our decoder reads, and it gets along with every answer."""

import ast
import math
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from examples.producer import Producer, RefusedError, binary_angles, config_message, full_message, waves
from kaizen.phase.encode import config, keyframe
from kaizen.phase.frames import Frames, Place
from kaizen.phase.predict import NONE
from kaizen.phase.quantise import to_bam
from kaizen.phase.schema import SCHEMA
from kaizen.phase.wire import MEDIA_TYPE, Kind
from local import paths
from tests.unit.local.doors import Door, Reply, frames_of, has_config, opened, problem, taken

EXAMPLE = paths.ROOT / "examples" / "producer.py"
TOKEN = "a-token"
T0 = 1_767_225_600.25
THETA = waves(np.arange(10) / 10, [5, 3])


class Pauses(list[float]):
    """Stands for time.sleep."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def producer(door: Door, **options: Any) -> Producer:
    chosen: dict[str, Any] = {"hertz": 10, "groups": [5, 3], "sleep": Pauses()} | options
    return Producer(door.url, TOKEN, "demo", **chosen)


def test_the_example_needs_numpy_alone() -> None:
    tree = ast.parse(EXAMPLE.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names | {"numpy"}


@given(npst.arrays("<u2", st.tuples(st.integers(1, 5), st.integers(1, 9))), st.integers(0, 2**32 - 1))
def test_frames_are_byte_for_byte_ours(angles: Any, epoch: int) -> None:
    seq = len(angles) + 40
    ours = keyframe(Frames(angles), Place(epoch, seq, t0_us=1_000_000, dt_us=100_000), 16, NONE)
    assert full_message(angles, epoch, seq, 1_000_000, 100_000) == ours.data


def test_a_config_is_byte_for_byte_ours() -> None:
    document = {"ranges": [[0, 8]], "strata": [[0, 5], [1, 3]]}
    ours = config(document, Place(epoch=7, seq=0, t0_us=0, dt_us=100_000), 16, 8)
    assert config_message(document, epoch=7, rows=8, dt_us=100_000) == ours


@given(npst.arrays(np.float64, (2, 5), elements=st.floats(-1e6, 1e6)))
def test_angles_are_ours(theta: Any) -> None:
    assert np.array_equal(binary_angles(theta), to_bam(theta, 16))


@pytest.mark.parametrize("theta", [np.array([[0, math.nan]]), np.array([[math.inf]]), np.zeros(3), np.zeros((0, 3))])
def test_what_is_no_frame_is_told_before_it_is_sent(theta: Any) -> None:
    with pytest.raises(ValueError, match="finite"):
        binary_angles(theta)


@pytest.mark.parametrize("compress", [False, True])
def test_frames_arrive_numbered_with_a_config_at_first(compress: bool) -> None:
    with opened() as door:
        client = producer(door, compress=compress)
        first = client.post(THETA, T0)
        client.post(THETA[:3], T0 + 1)
    one, two = door.requests
    assert first == {"stream": "demo", "epoch": client.epoch, "frames": 10, "seq": 9}
    assert (one.method, one.target) == ("POST", "/phase/frames?stream=demo")
    assert one.headers["authorization"] == f"Bearer {TOKEN}"
    assert one.headers["content-type"] == MEDIA_TYPE
    assert one.headers["phase-schema"] == str(SCHEMA)
    assert one.headers.get("content-encoding") == ("gzip" if compress else None)
    about, frames = one.messages()
    assert about.header.kind is Kind.CONFIG
    assert about.header.n_rows == 8
    assert about.document == {"ranges": [[0, 8]], "strata": [[0, 5], [1, 3]]}
    assert frames.frames is not None
    assert np.array_equal(frames.frames.angles, to_bam(THETA, 16))
    assert (frames.header.epoch, frames.header.seq, frames.header.first_seq) == (client.epoch, 9, 0)
    assert (frames.header.t0_us, frames.header.dt_us) == (1_767_225_600_250_000, 100_000)
    (later,) = two.messages()
    assert (later.header.first_seq, later.header.seq) == (10, 12)


def test_epochs_rise_with_the_time() -> None:
    with opened() as door:
        before = int(time.time())
        assert before <= producer(door).epoch <= int(time.time())


def test_a_stale_epoch_is_left_for_a_higher_one() -> None:
    stale = problem(409, "epoch 5 is stale", type="urn:phase:stale-epoch", epoch=4_000_000_000)
    with opened(taken, stale) as door:
        client = producer(door)
        client.post(THETA, T0)
        answer = client.post(THETA, T0 + 1)
    assert answer["epoch"] == client.epoch == 4_000_000_001
    last = door.requests[-1]
    assert has_config(last)
    assert last.messages()[-1].header.first_seq == 0
    assert client.next_seq == 10


def test_an_epoch_of_other_rows_is_left_too() -> None:
    with opened(problem(409, "epoch 5 already has other rows: start a new epoch")) as door:
        client = producer(door)
        began = client.epoch
        assert client.post(THETA, T0)["epoch"] == began + 1


def upload_of(door: Door) -> Reply:
    upload = {
        "url": f"{door.url}/store/uploads/demo/key?signature=s",
        "method": "PUT",
        "headers": {"Content-Type": MEDIA_TYPE},
        "then": "/phase/frames?stream=demo&upload=key",
    }
    return problem(413, "the body is larger than 4194304 bytes", upload=upload)


def test_a_body_that_the_door_would_refuse_asks_for_its_way_first() -> None:
    """Above Lambda's limit the gateway refuses by itself, and offers no upload."""
    with opened() as door:
        refusal: Any = upload_of(door)[1]
        offer = refusal["upload"]
        door.replies = [(201, offer), (200, b""), (202, {"seq": 0, "epoch": 1})]
        client = Producer(door.url, TOKEN, "demo", hertz=10, groups=[2_200_000])
        assert client.post(np.zeros((1, 2_200_000)), T0) == {"seq": 0, "epoch": 1}
    asked, stored, told = door.requests
    assert (asked.method, asked.target, asked.body) == ("POST", "/phase/uploads?stream=demo", b"")
    assert len(stored.body) > 4 << 20
    assert (told.target, told.body) == ("/phase/frames?stream=demo&upload=key", b"")


@pytest.mark.parametrize("compress", [False, True])
def test_a_large_body_goes_by_the_store(compress: bool) -> None:
    with opened() as door:
        door.replies = [upload_of(door), (200, b""), (202, {"seq": 9, "epoch": 1})]
        client = producer(door, compress=compress)
        assert client.post(THETA, T0) == {"seq": 9, "epoch": 1}
        client.post(THETA, T0 + 1)
    refused, stored, told, later = door.requests
    assert (stored.method, stored.target) == ("PUT", "/store/uploads/demo/key?signature=s")
    assert stored.body == refused.body
    assert stored.headers["content-type"] == MEDIA_TYPE
    assert "authorization" not in stored.headers  # the token is not the store's business
    assert (told.method, told.target, told.body) == ("POST", "/phase/frames?stream=demo&upload=key", b"")
    assert told.headers["authorization"] == f"Bearer {TOKEN}"
    assert told.headers.get("content-encoding") == refused.headers.get("content-encoding")
    assert later.messages()[-1].header.first_seq == 10


def test_a_store_that_fails_is_tried_again() -> None:
    with opened() as door:
        door.replies = [upload_of(door), (500, b"<Error/>"), upload_of(door), (200, b""), (202, {"seq": 9})]
        assert producer(door).post(THETA, T0) == {"seq": 9}
    assert [request.method for request in door.requests] == ["POST", "PUT", "POST", "PUT", "POST"]


def test_too_large_without_a_way_out_is_refused() -> None:
    with opened(problem(413, "too many cells")) as door, pytest.raises(RefusedError, match="413: too many cells"):
        producer(door).post(THETA, T0)


def test_a_busy_server_gets_the_same_body_after_growing_pauses() -> None:
    busy: list[Reply | None] = [problem(503, "later"), problem(429, "slowly"), None, problem(500, "oh")]
    pauses = Pauses()
    with opened(*busy) as door:
        assert producer(door, sleep=pauses).post(THETA, T0)["seq"] == 9
    assert len(door.requests) == 5
    assert len({request.body for request in door.requests}) == 1
    assert all(0.25 * 2**n <= pause <= 0.5 * 2**n for n, pause in enumerate(pauses))
    assert len(pauses) == 4


def test_a_server_that_stays_busy_is_given_up() -> None:
    pauses = Pauses()
    with opened(*[problem(503, "later")] * 8) as door, pytest.raises(RefusedError, match=r"8 attempts.*503: later"):
        producer(door, sleep=pauses).post(THETA, T0)
    assert len(pauses) == 7
    assert max(pauses) <= 30


def test_no_server_is_told() -> None:
    with opened() as door:
        pass
    with pytest.raises(RefusedError, match=f"no answer from {door.url}"):
        producer(door).post(THETA, T0)


@pytest.mark.parametrize("status", [400, 401, 404, 406, 415])
def test_a_refusal_is_final_and_says_why(status: int) -> None:
    with opened(problem(status, "this is why")) as door:
        client = producer(door)
        with pytest.raises(RefusedError, match=f"{status}: this is why"):
            client.post(THETA, T0)
        assert len(door.requests) == 1
        client.post(THETA, T0)
    first, second = door.requests
    assert first.body == second.body  # nothing was taken, so nothing is counted, and the CONFIG comes once more


def test_an_answer_of_something_in_between_is_shown() -> None:
    with opened((404, b"<html>Not here</html>")) as door, pytest.raises(RefusedError, match="Not here"):
        producer(door).post(THETA, T0)


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(EXAMPLE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


def test_the_program_posts_its_seconds() -> None:
    with opened() as door:
        before = time.time()
        given = ("--oscillators", "10", "--hertz", "20", "--seconds", "1.25", "--stream", "a b", "--gzip")
        done = run("--url", door.url + "/", "--token", TOKEN, *given)
        after = time.time()
    assert (done.returncode, done.stderr) == (0, "")
    assert [frames_of(request) for request in door.requests] == [20, 5]
    assert {request.target for request in door.requests} == {"/phase/frames?stream=a%20b"}
    assert has_config(door.requests[0])
    assert not has_config(door.requests[1])
    first, last = (request.messages()[-1].header for request in door.requests)
    assert before <= first.t0_us / 1e6 <= after
    assert last.t0_us - first.t0_us == 1_000_000
    assert last.t0_us + 4 * last.dt_us <= after * 1e6  # no frame of the future
    assert "the last is number 24" in done.stdout


def test_the_program_tells_a_refusal() -> None:
    with opened(problem(401, "the token is missing or wrong")) as door:
        done = run("--url", door.url, "--token", "x", "--hertz", "50", "--seconds", "0.1")
    assert done.returncode == 1
    assert done.stderr == "frame 0 was not taken. 401: the token is missing or wrong\n"


@pytest.mark.parametrize("wrong", [("--oscillators", "2"), ("--hertz", "0"), ("--seconds", "-1")])
def test_the_program_tells_what_it_cannot_do(wrong: tuple[str, str]) -> None:
    done = run("--url", "http://127.0.0.1:9", "--token", "x", *wrong)
    assert done.returncode == 2
    assert "three oscillators" in done.stderr
