"""Days closed: recorded, then judged and told of. Whatever breaks off, the next run finds what is left to do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial

from bandwidth_snapshot.builds import stretches
from bandwidth_snapshot.day import Bin, Reading, closed, together
from bandwidth_snapshot.detector import ALL
from bandwidth_snapshot.store import BandwidthStore, rounded
from bandwidth_snapshot.telling import Known, Telling

MADE_UP = 7  # days before yesterday that are closed and judged, too, until they are whole: readings are kept for nine
_MONDAY, _TUESDAY = 0, 1


class SnapshotFailedError(Exception):
    """Some days could not be closed, or nobody could be told; what could be done is done. The run is repeated."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`bins` gives a day's bins by stream and raises what is transient; `versions` go into each row.

    `readings` are those of a day and around it: they know which builds ran, also where the bins come from Prometheus.
    """

    store: BandwidthStore
    bins: Callable[[date], Mapping[str, Sequence[Bin]]]
    source: str
    versions: dict[str, str]
    telling: Telling
    readings: Callable[[date], Sequence[Reading]] = lambda _: ()

    def close(self, now: datetime) -> list[date]:
        """Yesterday, and the days before it that are left; alerts and, on Mondays, the week's message.

        Raises SnapshotFailedError at the end.
        """
        yesterday = now.date() - timedelta(days=1)
        days = [yesterday - timedelta(days=each) for each in range(MADE_UP, -1, -1)]
        done, faults = self._record([day for day in days if day == yesterday or not self.store.settled(day)], now)
        telling, known = self.telling, cache(self.telling.known)
        acts: list[Callable[[], object]] = [
            partial(self._judge, known, day, now) for day in done if not self.store.settled(day)
        ]  # the oldest first: the message of a run of days is that of its first day
        if yesterday in done:
            acts += [lambda: telling.show(known(yesterday), now), lambda: telling.foretell(known(yesterday))]
            weekly = f"weekly/{now.date() - timedelta(days=now.weekday())}"
            if now.weekday() == _MONDAY or (now.weekday() == _TUESDAY and not telling.told(weekly)):  # then made up for
                acts.append(lambda: telling.report(weekly, known(yesterday)))
        for act in acts:
            try:
                act()
            except Exception as error:  # noqa: BLE001 - raised below, once the others have been tried
                faults.append(error)
        _raise(faults)
        return done

    def backfill(self, first: date, last: date, now: datetime) -> list[date]:
        """Days of the past, both ends included; nobody is told now. Raises SnapshotFailedError at the end."""
        days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
        done, faults = self._record(days, now)
        _raise(faults)
        return done

    def report(self, now: datetime) -> None:
        """The week's message on demand: once for each day. Raises NothingKnownError before a day is closed."""
        last = self.telling.last(now.date() - timedelta(days=1))
        self.telling.report(f"weekly/{now.date()}", last)

    def _judge(self, known: Callable[[date], Known], day: date, now: datetime) -> None:
        self.telling.judge(known(day), now)

    def _record(self, days: Sequence[date], now: datetime) -> tuple[list[date], list[Exception]]:
        done, faults = [], []
        for day in days:
            try:
                bins = self.bins(day)
                rows = [rounded(closed(stream, day, each)) for stream, each in sorted(bins.items())]
                total = rounded(closed(ALL, day, together(bins)))
                ran = stretches(day, self.readings(day), together(bins))
                self.store.write(rows, total, self.source, self.versions, now, ran)
                done.append(day)
            except Exception as error:  # noqa: BLE001 - raised by the caller, once every day has been tried
                error.add_note(day.isoformat())
                faults.append(error)
        return done, faults


def _raise(faults: Sequence[Exception]) -> None:
    if faults:
        raise SnapshotFailedError("; ".join(map(str, faults))) from ExceptionGroup("bandwidth", faults)
