"""Days closed: recorded, then told of. Whatever breaks off, the next run finds what is left to do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from bandwidth_snapshot.builds import by_hour, stretches
from bandwidth_snapshot.day import Bin, Day, Reading, bins_of, closed, together
from bandwidth_snapshot.log import Entry, largest, total_of
from bandwidth_snapshot.names import ALL
from bandwidth_snapshot.store import BandwidthStore, Written, rounded
from bandwidth_snapshot.telling import MADE_UP, Telling
from bandwidth_snapshot.voice import Voice

_MONDAY, _TUESDAY = 0, 1
_ONE_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


class SnapshotFailedError(Exception):
    """Some days could not be closed, or nobody could be told; what could be done is done. The run is repeated."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`bins` gives a day's bins by stream and raises what is transient; `versions` go into the rows of yesterday.

    `readings` are those of a day and around it: they know which builds ran and what deltas saved, also where the bins
    come from Prometheus.
    """

    store: BandwidthStore
    bins: Callable[[date], Mapping[str, Sequence[Bin]]]
    source: str
    versions: dict[str, str]
    telling: Telling
    readings: Callable[[date], Sequence[Reading]] = lambda _: ()

    def close(self, now: datetime) -> list[date]:
        """Yesterday, and the days before it that may say more by now; alerts and, on Mondays, the week's message.

        Raises SnapshotFailedError at the end.
        """
        yesterday = now.date() - _ONE_DAY
        known = {each.date: each for each in self.store.entries(yesterday - MADE_UP, yesterday)}
        days = [yesterday - each * _ONE_DAY for each in range(MADE_UP.days, -1, -1)]
        done, faults = self._record([day for day in days if day == yesterday or self._open(known.get(day))], now)
        voices: list[Voice] = []
        try:
            found = self.telling.study(yesterday)
            voices = self.telling.voices(found, now)
        except Exception as error:
            _raise([*faults, error])
            raise
        acts: list[Callable[[], object]] = [act for each in voices for act in each.acts()]
        acts.append(partial(self.telling.show, found, voices, now))
        if found.day == yesterday:
            acts.append(partial(self.telling.foretell, found))
        sunday = now.date() - timedelta(days=now.weekday() + 1)
        weekly = f"weekly/{sunday + _ONE_DAY}"
        if now.weekday() == _MONDAY or (
            now.weekday() == _TUESDAY and not self.telling.told(weekly)
        ):  # then made up for
            acts.append(lambda: self.telling.report(weekly, self.telling.study(sunday)))
        for act in acts:
            try:
                act()
            except Exception as error:  # noqa: BLE001 - raised below, once the others have been tried
                faults.append(error)
        _raise(faults)
        return list(done)

    def backfill(self, first: date, last: date, now: datetime) -> dict[date, Written]:
        """Days of the past, both ends included, and what became of each: `kept` is one of which more was known.

        Nobody is told now. Raises SnapshotFailedError at the end.
        """
        days = [first + each * _ONE_DAY for each in range((last - first).days + 1)]
        done, faults = self._record(days, now)
        _raise(faults)
        return done

    def report(self, now: datetime) -> None:
        """The message of the last whole week, on demand: once a day. Raises NothingKnownError before one is closed."""
        sunday = now.date() - timedelta(days=now.weekday() + 1)
        self.telling.report(f"weekly/{now.date()}", self.telling.study(sunday))

    def _open(self, entry: Entry | None) -> bool:
        """Whether a day may say more by now: of our own counters, no reading comes late."""
        return entry is None or not entry.total.whole or self.source != "counters"

    def _record(self, days: Sequence[date], now: datetime) -> tuple[dict[date, Written], list[Exception]]:
        done: dict[date, Written] = {}
        faults: list[Exception] = []
        before = self.store.entries(days[0] - _WEEK, days[-1]) if days else []
        for day in days:
            try:
                entry, rows = self._closed(day, before)
                versions = self.versions if day == now.date() - _ONE_DAY else {}
                done[day] = self.store.write(entry, rows, self.source, versions, now)
                before = [*before, entry] if done[day] == "written" else before
            except Exception as error:  # noqa: BLE001 - raised by the caller, once every day has been tried
                error.add_note(day.isoformat())
                faults.append(error)
        return done, faults

    def _closed(self, day: date, before: Sequence[Entry]) -> tuple[Entry, list[Day]]:
        """A day as it is kept: what there is of all streams together, and the rows of its streams."""
        bins, readings = self.bins(day), self.readings(day)
        saved = self._saved(day, readings)
        every = [closed(stream, day, each) for stream, each in sorted(bins.items())]
        all_bins = together(bins)
        total = closed(ALL, day, all_bins)
        if self.source != "counters":
            every = [replace(each, saved=saved.get(each.stream)) for each in every]
            total = replace(total, saved=sum(saved.values()) if saved else None)
        total = rounded(total_of(total, every, before))
        rows = [rounded(each) for each in largest(every)]
        partial_ = {each.stream: each.complete for each in rows if each.complete < 1}
        sent = {each.stream: each.bytes for each in rows}
        ran = stretches(day, readings, all_bins)
        return Entry(total, sent, partial_, by_hour(day, all_bins), ran, len(every) - len(rows)), rows

    def _saved(self, day: date, readings: Sequence[Reading]) -> dict[str, int]:
        """What deltas saved by stream, by our own counters, where those were read all day."""
        found = [closed(stream, day, bins) for stream, bins in bins_of(day, readings).items()]
        return {each.stream: each.saved for each in found if each.whole and each.saved is not None}


def _raise(faults: Sequence[Exception]) -> None:
    if faults:
        raise SnapshotFailedError("; ".join(map(str, faults))) from ExceptionGroup("bandwidth", faults)
