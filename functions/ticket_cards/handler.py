"""SQS batch of ticket changes and presses -> cards in Slack. Schedule -> reminders of tickets that are due or over."""

import os
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from kaizen.events.messages import opened
from kaizen.events.slack import SlackInteraction
from kaizen.events.ticket import TicketChanged
from kaizen.metrics.changes import add
from kaizen.metrics.counting import count_if_possible
from kaizen.runtime.again import ONE_TRY, Again
from kaizen.runtime.clients import client
from kaizen.runtime.functions import background_function, each_message
from kaizen.runtime.log import logger
from kaizen.slack.client import TIMEOUT_SECONDS
from kaizen.tickets import UnreadableTicketsError, open_tickets
from kaizen.times import utc_now
from ticket_cards import parts
from ticket_cards.cards import Cards
from ticket_cards.pace import Outcome
from ticket_cards.parts import LIMITS, CardSettings
from ticket_cards.presses import Presses
from ticket_cards.reminding import Reminding

_RESERVE_SECONDS = TIMEOUT_SECONDS + 5  # for a call to Slack and the note of it


@cache
def settings() -> CardSettings:
    return CardSettings.from_env(os.environ)


@cache
def dynamodb() -> Any:
    return client("dynamodb", LIMITS)


def cards(in_time: Callable[[float], bool]) -> Cards:
    def wait(seconds: float) -> bool:
        if not in_time(seconds):
            return False
        time.sleep(seconds)
        return True

    return parts.cards(settings(), dynamodb(), wait)


def handle(message: dict[str, Any], in_time: Callable[[float], bool]) -> None:
    """Raises MalformedEventError, CardsFailedError, and what the stores raise."""
    kind, detail = opened(message)
    if kind == SlackInteraction.DETAIL_TYPE:
        result = Presses(cards(in_time)).pressed(SlackInteraction.from_detail(detail))
        logger.info("button pressed", result=result)
    else:
        tell("cards", cards(in_time).changed(TicketChanged.from_detail(detail)))


def again(message: dict[str, Any], error: Exception) -> None:
    """After the pause that Slack wants, which a CardsFailedError has."""
    Again(client("sqs", ONE_TRY), settings().card_queue_url)(message, error)


def tell(name: str, outcome: Outcome) -> None:
    log = logger.error if outcome.refused else logger.info
    log(name, posted=outcome.posted, updated=outcome.updated, refused=outcome.refused)
    counted = {"posted": outcome.posted, "updated": outcome.updated, "failed": len(outcome.refused)}
    changes = [add("kaizen_cards_total", {"result": result}, number) for result, number in counted.items() if number]
    count_if_possible(dynamodb(), settings().metrics_table, changes, utc_now())


def remind(in_time: Callable[[float], bool]) -> dict[str, int]:
    """Raises CardsFailedError, UnreadableTicketsError at the end, when everybody else was told."""
    tickets, unreadable = open_tickets(dynamodb(), settings().tickets_table)
    outcome = Reminding(cards(in_time), lambda: in_time(0)).remind(tickets)
    tell("reminders", outcome)
    if unreadable:
        raise UnreadableTicketsError(unreadable)
    return {"told": outcome.posted + outcome.updated}


@background_function
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Messages of the queue, of which the failed ones go back alone; else the schedule."""

    def in_time(seconds: float) -> bool:
        return bool(context.get_remaining_time_in_millis() / 1000 >= seconds + _RESERVE_SECONDS)

    if "Records" in event:
        return each_message("card not shown", partial(handle, in_time=in_time), again)(event, context)
    return remind(in_time)
