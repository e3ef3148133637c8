"""Whether a day sent unexpectedly much, against the same weekdays before it. Pure.

Traffic is compared on a logarithmic scale, where growth adds and a doubling is the same step at any size. Medians and
their deviations are not moved by a few odd days.
"""

import math
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median

from bandwidth_snapshot.day import COMPLETE, Day

WEEKS = 8  # that are looked at
FEWEST = 4  # of the same weekday that are needed; with fewer, all days of four weeks
WARM_UP = 28  # days that must be known before anything is judged
_KNOWN = WARM_UP * 3 // 4  # of them measured
_THIN = 14  # days in eight weeks; with fewer the last ones count, however old they are
_LATELY = 14  # days that tell where the level is by now
_FALLEN = 0.05  # at most, on the logarithmic scale: after a quiet season the old level is no rise
_SUNDAY = 6
_TO_SIGMA = 1.4826  # of a normal distribution, from its median absolute deviation
_LEAST_SPREAD = 0.08  # on the logarithmic scale: a flat line would else call any change odd
_THINNER = 0.75  # power with which fewer days ask for more
_IDLE = 0.001  # MB/s: what less is taken for, as nothing has no logarithm
_BEYOND = 3.0  # times the largest day that is compared with: odd however much days differ
_HALF_DAY = 0.5
_FEW, _EACH_DOUBLING = 3, 0.14  # streams that share a limit as it is, and how much it grows with twice as many


@dataclass(frozen=True, slots=True)
class Limits:
    """All three must be passed: how odd (z), how much more (ratio), and how many MB/s more at least."""

    z: float = 3.3
    ratio: float = 1.25
    rise: float = 0.05

    def among(self, streams: int) -> "Limits":
        """For one of so many streams: the more there are, the more often one is odd by chance."""
        return Limits(self.z * (1 + _EACH_DOUBLING * math.log2(max(streams / _FEW, 1.0))), self.ratio, self.rise)

    def part(self, share: float) -> "Limits":
        """Lower ones, by which days around an unexpected one are looked at."""
        return Limits(self.z * share, 1 + (self.ratio - 1) * share, self.rise * share)

    def passed(self, verdict: "Verdict") -> bool:
        more = verdict.day.average - verdict.expected
        return verdict.z > self.z and verdict.ratio > self.ratio and more > self.rise


@dataclass(frozen=True, slots=True)
class Verdict:
    """A day against what was expected of it, in MB/s. `low` and `high` bound what would have been usual.

    `same_weekday`: compared with the same weekday alone; `holidays`: holidays are among them, as Sundays.
    """

    day: Day
    expected: float
    low: float
    high: float
    z: float
    compared: tuple[date, ...]
    same_weekday: bool
    unexpected: bool
    holidays: bool = False

    @property
    def ratio(self) -> float:
        return self.day.average / self.expected

    @property
    def idle(self) -> bool:
        """Whether next to nothing was expected, so that no ratio says anything."""
        return self.expected <= 2 * _IDLE


def judge(day: Day, before: Sequence[Day], limits: Limits, holidays: Container[date] = frozenset()) -> Verdict | None:
    """None where there is nothing to judge by: the day is not whole, or fewer than four weeks are known.

    `before` are in order. Where most days are measured in part only, days measured as well as those count as whole.
    """
    enough = _enough(before)
    if day.complete < enough:
        return None
    known = [each for each in before if each.complete >= enough and each.date < day.date]
    if len(known) < _KNOWN or day.date - known[0].date < timedelta(days=WARM_UP):
        return None
    recent = [each for each in known if day.date - each.date <= timedelta(weeks=WEEKS)]
    days = recent if len(recent) >= _THIN else known[-7 * WEEKS :]
    wanted = _like(day.date, holidays)
    by_weekday: dict[int, list[Day]] = {}
    for each in days:
        by_weekday.setdefault(_like(each.date, holidays), []).append(each)
    same = by_weekday.get(wanted, [])
    same_weekday = len(same) >= FEWEST
    chosen = same if same_weekday else days[-WARM_UP:]
    middle = median(_log(each) for each in chosen)
    if same_weekday:
        around = sorted(_around(by_weekday))
        middle += max(median(each for _, each in around[-_LATELY:]), -_FALLEN)
        off = [abs(each) for _, each in around]
    else:
        off = [abs(_log(each) - middle) for each in chosen]
    spread = max(_TO_SIGMA * median(off), _LEAST_SPREAD)
    spread *= max((WEEKS / len(chosen)) ** _THINNER, 1.0)  # fewer days say less of what is usual
    found = Verdict(
        day=day,
        expected=math.exp(middle),
        low=math.exp(middle - limits.z * spread),
        high=math.exp(middle + limits.z * spread),
        z=(_log(day) - middle) / spread,
        compared=tuple(sorted(each.date for each in chosen)),
        same_weekday=same_weekday,
        unexpected=False,
        holidays=same_weekday and wanted == _SUNDAY and any(at.date in holidays for at in (day, *chosen)),
    )
    beyond = day.average > _BEYOND * max(max(each.average for each in days), found.expected)
    more = day.average - found.expected > limits.rise
    return replace(found, unexpected=True) if limits.passed(found) or (beyond and more) else found


def _around(by_weekday: dict[int, list[Day]]) -> Iterator[tuple[date, float]]:
    """How far each day is from the middle of its weekday: days of all weekdays tell how much days differ by chance."""
    for days in by_weekday.values():
        logs = [_log(each) for each in days]
        middle = median(logs)
        if len(days) >= FEWEST - 1:
            yield from ((each.date, log - middle) for each, log in zip(days, logs, strict=True))


def _log(day: Day) -> float:
    return math.log(max(day.average, _IDLE))


def _enough(before: Sequence[Day]) -> float:
    """The share of a day that must be measured."""
    shares = [each.complete for each in before[-WARM_UP:] if each.complete]
    usual = median(shares) if shares else 1.0
    return COMPLETE if usual >= COMPLETE else max(usual - 0.05, _HALF_DAY)


def _like(at: date, holidays: Container[date]) -> int:
    """The weekday as which a day counts: a holiday lives like a Sunday."""
    return _SUNDAY if at in holidays else at.weekday()


def contributors(streams: Sequence[tuple[Day, Sequence[Day]]]) -> list[tuple[str, float]]:
    """Streams by how many MB/s more than usual they sent, most first; each day comes with those compared with."""
    found = []
    for day, usual in streams:
        rates = [each.average for each in usual]
        found.append((day.stream, day.average - (median(rates) if rates else 0.0)))
    return sorted(found, key=lambda pair: -pair[1])
