"""The stack for this tier: every function of the template under the Runtime Interface Emulator."""

import os
from collections.abc import Iterator

import pytest

from kaizen.policy.store import DEFAULT_FILE
from kaizen.times import utc_now
from local import paths
from local.demo import deliveries
from local.stack import Stack


def started() -> Stack:
    # From midnight on today's digest is due, so that the hour at which the tests run does not matter.
    policy = DEFAULT_FILE.read_text(encoding="utf-8").replace("digest_hour = 9", "digest_hour = 0")
    logs = f"test-logs-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    stack = Stack(0, print, policy, paths.BUILD / "local" / logs)
    stack.start()
    return stack


def ended(stack: Stack) -> None:
    """Whatever the tests had functions do, the template allows it."""
    refused = list(stack.aws.guard.refused)
    stack.stop()
    assert refused == []


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The stack with the sample deliveries applied and the statistics computed; tests leave its tickets alone."""
    stack = started()
    for sample in deliveries.load(paths.DELIVERIES, utc_now()):
        status, answer = deliveries.post(sample, stack.addresses.api, stack.secrets["webhook"])
        assert status == 202, answer
    stack.drain()
    assert stack.invoke("TicketStatistics", {}).error == ""
    yield stack
    ended(stack)


@pytest.fixture(scope="module")
def fresh_stack() -> Iterator[Stack]:
    """A stack as it is after a deployment."""
    stack = started()
    yield stack
    ended(stack)
