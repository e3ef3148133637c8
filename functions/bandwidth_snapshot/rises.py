"""Days that are unexpected, as rises: what rose together is one, until it is usual again or has become the new level.

The same days give the same rises, whenever they are looked at: late days and revised ones need no care of their own.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from statistics import median

from bandwidth_snapshot.day import Day
from bandwidth_snapshot.detector import Limits, Verdict, judge
from bandwidth_snapshot.names import ALL

USUAL_DAYS = 4  # in a row that end a rise; days that are not measured neither end nor begin one
LEVEL = timedelta(days=28)  # a rise that has lasted so long is the new level
GIVEN_UP = timedelta(days=42)  # one of which no day can be judged any more is over, too
_ALIVE = 2  # usual days in a row: after so many, what rises next is another rise
_TOGETHER = timedelta(days=3)  # streams that begin so close to each other rise together
_STILL, _BEGINNING = 0.5, 0.7  # parts of the limits that a day within a rise passes, or one just before it was seen
_LASTING, _NEARLY = 3, 0.68  # days in a row beyond this part of the limits
_LOOKED_BACK = timedelta(days=7)  # for its beginning
_BASE = 120  # days that one is judged by
_ALREADY = 1.15  # times as much as usual: a stream that sent this before it was odd rose with the others

Verdicts = Mapping[str, Mapping[date, Verdict | None]]


@dataclass(frozen=True, slots=True)
class Rise:
    """`since` is its first day, `odd` its unexpected days, each by the verdict that tells most: the total's if it has.

    `ended` is the first usual day, or the day on which it counted as the new level (`level`); None while it goes on.
    """

    since: date
    streams: tuple[str, ...]
    odd: Mapping[date, Verdict]
    last: date  # on which it was above usual
    ended: date | None
    level: bool

    @property
    def total(self) -> bool:
        return ALL in self.streams

    @property
    def main(self) -> Verdict:
        return self.odd[max(self.odd)]


@dataclass(slots=True)
class _Open:
    since: date
    members: set[str]
    odd: dict[date, Verdict] = field(default_factory=dict)
    last: date = date.min
    usual: list[date] = field(default_factory=list)  # usual days in a row until now
    ended: date | None = None
    level: bool = False

    def rise(self) -> Rise:
        streams = tuple(sorted(self.members, key=lambda each: (each != ALL, each)))
        return Rise(self.since, streams, dict(self.odd), self.last, self.ended, self.level)


class Rises:
    """Goes through the days of all streams together (`*`) and of each stream, one date after the other."""

    def __init__(self, series: Mapping[str, Sequence[Day]], limits: Limits, holidays: frozenset[date]) -> None:
        self._series = series
        self._dates = {stream: [each.date for each in days] for stream, days in series.items()}
        self._limits = {stream: limits if stream == ALL else limits.among(len(series) - 1) for stream in series}
        self._still, self._beginning = limits.part(_STILL), limits.part(_BEGINNING)
        self._lasts = limits.part(_NEARLY)
        self._holidays = holidays
        self._level: dict[str, date] = {}  # from when on a stream's days are its new level
        self._found: list[_Open] = []
        self.verdicts: dict[str, dict[date, Verdict | None]] = {stream: {} for stream in series}

    def go(self, first: date, last: date) -> list[Rise]:
        """All rises from a date to another, both included, in the order in which they were seen."""
        for number in range((last - first).days + 1):
            self._step(first + timedelta(days=number))
        return [each.rise() for each in self._found]

    def _step(self, at: date) -> None:
        found = {stream: self._judge(stream, at) for stream in self._series}
        for stream, verdict in found.items():
            self.verdicts[stream][at] = verdict = self._lasting(stream, at, verdict)
            found[stream] = verdict
        known = {stream: each for stream, each in found.items() if each is not None}
        taken: set[str] = set()
        for each in self._going():
            taken |= each.members
            self._continue(each, at, [known[stream] for stream in each.members if stream in known])
        self._begin(at, {stream: each for stream, each in known.items() if each.unexpected and stream not in taken})

    def _going(self) -> list[_Open]:
        return [each for each in self._found if each.ended is None]

    def _judge(self, stream: str, at: date) -> Verdict | None:
        """Against the days before a rise that goes on, and not against the level before a rise that has stayed."""
        dates = self._dates[stream]
        place = bisect_left(dates, at)
        if place == len(dates) or dates[place] != at:
            return None
        end = bisect_left(dates, self._until(stream), 0, place)
        begin = max(bisect_left(dates, self._level.get(stream, date.min), 0, end), end - _BASE, 0)
        return judge(self._series[stream][place], self._series[stream][begin:end], self._limits[stream], self._holidays)

    def _lasting(self, stream: str, at: date, verdict: Verdict | None) -> Verdict | None:
        """Several days in a row that are nearly odd are odd together."""
        if verdict is None or verdict.unexpected or not self._lasts.passed(verdict):
            return verdict
        days = self.verdicts[stream]
        before = [each for on in sorted(days)[-_LASTING * 2 :] if on < at and (each := days[on]) is not None]
        near = [self._lasts.passed(each) for each in before[1 - _LASTING :]]
        return replace(verdict, unexpected=True) if len(near) == _LASTING - 1 and all(near) else verdict

    def _until(self, stream: str) -> date:
        own = [each.since for each in self._going() if stream in each.members]
        return min(own, default=date.max)

    def _continue(self, rise: _Open, at: date, verdicts: Sequence[Verdict]) -> None:
        """A day of a rise that goes on; one of which nothing is known changes nothing, unless it is long past."""
        if any(map(self._still.passed, verdicts)):
            rise.last, rise.usual = at, []
        elif verdicts:
            rise.usual.append(at)
        if odd := [each for each in verdicts if each.unexpected]:
            rise.odd[at] = _most(odd)
        if len(rise.usual) >= USUAL_DAYS:
            rise.ended = rise.usual[0]
        elif (at - rise.since >= LEVEL and verdicts and not rise.usual) or at - rise.since >= GIVEN_UP:
            rise.ended, rise.level = at, True
            for stream in self._series if ALL in rise.members else (*rise.members, ALL):
                self._level[stream] = rise.since

    def _begin(self, at: date, odd: dict[str, Verdict]) -> None:
        """What is unexpected and in no rise joins the one that it belongs to; the others begin one together."""
        for stream in sorted(odd, key=lambda each: (each != ALL, each)):
            for rise in self._going():
                if len(rise.usual) < _ALIVE and self._belongs(odd[stream], rise, at):
                    rise.members.add(stream)
                    rise.last, rise.usual = at, []
                    rise.odd[at] = _most([*([rise.odd[at]] if at in rise.odd else []), odd[stream]])
                    break
            else:
                self._found.append(_Open(self._since(stream, at), {stream}, {at: odd[stream]}, at))

    def _belongs(self, verdict: Verdict, rise: _Open, at: date) -> bool:
        """Whether it rose as the rise began, only less clearly, or is the total of what rose; else it is another."""
        stream = verdict.day.stream
        if at - rise.since <= _TOGETHER:
            return True
        if stream == ALL:
            within = [each for name in rise.members if (each := self.verdicts[name].get(at)) is not None]
            more = sum(each.day.average - each.expected for each in within)
            return more > (verdict.day.average - verdict.expected) / 2
        days = self.verdicts[stream]
        ratios = [each.ratio for on in days if rise.since <= on < at and (each := days[on]) is not None]
        return not ratios or median(ratios) > _ALREADY

    def _since(self, stream: str, at: date) -> date:
        """The first of the days before that were above usual already, though not clearly; over days of no verdict."""
        since = day = at
        while (day := day - timedelta(days=1)) >= at - _LOOKED_BACK:
            verdict = self.verdicts[stream].get(day)
            if verdict is not None and not self._beginning.passed(verdict):
                break
            since = day if verdict is not None else since
        return since


def _most(verdicts: Iterable[Verdict]) -> Verdict:
    """The total's, or that of the stream that sent most more than usual."""
    return max(verdicts, key=lambda each: (each.day.stream == ALL, each.day.average - each.expected))
