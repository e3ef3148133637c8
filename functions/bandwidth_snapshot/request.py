"""What a run is asked to do. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

MOST_DAYS = 400
FIRST_YEAR = 2000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class RequestError(Exception):
    """The event asks for nothing that there is. Permanent: the message says what may be asked."""


@dataclass(frozen=True, slots=True)
class Request:
    """`first` and `last` are those of a backfill, both included."""

    kind: Literal["record", "close", "report", "backfill"]
    first: date = date.min
    last: date = date.min


def read_request(event: Mapping[str, Any], now: datetime) -> Request:
    """Raises RequestError."""
    if "backfill" in event:
        return _backfill(event["backfill"], now.date())
    match event.get("do"):
        case "record":
            return Request("record")
        case "close":
            return Request("close")
        case "report":
            return Request("report")
    raise RequestError('send {"do": "record"}, "close" or "report", or {"backfill": {"from": "2026-01-01", "to": ...}}')


def day_given(given: Any) -> date:
    """A date such as 2026-01-31, in this form alone, of a year of which there may be records. Raises ValueError."""
    if not isinstance(given, str) or not _DATE.fullmatch(given) or int(given[:4]) < FIRST_YEAR:
        raise ValueError
    return date.fromisoformat(given)


def _backfill(given: Any, today: date) -> Request:
    if not isinstance(given, dict):
        raise RequestError("backfill is no object with from and to")
    try:
        first, last = (day_given(given[name]) for name in ("from", "to"))
    except (KeyError, TypeError, ValueError) as error:
        raise RequestError("backfill needs from and to, dates such as 2026-01-31, from 2000 on") from error
    if not first <= last < today:
        raise RequestError("backfill goes forward, and ends before today: a day is closed when it is over")
    if last - first >= timedelta(days=MOST_DAYS):
        raise RequestError(f"backfill takes at most {MOST_DAYS} days at once")
    return Request("backfill", first, last)
