"""Days closed: recorded, judged, told of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from bandwidth_snapshot import wording
from bandwidth_snapshot.day import MEGABYTE, Bin, Day, closed, start_of, together
from bandwidth_snapshot.detector import ALL, Limits, Verdict, alerts, contributors, judge
from bandwidth_snapshot.forecast import Forecast, forecast
from bandwidth_snapshot.store import BandwidthStore, rounded
from bandwidth_snapshot.trend import trend, weeks
from kaizen.events.bandwidth import BandwidthAnomaly
from kaizen.metrics.changes import Change, add, set_gauge
from kaizen.slack.blocks import Message

LOOKED_BACK = timedelta(days=120)
MADE_UP = 3  # days before yesterday that are closed too, where they are missing or were not whole
SHOWN_WEEKS = 12


class SnapshotFailedError(Exception):
    """Some days could not be closed, or nobody could be told; what could be done is done. The run is repeated."""


class NothingKnownError(Exception):
    """There is no record to tell of yet."""


class Tell(Protocol):
    def __call__(self, subject: str, message: Message) -> object: ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`bins` gives a day's bins by stream and raises what is transient; `versions` go into each row.

    `tell` posts the message of a subject, `told` says whether that stands already.
    """

    store: BandwidthStore
    bins: Callable[[date], Mapping[str, Sequence[Bin]]]
    source: str
    versions: dict[str, str]
    limits: Limits
    tell: Tell
    told: Callable[[str], bool]
    publish: Callable[[BandwidthAnomaly], object]
    monthly_cap: int | None = None  # bytes
    holidays: frozenset[date] = frozenset()

    def close(self, now: datetime) -> list[date]:
        """Yesterday, and the days before it that are missing; alerts and, on Mondays, the week's message.

        Raises SnapshotFailedError at the end.
        """
        yesterday = now.date() - timedelta(days=1)
        wanted = [yesterday - timedelta(days=each) for each in range(MADE_UP, 0, -1) if self._open(yesterday, each)]
        done, faults = self._record([*wanted, yesterday], now)
        if yesterday in done:
            acts = [self._judge, self._foretell, *[self._report] * (now.weekday() == 0)]
            for act in acts:
                try:
                    act(yesterday, now)
                except Exception as error:  # noqa: BLE001 - raised below, once the other has been tried
                    faults.append(error)
        if faults:
            raise SnapshotFailedError("; ".join(map(str, faults))) from ExceptionGroup("bandwidth", faults)
        return done

    def backfill(self, first: date, last: date, now: datetime) -> list[date]:
        """Days of the past, both ends included; nobody is told. Raises SnapshotFailedError at the end."""
        days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
        done, faults = self._record(days, now)
        if faults:
            raise SnapshotFailedError("; ".join(map(str, faults))) from ExceptionGroup("bandwidth", faults)
        return done

    def _open(self, yesterday: date, back: int) -> bool:
        day = yesterday - timedelta(days=back)
        found = self.store.days(ALL, day, day)
        return not found or not found[0].whole

    def _record(self, days: Sequence[date], now: datetime) -> tuple[list[date], list[Exception]]:
        done, faults = [], []
        for day in days:
            try:
                bins = self.bins(day)
                rows = [rounded(closed(stream, day, each)) for stream, each in sorted(bins.items())]
                rows.append(rounded(closed(ALL, day, together(bins))))
                self.store.write(rows, self.source, self.versions, now)
                done.append(day)
            except Exception as error:  # noqa: BLE001 - raised by the caller, once every day has been tried
                error.add_note(day.isoformat())
                faults.append(error)
        return done, faults

    def _judge(self, day: date, now: datetime) -> None:
        """The day's gauges, and at most one alert for each stream and day."""
        streams = self._streams(day)
        changes: list[Change] = [
            set_gauge("kaizen_bandwidth_last_day_timestamp_seconds", {}, int(start_of(day).timestamp()))
        ]
        histories = {each.stream: self.store.days(each.stream, day - LOOKED_BACK, day) for each in streams}
        verdicts = {each.stream: self._verdict(each, histories[each.stream]) for each in streams}
        for each in streams:
            changes += _gauges(each, verdicts[each.stream])
        for verdict in alerts(verdicts):
            changes += self._alert(verdict, histories, streams, now)
        self.store.count(changes, now)

    def _alert(
        self, verdict: Verdict, histories: Mapping[str, Sequence[Day]], streams: Sequence[Day], now: datetime
    ) -> list[Change]:
        day = verdict.day
        usual = [
            [each for history in histories.values() for each in history if each.date == at and each.stream != ALL]
            for at in verdict.compared
        ]
        most = contributors([each for each in streams if each.stream != ALL], usual)
        row = self._in_a_row(day, histories[day.stream])
        subject = f"anomaly/{day.stream}/{day.date}"
        if self.told(subject):
            return []
        kilo = BandwidthAnomaly(
            now, day.stream, day.date.isoformat(), round(day.average * 1000), round(verdict.expected * 1000), row
        )
        self.publish(kilo)  # before the message, whose standing ends it: rather twice than never
        self.tell(subject, wording.alert(verdict, most, row))
        return [add("kaizen_bandwidth_anomalies_total", {})]

    def _verdict(self, day: Day, before: Sequence[Day]) -> Verdict | None:
        return judge(day, before, self.limits, self.holidays)

    def _in_a_row(self, day: Day, history: Sequence[Day]) -> int:
        """How many days up to this one were unexpected, one after the other."""
        known = {each.date: each for each in history}
        count, at = 1, day.date - timedelta(days=1)
        while (earlier := known.get(at)) is not None and count < 28:
            verdict = self._verdict(earlier, [each for each in history if each.date < at])
            if verdict is None or not verdict.unexpected:
                break
            count, at = count + 1, at - timedelta(days=1)
        return count

    def _foretell(self, day: date, now: datetime) -> None:
        """One message for each month that will cross its cap, kept up to date until the month is over."""
        found = self._forecast(day)
        subject = f"cap/{day:%Y-%m}"
        if found is not None and (found.crosses is not None or self.told(subject)):
            self.tell(subject, wording.cap(found))

    def _forecast(self, day: date) -> Forecast | None:
        if self.monthly_cap is None:
            return None
        known = self.store.days(ALL, day - LOOKED_BACK, day)
        return forecast(known, trend(known), self.monthly_cap)

    def report(self, now: datetime) -> None:
        """The week's message on demand: once for each day. Raises NothingKnownError before a day is closed."""
        self._report(now.date() - timedelta(days=1), now)

    def _report(self, day: date, now: datetime) -> None:
        """The weeks until yesterday."""
        known = self.store.days(ALL, day - LOOKED_BACK, day)
        if not known:
            raise NothingKnownError("no day is closed yet: backfill some, or wait until 00:10 UTC")
        shown = weeks(known)[-SHOWN_WEEKS:]
        streams = [each for each in self._streams(day) if each.stream != ALL]
        told = wording.weekly(shown, trend(known), streams, known[-1], self._forecast(day))
        self.tell(f"weekly/{now.date()}", told)

    def _streams(self, day: date) -> list[Day]:
        """The records of a day, all together first."""
        names = [ALL, *sorted(self.bins(day))]
        found = [self.store.days(name, day, day) for name in names]
        return [each[0] for each in found if each]


def _gauges(day: Day, verdict: Verdict | None) -> list[Change]:
    name, stream = "kaizen_bandwidth_day_bytes_per_second", {"stream": day.stream}
    made = [
        set_gauge(name, stream | {"statistic": "average"}, round(day.average * MEGABYTE)),
        set_gauge(name, stream | {"statistic": "p95"}, round(day.p95 * MEGABYTE)),
        set_gauge(name, stream | {"statistic": "maximum"}, round(day.maximum * MEGABYTE)),
        set_gauge("kaizen_bandwidth_day_bytes", stream | {"kind": "sent"}, day.bytes),
        set_gauge("kaizen_bandwidth_day_bytes", stream | {"kind": "saved"}, day.saved),
        set_gauge("kaizen_bandwidth_day_complete_ratio", stream, day.complete),
    ]
    if verdict is not None:
        made.append(set_gauge("kaizen_bandwidth_expected_bytes_per_second", stream, round(verdict.expected * MEGABYTE)))
    return made
