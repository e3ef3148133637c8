"""Hundreds of tickets that match at once, at Slack's pace: one message a second for each channel. No clock runs."""

import heapq
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

from kaizen.events.ticket import TicketChanged
from kaizen.runtime.again import SOON
from kaizen.slack.errors import RateLimitedError
from kaizen.slack.notices import Posted
from tests.architecture.house import resources
from tests.unit.cards.test_ticket_cards import NOW, TICKET, World
from ticket_cards.pace import CardsFailedError

CALL = 0.2  # seconds that a call to Slack takes
PATIENCE = 45.0  # seconds that one run may wait: the function's time, less what a call needs


@dataclass
class Run:
    """One worker with one letter after the other. `rivals` work beside it: a turn is ours one time in so many."""

    rivals: int
    random: Random
    at: float = 0.0
    began: float = 0.0
    last: dict[str, float] = field(default_factory=dict)  # when each channel took its last message of ours

    def wait(self, seconds: float) -> bool:
        if self.at + seconds - self.began > PATIENCE:
            return False
        self.at += seconds
        return True

    def call(self, channel: str) -> None:
        self.at += CALL
        if self.at - self.last.get(channel, -1.0) < 1 or self.random.randrange(self.rivals) != 0:
            raise RateLimitedError(1)
        self.last[channel] = self.at


class Limited(World):
    run: Run

    def show(self, channel: str, subject: str, *given: Any, **more: Any) -> Posted:
        if subject not in self.shown:
            self.run.call(channel)
        return super().show(channel, subject, *given, **more)


@pytest.mark.parametrize(("cards", "channels"), [(600, 1), (60, 3)])
def test_six_hundred_cards_come_and_none_is_lost(cards: int, channels: int) -> None:
    """Each letter that has no turn comes back; it must not be received more often than its queue allows."""
    workers = resources("AWS::Lambda::EventSourceMapping")["TicketCardsChanges"]["ScalingConfig"]["MaximumConcurrency"]
    most = resources("AWS::SQS::Queue")["CardQueue"]["RedrivePolicy"]["maxReceiveCount"]
    visibility = resources("AWS::SQS::Queue")["CardQueue"]["VisibilityTimeout"]
    world = Limited()
    world.run = Run(workers, Random(13))
    world.wait = world.run.wait
    for number in range(channels):
        world.subscribe(f"C{number}", "severity:sev1")
    letters = [(0.0, number, 1) for number in range(cards)]
    while letters:
        due, number, received = heapq.heappop(letters)
        world.run.at = world.run.began = max(due, world.run.at)
        world.ticket = replace(TICKET, id=number, number=number)
        try:
            world.cards.changed(TicketChanged(number, f"d{number}", "opened", NOW, NOW))
        except CardsFailedError as error:
            assert received < most, f"letter {number} is dead"
            pause = max(error.pause, SOON[received - 1] if received <= len(SOON) else 0) or visibility
            heapq.heappush(letters, (world.run.at + pause, number, received + 1))
    assert len(world.posts) == cards * channels
