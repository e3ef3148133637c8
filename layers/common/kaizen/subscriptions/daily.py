"""When a subscription's digest goes out: `digest 09:00 Europe/Berlin mon-fri` behind its expression. Pure."""

import re
from dataclasses import dataclass

from kaizen.policy import values
from kaizen.policy.sections.tickets import WEEKDAYS
from kaizen.subscriptions.expression import ExpressionError

DAYS = tuple(day[:3] for day in WEEKDAYS)
_WORDS = {"daily": tuple(range(7)), "weekdays": tuple(range(5))}
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Daily:
    """Local time in `zone` (IANA), on `days`, 0 for Monday."""

    hour: int
    minute: int
    zone: str
    days: tuple[int, ...]

    def __str__(self) -> str:
        named = {days: word for word, days in _WORDS.items()}
        return f"{self.hour:02}:{self.minute:02} {self.zone} " + named.get(
            self.days, ",".join(DAYS[day] for day in self.days)
        )


def read(text: str, position: int) -> Daily:
    """`HH:MM`, then a zone (UTC if there is none) and days (daily if there are none).

    `position` is that of the text in what was typed. Raises ExpressionError naming the first word that is wrong.
    """
    words = [(found[0], position + found.start()) for found in _WORD.finditer(text)]
    if not words:
        raise ExpressionError("say when, such as digest 09:00 Europe/Berlin weekdays", position + len(text))
    (given, place), *rest = words
    clock = _TIME.fullmatch(given)
    if clock is None:
        raise ExpressionError(f"{given!r} is no time of day, such as 09:00", place)
    zone, days = "UTC", _WORDS["daily"]
    if rest and (rest[0][0].lower() == "utc" or "/" in rest[0][0]):
        zone = _zone(*rest.pop(0))
    if rest:
        days = _days(*rest.pop(0))
    if rest:
        raise ExpressionError(f"{rest[0][0]!r} is not expected here: a digest has a time, a zone and days", rest[0][1])
    return Daily(int(clock[1]), int(clock[2]), zone, days)


def _zone(given: str, place: int) -> str:
    try:
        return values.zone("UTC" if given.lower() == "utc" else given)
    except ValueError as error:
        raise ExpressionError(f"{given!r} is no time zone, such as Europe/Berlin", place) from error


def _days(given: str, place: int) -> tuple[int, ...]:
    if given.lower() in _WORDS:
        return _WORDS[given.lower()]
    found: set[int] = set()
    for part in given.lower().split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ExpressionError(f"{given!r} are no days: daily, weekdays, or such as mon-wed,fri", place)
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found |= {day % 7 for day in range(begin, end + 1 if begin <= end else end + 8)}
    return tuple(sorted(found))
