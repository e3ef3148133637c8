"""Fleets whose true traffic is drawn first, and what the detector would have told of them, day by day.

What people are told of are rises, found as the function finds them. Where counters reset or readings are missing, the
days are made of readings, through the same bins as the real ones.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from bandwidth_snapshot.day import BIN, MEGABYTE, Day, Reading, bins_of, closed, start_of, together
from bandwidth_snapshot.detector import Limits
from bandwidth_snapshot.names import ALL
from bandwidth_snapshot.rises import Rise, Rises

START = date(2023, 1, 2)  # a Monday
YEARS = 3
DAYS = YEARS * 365
MONTHS = YEARS * 12
RISEN = 42  # days that a rise is looked at
_BEFORE = 130  # days that are looked at before the ones in question
_EASTER = (date(2023, 4, 9), date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5))
_FIXED = ((1, 1), (5, 1), (10, 3), (12, 24), (12, 25), (12, 26), (12, 31))  # month, day


@dataclass(frozen=True, slots=True)
class Kind:
    """How the fleets of one sort live. `streams` are MB/s at the beginning, `growth` is of a week, `noise` of a day.

    `echo` is the share of a day's deviation that the next day keeps. `holiday` and `summer` are factors.
    """

    name: str
    streams: tuple[float, ...] = (2.0, 0.9, 0.3)
    growth: float = 0.004
    weekend: float = 0.55
    holiday: float = 0.5
    summer: float = 1.0
    noise: float = 0.08
    echo: float = 0.0
    named: bool = False  # the policy lists the holidays
    renamed: int = 0  # days after which the first stream goes on under another name, again and again
    outside: str = ""  # why its figures are printed, and not held against the bars


KINDS = (
    Kind("offices: quiet weekends and holidays"),
    Kind("growing by 2 % a week", growth=0.02),
    Kind("shrinking by 1 % a week", growth=-0.01),
    Kind("at home: busy weekends, and holidays that the policy names", weekend=1.4, holiday=1.4, named=True),
    Kind("three quiet weeks in August", summer=0.75),
    Kind("days that resemble the day before", noise=0.10, echo=0.5),
    Kind("a stream that is renamed every ten weeks", renamed=70),
    Kind("one stream, noisy", streams=(1.0,), noise=0.12),
    Kind("twenty streams", streams=(1.0,) * 20, noise=0.10),
    Kind("twenty streams, noisy", streams=(1.0,) * 20, noise=0.12),
    Kind("noise of 15 %", noise=0.15, outside="1.5 times is within what such days do by chance"),
    Kind(
        "busy holidays that nobody lists", weekend=1.4, holiday=1.4, outside="each is a rise, until holidays names it"
    ),
)
HELD = tuple(kind for kind in KINDS if not kind.outside)


_AROUND = "around three quiet weeks"


def is_holiday(at: date) -> bool:
    easter = [day + timedelta(days=offset) for day in _EASTER for offset in (-2, 1, 39, 50)]
    return (at.month, at.day) in _FIXED or at in easter


def factor(kind: Kind, at: date) -> float:
    """Of a day's traffic, but for growth and chance."""
    weekday = kind.holiday if is_holiday(at) else kind.weekend if at.weekday() >= 5 else 1.0
    return weekday * (kind.summer if at.month == 8 and at.day <= 21 else 1.0)


def day_of(stream: str, at: date, average: float, complete: float = 1.0) -> Day:
    """A record as it would be; `average` in MB/s."""
    return Day(stream, at, round(average * 86400e6), average, average * 1.4, average * 2, complete, 0, 0)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Each day's records by stream, the total among them; `holidays` are those of the policy."""

    days: Sequence[dict[str, Day]]
    holidays: frozenset[date] = frozenset()

    def risen(self, since: int, times: float, only: str = "") -> "Fleet":
        """The same with all streams risen from one day on, or one of them."""
        days = list(self.days)
        for place in range(since, len(days)):
            given = {name: each for name, each in days[place].items() if name != ALL}
            at = days[place][ALL].date
            made = {
                name: day_of(name, at, each.average * (times if only in ("", name) else 1.0))
                for name, each in given.items()
            }
            days[place] = made | {ALL: day_of(ALL, at, sum(each.average for each in made.values()))}
        return Fleet(days, self.holidays)

    def rises(self, first: int = 0, last: int | None = None) -> list[Rise]:
        """What was found in the days `first` up to `last`."""
        days = self.days[max(0, first - _BEFORE) : last]
        names = sorted({name for day in days for name in day}, key=lambda each: (each != ALL, each))
        series = {name: [day[name] for day in days if name in day] for name in names}
        begin, end = (self.days[each][ALL].date for each in (first, (len(self.days) if last is None else last) - 1))
        return Rises(series, Limits(), self.holidays).go(begin, end)


def fleet(kind: Kind, seed: int, days: int = DAYS) -> Fleet:
    """Streams share half of the chance of a day, as they share their users."""
    chance = random.Random(f"{kind.name} {seed}")
    deviation = [0.0] * len(kind.streams)
    fresh = kind.noise * math.sqrt(1 - kind.echo**2)
    made = []
    for offset in range(days):
        at = START + timedelta(days=offset)
        common = chance.gauss(0, fresh * math.sqrt(0.5))
        usual = factor(kind, at) * (1 + kind.growth) ** (offset / 7)
        day = {}
        for index, start in enumerate(kind.streams):
            own = chance.gauss(0, fresh * math.sqrt(0.5))
            deviation[index] = kind.echo * deviation[index] + common + own
            name = f"s0-{offset // kind.renamed}" if kind.renamed and not index else f"s{index}"
            day[name] = day_of(name, at, start * usual * math.exp(deviation[index]))
        day[ALL] = day_of(ALL, at, sum(each.average for each in day.values()))
        made.append(day)
    return Fleet(made, frozenset(each[ALL].date for each in made if kind.named and is_holiday(each[ALL].date)))


@dataclass(slots=True)
class Found:
    """Rises, and how many of them were found by then; `one`: by exactly one message, `right`: with the right day."""

    rises: int = 0
    within_a_day: int = 0
    within_a_week: int = 0
    one: int = 0
    right: int = 0


@dataclass
class Figures:
    """What the bars are set on; `outside` are kinds whose figures are printed, and why no bar holds for them."""

    false: dict[str, list[int]] = field(default_factory=dict)  # messages of each fleet in all its months, by kind
    months: int = MONTHS
    found: dict[str, Found] = field(default_factory=dict)
    quiet: dict[str, int] = field(default_factory=dict)  # messages where none may be, by what happened
    outside: dict[str, str] = field(default_factory=dict)

    def a_month(self, kind: str) -> float:
        return sum(self.false[kind]) / (len(self.false[kind]) * self.months)


def usual_years(figures: Figures, fleets: int, days: int = DAYS) -> None:
    """Nothing but usual days: each message is a false one."""
    figures.months = round(days / (DAYS / MONTHS))
    for kind in KINDS:
        figures.false[kind.name] = [len(fleet(kind, seed, days).rises()) for seed in range(fleets)]
        if kind.outside:
            figures.outside[kind.name] = kind.outside


def rises(figures: Figures, trials: int, times: float = 1.5) -> None:
    """A rise on any day of a fleet of any kind, half a year or more after its beginning: of all streams, or of one.

    Those that begin around the quiet weeks of August are looked at apart: there a rise makes up for them, at first.
    """
    alone = [kind for kind in HELD if len(kind.streams) == 3 and not kind.renamed]
    for trial in range(trials):
        for kinds, what, only in ((HELD, "all streams", ""), (alone, "one stream alone", f"s{trial % 3}")):
            kind = kinds[trial % len(kinds)]
            _rise(figures.found.setdefault(what, Found()), kind, trial, times, only)
        kind = [kind for kind in KINDS if kind.outside][trial % 2]
        _rise(figures.found.setdefault(kind.name, Found()), kind, trial, times, "")
        if trial % 4 == 0:
            august = next(kind for kind in KINDS if kind.summer < 1)
            begin = (date(2024, 7, 20) - START).days + trial % 60
            _rise(figures.found.setdefault(_AROUND, Found()), august, trial, times, "", begin)
    figures.outside[_AROUND] = "at first it makes up for the quiet season, and rises above nothing"


def _rise(found: Found, kind: Kind, trial: int, times: float, only: str, begin: int = 0) -> None:
    """`begin` is a number of a day; without one, any that is not around the quiet weeks."""
    if not begin:
        begin = 200 + 37 * trial % 540
        at = START + timedelta(days=begin)
        begin += 70 if kind.summer < 1 and (7, 20) <= (at.month, at.day) <= (9, 20) else 0
    risen = fleet(kind, 1000 + trial, begin + RISEN).risen(begin, times, only)
    at = risen.days[begin][ALL].date
    told = [each for each in risen.rises(begin - 60) if each.last >= at]
    seen = [min((day - at).days for day in each.odd if day >= at) for each in told if max(each.odd) >= at]
    found.rises += 1
    found.within_a_day += 0 in seen
    found.within_a_week += bool(seen) and min(seen) < 7
    found.one += len(told) == 1
    found.right += bool(told) and told[0].since == at


def readings(at: date, rates: dict[str, float], *, reset: int | None = None) -> list[Reading]:
    """A day's readings of counters, one in five minutes; with `reset`, all begin anew at that bin."""
    counted = dict.fromkeys(rates, 7_000_000_000)
    made = []
    for number in range(289):
        if number == reset:
            counted = dict.fromkeys(rates, 0)
        if number:
            for stream, rate in rates.items():
                counted[stream] += round(rate * MEGABYTE * BIN.total_seconds())
        counters = {stream: (sent, sent // 5) for stream, sent in counted.items()}
        made.append(Reading(start_of(at) + number * BIN, counters))
    return made


def closed_from(at: date, given: Sequence[Reading]) -> dict[str, Day]:
    bins = bins_of(at, given)
    days = {stream: closed(stream, at, each) for stream, each in bins.items()}
    return days | {ALL: closed(ALL, at, together(bins))}


def faults(figures: Figures, fleets: int) -> None:
    """What is no rise, on one day of a fleet of each kind."""

    def swapped(seed: int, kind: Kind, place: int, broken: str) -> int:
        made = fleet(kind, 2000 + seed, place + 15)
        day = made.days[place]
        at = day[ALL].date
        rates = {name: each.average for name, each in day.items() if name != ALL}
        if broken == "a counter reset":
            given = readings(at, rates, reset=100 + seed)
        elif broken == "half a day of readings":
            given = readings(at, {name: each * 3 for name, each in rates.items()})[145:]
        elif broken == "a gap of three hours":
            given = [each for number, each in enumerate(readings(at, rates)) if not 60 <= number < 96]
        else:
            given = []
        days = list(made.days)
        days[place] = closed_from(at, given)
        return len(Fleet(days, made.holidays).rises(place, place + 15)) - len(made.rises(place, place + 15))

    for broken in ("a counter reset", "a gap of three hours", "half a day of readings", "a day without readings"):
        figures.quiet[broken] = sum(
            max(swapped(seed, kind, 200 + seed, broken), 0) for kind in HELD for seed in range(fleets)
        )
    flat = [{ALL: day_of(ALL, START + timedelta(days=each), 1.0 + 0.001 * (each % 2))} for each in range(DAYS)]
    figures.quiet["a flat line"] = len(Fleet(flat).rises())
    new = [fleet(kind, 3000 + seed, 28).risen(10, 3.0) for kind in HELD for seed in range(fleets)]
    figures.quiet["the first four weeks, with a rise in them"] = sum(len(each.rises()) for each in new)


def bars_missed(figures: Figures) -> list[str]:
    """What the detector promises and did not hold."""
    missed = [
        f"more than 0.5 false messages a month: {kind}, {figures.a_month(kind):.2f}"
        for kind in figures.false
        if kind not in figures.outside and figures.a_month(kind) > 0.5
    ]
    for what, found in figures.found.items():
        if what not in figures.outside and found.within_a_day < 0.8 * found.rises:
            missed.append(f"fewer than 80 % of the rises found within a day: {what}")
        if what not in figures.outside and found.within_a_week < found.rises:
            missed.append(f"not every rise found within seven days: {what}")
    return missed + [f"messages where none may be: {what}" for what, count in figures.quiet.items() if count]
