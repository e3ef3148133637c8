"""Pollers sleep until a message may be there: none that comes between their look and their sleep is missed."""

import threading

import pytest

from local.aws.arrivals import Arrivals


@pytest.mark.parametrize("target", ["AmazonSQS.SendMessage", "AmazonSQS.SendMessageBatch", "AWSEvents.PutEvents"])
def test_what_brings_messages_wakes(target: str) -> None:
    arrivals = Arrivals()
    arrivals.note("AmazonSQS.ReceiveMessage")
    assert arrivals.count == 0
    arrivals.note(target)
    assert arrivals.wait(0, 0)  # it came after the look


def test_who_sleeps_is_woken() -> None:
    arrivals = Arrivals()
    sleeper = threading.Thread(target=arrivals.wait, args=(0, 1e6), daemon=True)
    sleeper.start()
    arrivals.note("AmazonSQS.ChangeMessageVisibilityBatch")
    sleeper.join(60)
    assert not sleeper.is_alive()
