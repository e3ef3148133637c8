"""How long a stream that failed waits."""

from typing import Any

from phase_downsampler.backoff import MOST_SECONDS, Wait, seconds, waits
from tests.architecture.house import resources


def failed(receipt: str, group: str, receives: int) -> dict[str, Any]:
    return {
        "receiptHandle": receipt,
        "attributes": {"MessageGroupId": group, "ApproximateReceiveCount": str(receives)},
    }


def test_waits_double_up_to_the_most() -> None:
    assert [seconds(receives) for receives in range(1, 9)] == [2, 4, 8, 16, 32, 60, 60, 60]
    assert seconds(10**9) == MOST_SECONDS
    assert seconds(0) == seconds(-1) == 2  # the count is approximate


def test_a_group_waits_as_its_first_message_does() -> None:
    batch = [failed("a", "one", 3), failed("b", "two", 1), failed("c", "one", 1), failed("d", "two", 9)]
    assert waits(batch) == [Wait("a", 8), Wait("b", 2), Wait("c", 8), Wait("d", 2)]
    assert waits([]) == []


def test_short_waits_do_not_use_up_the_tries_in_a_short_outage() -> None:
    """With five tries, frames were given up after half a minute."""
    queue: Any = resources("AWS::SQS::Queue")["PhaseQueue"]
    tries = queue["RedrivePolicy"]["maxReceiveCount"]
    assert sum(seconds(receives) for receives in range(1, tries)) >= 20 * 60
    assert queue["VisibilityTimeout"] > MOST_SECONDS  # the back-off is the shorter way
