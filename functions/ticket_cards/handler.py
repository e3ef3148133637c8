"""SQS batch of ticket changes and presses -> cards in Slack. Schedule -> reminders of tickets that are due or over."""

import os
from functools import cache
from typing import Any

from kaizen.events.messages import opened
from kaizen.events.slack import SlackInteraction
from kaizen.events.ticket import TicketChanged
from kaizen.metrics.changes import add
from kaizen.metrics.counting import count_if_possible
from kaizen.runtime.clients import client
from kaizen.runtime.functions import background_function, each_message
from kaizen.runtime.log import logger
from kaizen.tickets import UnreadableTicketsError, open_tickets
from kaizen.times import utc_now
from ticket_cards import parts
from ticket_cards.cards import Cards, Outcome
from ticket_cards.parts import LIMITS, CardSettings


@cache
def settings() -> CardSettings:
    return CardSettings.from_env(os.environ)


@cache
def dynamodb() -> Any:
    return client("dynamodb", LIMITS)


def cards() -> Cards:
    return parts.cards(settings(), dynamodb())


def handle(message: dict[str, Any]) -> None:
    """Raises MalformedEventError, CardsFailedError, and what the stores raise."""
    kind, detail = opened(message)
    if kind == SlackInteraction.DETAIL_TYPE:
        logger.info("button pressed", result=cards().pressed(SlackInteraction.from_detail(detail)))
        return
    outcome = cards().changed(TicketChanged.from_detail(detail))
    log = logger.error if outcome.refused else logger.info
    log("cards", posted=outcome.posted, updated=outcome.updated, refused=outcome.refused)
    count(outcome)


def count(outcome: Outcome) -> None:
    counted = {"posted": outcome.posted, "updated": outcome.updated, "failed": len(outcome.refused)}
    changes = [add("kaizen_cards_total", {"result": result}, number) for result, number in counted.items() if number]
    count_if_possible(dynamodb(), settings().metrics_table, changes, utc_now())


def remind() -> dict[str, int]:
    """Raises CardsFailedError, UnreadableTicketsError at the end, when everybody else was told."""
    tickets, unreadable = open_tickets(dynamodb(), settings().tickets_table)
    outcome = cards().remind(tickets)
    log = logger.error if outcome.refused else logger.info
    log("reminders", told=outcome.posted + outcome.updated, refused=outcome.refused)
    count(outcome)
    if unreadable:
        raise UnreadableTicketsError(unreadable)
    return {"told": outcome.posted + outcome.updated}


@background_function
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Messages of the queue, of which the failed ones go back alone; else the schedule."""
    return each_message("card not shown", handle)(event, context) if "Records" in event else remind()
