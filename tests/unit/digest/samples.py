"""Tickets, windows and boards for the tests of the digest."""

from datetime import UTC, datetime, timedelta
from typing import Any

from kaizen.digest.board import Board, board
from kaizen.mttr import Window, window
from kaizen.mttr_store import Windows
from kaizen.policy import Policy, Route
from kaizen.tickets import Ticket
from tests.factories import default_policy

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
HOUR = 3600


def route(**given: Any) -> Route:
    values: dict[str, Any] = {
        "name": "default",
        "channel": None,
        "webhook_parameter": "/kaizen/slack/default-webhook",
        "zone": "UTC",
        "digest_hour": 9,
        "quiet_days": (),
        "components": (),
        "severities": (),
        "empty_digest": True,
    }
    return Route(**(values | given))


def ticket(number: int = 12, left: float | None = None, **given: Any) -> Ticket:
    """An open sev2 ticket (24 h on the wall clock) with `left` hours to go; hours below 0 are a breach."""
    opened_at = NOW - timedelta(hours=24 - (12 if left is None else left))
    values: dict[str, Any] = {
        "id": number,
        "repository_id": 5,
        "repository": "example-org/shop",
        "number": number,
        "title": "Checkout returns 502",
        "url": f"https://github.com/example-org/shop/issues/{number}",
        "state": "open",
        "resolution": "",
        "component": "api",
        "severity": "sev2",
        "labels": (),
        "assignees": ("octo-dev",),
        "opened_at": opened_at,
        "updated_at": opened_at,
    }
    return Ticket(**(values | given))


def windows(*given: Window) -> Windows:
    return {(each.component, each.severity): each for each in given}


def resolved(component: str, seconds: list[int], previous: list[int] | None = None, severity: str = "*") -> Window:
    return window(component, severity, seconds, previous or [])


def board_of(
    *tickets: Ticket, given: Windows | None = None, to: Route | None = None, policy: Policy | None = None
) -> Board:
    return board(tickets, given or {}, policy or default_policy(), to or route(), NOW)
