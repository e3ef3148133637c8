"""One failure of AWS does not hold up a phase stream for the queue's visibility time-out, which is minutes."""

import time

from local.doors.poller import Poller
from local.phase.follower import Follower
from local.phase.source import Source
from local.stack import Stack

STREAM, FRAMES = "kuramoto", 60


def poller(stack: Stack, function: str) -> Poller:
    (found,) = [each for each in stack._background if isinstance(each, Poller) and each._source.function == function]
    return found


def until(stack: Stack, invocations: int) -> None:
    deadline = time.monotonic() + 300
    while stack.functions()["PhaseDownsampler"].invocations < invocations:
        assert time.monotonic() < deadline, "the downsampler is not called"
        time.sleep(0.1)


def test_a_stream_goes_on_soon_after_a_failure(fresh_stack: Stack) -> None:
    """Messages that failed are made visible again, first to last: else the group of the stream stays locked."""
    poller(fresh_stack, "PhaseDownsampler").visibility = 3600  # so that nothing else can bring them back in time
    token = fresh_stack.secrets["producer"]
    source = Source(fresh_stack.addresses.api, STREAM, token, 50, 10, fresh_stack.say)
    source.history(FRAMES)
    fresh_stack.drain()
    before = fresh_stack.functions()["PhaseDownsampler"].invocations
    fresh_stack.aws.writes_fail.set()
    try:
        for _ in range(3):
            source.history(FRAMES)
        until(fresh_stack, before + 2)
    finally:
        fresh_stack.aws.writes_fail.clear()
    fresh_stack.drain()
    assert not [name for name, count in fresh_stack.queues.dead().items() if count]
    follower = Follower(fresh_stack.addresses.api, STREAM)
    while follower.poll():
        pass
    assert follower.after.rpartition(".")[2] == str(4 * FRAMES - 1)
    assert not follower.resyncs.keys() - {"first"}
