"""Whether a day sent unexpectedly much, against the same weekdays before it. Pure.

Traffic is compared on a logarithmic scale, where growth adds and a doubling is the same step at any size. Medians and
their deviations are not moved by a few odd days.
"""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from bandwidth_snapshot.day import Day

ALL = "*"  # the stream that is all of them together
WEEKS = 8  # of the same weekday that are looked at
FEWEST = 4  # of them that are needed; with fewer, all days of the last four weeks
WARM_UP = 28  # days that must be known before anything is judged
_SUNDAY = 6
_TO_SIGMA = 1.4826  # of a normal distribution, from its median absolute deviation
_LEAST_SPREAD = 0.10  # on the logarithmic scale: a flat line would else call any change odd


@dataclass(frozen=True, slots=True)
class Limits:
    """All three must be passed: how odd (z), how much more (ratio), and how many MB/s more at least."""

    z: float = 3.5
    ratio: float = 1.25
    rise: float = 0.05


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
        return self.day.average / self.expected if self.expected > 0 else math.inf


def judge(day: Day, before: Sequence[Day], limits: Limits, holidays: Container[date] = frozenset()) -> Verdict | None:
    """None where there is nothing to judge by: the day is not whole, or fewer than four weeks are known."""
    whole = {each.date: each for each in before if each.whole and each.date < day.date and each.average > 0}
    if not day.whole or len(whole) < WARM_UP * 3 // 4 or day.date - min(whole) < timedelta(days=WARM_UP):
        return None
    wanted = _like(day.date, holidays)
    same = [
        each for at, each in whole.items() if day.date - at <= timedelta(weeks=WEEKS) and _like(at, holidays) == wanted
    ]
    same_weekday = len(same) >= FEWEST
    chosen = same if same_weekday else [each for each in whole.values() if day.date - each.date <= timedelta(days=28)]
    if len(chosen) < FEWEST:
        return None
    logs = [math.log(each.average) for each in chosen]
    middle = median(logs)
    spread = max(_TO_SIGMA * median(abs(each - middle) for each in logs), _LEAST_SPREAD)
    spread *= max(math.sqrt(WEEKS / len(logs)), 1.0)  # fewer days say less of what is usual
    z = (math.log(day.average) - middle) / spread if day.average > 0 else -math.inf
    expected = math.exp(middle)
    unexpected = z > limits.z and day.average / expected > limits.ratio and day.average - expected > limits.rise
    return Verdict(
        day=day,
        expected=expected,
        low=math.exp(middle - limits.z * spread),
        high=math.exp(middle + limits.z * spread),
        z=z,
        compared=tuple(sorted(each.date for each in chosen)),
        same_weekday=same_weekday,
        unexpected=unexpected,
        holidays=same_weekday and wanted == _SUNDAY and any(at.date in holidays for at in (day, *chosen)),
    )


def _like(at: date, holidays: Container[date]) -> int:
    """The weekday as which a day counts: a holiday lives like a Sunday."""
    return _SUNDAY if at in holidays else at.weekday()


def alerts(verdicts: Mapping[str, Verdict | None]) -> list[Verdict]:
    """Whom to tell of, by stream: the total tells of all streams; one alone where the total does not show it."""
    unexpected = {stream: each for stream, each in verdicts.items() if each is not None and each.unexpected}
    return [unexpected[ALL]] if ALL in unexpected else [unexpected[stream] for stream in sorted(unexpected)]


def contributors(streams: Sequence[tuple[Day, Sequence[Day]]]) -> list[tuple[str, float]]:
    """Streams by how many MB/s more than usual they sent, most first; each day comes with those compared with."""
    found = []
    for day, usual in streams:
        rates = [each.average for each in usual]
        found.append((day.stream, day.average - (median(rates) if rates else 0.0)))
    return sorted(found, key=lambda pair: -pair[1])
