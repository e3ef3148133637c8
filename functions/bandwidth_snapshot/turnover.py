"""Which streams are new, which fell silent, and which of them may be the same under another name. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

Rosters = Mapping[date, Mapping[str, int]]  # closed day -> stream -> bytes sent

RECENT = timedelta(days=7)  # that are told of
BEFORE = timedelta(days=28)  # that tell what was usual
ALIKE = 2.0  # times: two names for one stream send about as much as each other


@dataclass(frozen=True, slots=True)
class New:
    """A stream that sent for the first time in weeks on `since`. `was` is the name that it may have had until then."""

    stream: str
    since: date
    was: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """A stream that sent last on `last`, and is silent for longer than it ever was in the weeks before."""

    stream: str
    last: date


@dataclass(frozen=True, slots=True)
class Turnover:
    """A stream that goes on under another name is `new` with `was`, and not among the `gone`."""

    new: tuple[New, ...] = ()
    gone: tuple[Gone, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """New name -> old one, of those that may be the same."""
        return {each.stream: each.was for each in self.new if each.was}


NOTHING = Turnover()
_SETTLED = timedelta(days=2)  # after its first day a new name is told from a new stream, for good


def turnover(rosters: Rosters, last: date) -> Turnover:
    """What changed in the week that ends with `last`. A day that nobody closed says nothing."""
    sent = {
        day: {stream for stream, count in roster.items() if count > 0}
        for day, roster in rosters.items()
        if last - RECENT - BEFORE < day <= last
    }
    if not sent:
        return NOTHING
    gone = tuple(sorted(_gone(sent, last), key=lambda each: (each.last, each.stream)))
    new: list[New] = []
    free = list(gone)
    for each in sorted(_new(sent, last), key=lambda each: (each.since, each.stream)):
        same = [old for old in free if _alike(rosters, old, each)]
        if same:
            was = min(same, key=lambda old: _apart(rosters, old, each))
            free.remove(was)
            each = New(each.stream, each.since, was.stream)
        new.append(each)
    return Turnover(tuple(new), tuple(free))


def lineage(rosters: Rosters, last: date) -> dict[str, tuple[str, ...]]:
    """Name -> the names that the stream may have had before, the newest first. Each change is looked at once, by the
    days around it, so that what comes later does not undo it."""
    first: dict[str, date] = {}
    for day in sorted(rosters):
        for stream, count in rosters[day].items():
            if count > 0:
                first.setdefault(stream, day)
    was: dict[str, str] = {}
    for at in sorted({min(day + _SETTLED, last) for day in first.values()}):
        for new, old in turnover({day: each for day, each in rosters.items() if day <= at}, at).names.items():
            if min(first[new] + _SETTLED, last) == at:
                was[new] = old
    return {new: tuple(_chain(was, new)) for new in was}


def _chain(was: Mapping[str, str], stream: str) -> Iterator[str]:
    seen = {stream}
    while (stream := was.get(stream, "")) and stream not in seen:
        seen.add(stream)
        yield stream


def _new(sent: Mapping[date, set[str]], last: date) -> Iterator[New]:
    days = sorted(sent)
    for stream in set().union(*sent.values()):
        since = next(day for day in days if stream in sent[day])
        if last - RECENT < since and days[0] < since:
            yield New(stream, since)


def _gone(sent: Mapping[date, set[str]], last: date) -> Iterator[Gone]:
    days = sorted(sent)
    for stream in set().union(*sent.values()):
        active = [day for day in days if stream in sent[day]]
        silent = sum(day > active[-1] for day in days)
        pauses = [sum(earlier < day < later for day in days) for earlier, later in pairwise(active)]
        if silent > max(pauses, default=0) and last - active[-1] <= RECENT:
            yield Gone(stream, active[-1])


def _alike(rosters: Rosters, old: Gone, new: New) -> bool:
    """One begins as the other ends, within a day, and sends about as much."""
    meets = timedelta(0) <= new.since - old.last <= timedelta(days=1)
    return meets and _apart(rosters, old, new) <= ALIKE


def _apart(rosters: Rosters, old: Gone, new: New) -> float:
    """How many times as much one sends as the other; the days on which they changed are not whole, if others are."""
    before = _usual(rosters, old.stream, old.last)
    after = _usual(rosters, new.stream, new.since)
    return max(before, after) / min(before, after)


def _usual(rosters: Rosters, stream: str, edge: date) -> float:
    days = {day: roster[stream] for day, roster in rosters.items() if roster.get(stream, 0) > 0}
    inner: Sequence[int] = [count for day, count in days.items() if day != edge and abs(day - edge) <= RECENT]
    return median(inner) if inner else days[edge]
