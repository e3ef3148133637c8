"""What people are told of closed days: one alert for each run of unexpected days, the month's cap, the weeks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from bandwidth_snapshot import wording
from bandwidth_snapshot.day import MEGABYTE, Day, start_of
from bandwidth_snapshot.detector import ALL, Limits, Verdict, alerts, contributors, judge
from bandwidth_snapshot.forecast import Forecast, forecast
from bandwidth_snapshot.store import BandwidthStore
from bandwidth_snapshot.trend import trend, weeks
from bandwidth_snapshot.turnover import Rosters, Turnover, turnover
from kaizen.events.bandwidth import BandwidthAnomaly
from kaizen.metrics.changes import Change, add, remove, set_gauge
from kaizen.pager.events import MAX_KEY, Incident
from kaizen.slack.blocks import Message

LOOKED_BACK = timedelta(days=120)
SHOWN_WEEKS = 12
SETTLED_WITHIN = timedelta(days=9)  # readings are kept for so long: what was not whole by then never will be
_GAUGES = (
    ("kaizen_bandwidth_day_bytes_per_second", "statistic", ("average", "p95", "maximum")),
    ("kaizen_bandwidth_day_bytes", "kind", ("sent", "saved")),
)
_EXPECTED, _COMPLETE = "kaizen_bandwidth_expected_bytes_per_second", "kaizen_bandwidth_day_complete_ratio"


class NothingKnownError(Exception):
    """There is no record to tell of yet."""


class Tell(Protocol):
    def __call__(self, subject: str, message: Message) -> object: ...


@dataclass(frozen=True, slots=True)
class Known:
    """The records until a day: those of each stream that has one on it, and what every stream sent on each day."""

    day: date
    records: Mapping[str, Sequence[Day]]  # the total first; in order, the day itself last
    rosters: Rosters

    @property
    def streams(self) -> list[Day]:
        return [each[-1] for each in self.records.values()]

    def before(self, stream: str) -> Sequence[Day]:
        return self.records[stream][:-1]

    @property
    def turnover(self) -> Turnover:
        return turnover(self.rosters, self.day)


@dataclass(frozen=True, slots=True)
class Telling:
    """`tell` posts the message of a subject or edits the one that stands; `told` says whether one stands already."""

    store: BandwidthStore
    limits: Limits
    tell: Tell
    told: Callable[[str], bool]
    publish: Callable[[BandwidthAnomaly], object]
    page: Callable[[date], str] = lambda _: ""  # the address of the page for a day's message; empty where there is none
    monthly_cap: int | None = None  # bytes
    holidays: frozenset[date] = frozenset()
    pager: Callable[[Incident | str], object] | None = None  # opens an incident, or resolves the one with that key

    def known(self, day: date) -> Known:
        """What the table holds until a day that is closed."""
        totals, rosters = self.store.totals(day - LOOKED_BACK, day)
        streams = sorted(rosters.get(day, {}))
        records = {stream: self.store.days(stream, day - LOOKED_BACK, day) for stream in streams}
        records = {ALL: totals} | records
        return Known(day, {name: each for name, each in records.items() if each and each[-1].date == day}, rosters)

    def judge(self, known: Known, now: datetime) -> None:
        """Tell of a day if it is unexpected, once. A day that is not whole is judged when it is."""
        verdicts = {each.stream: self._verdict(each, known.before(each.stream)) for each in known.streams}
        found = alerts(verdicts)
        for verdict in found:
            self._alert(verdict, known, now)
        for usual in verdicts.values():
            if usual is not None and not usual.unexpected:
                self._resolve(usual.day, known)
        if any(each.stream == ALL and each.whole for each in known.streams):
            counted = [add("kaizen_bandwidth_anomalies_total", {}, len(found))] if found else []
            self.store.settle(known.day, counted, now)

    def show(self, known: Known, now: datetime) -> None:
        """The day's gauges. Those of streams that it does not have vanish: the last value of one would stand for ever.

        What was expected vanishes, too, where the day cannot be judged.
        """
        changes: list[Change] = [
            set_gauge("kaizen_bandwidth_last_day_timestamp_seconds", {}, int(start_of(known.day).timestamp()))
        ]
        for each in known.streams:
            changes += _gauges(each, self._verdict(each, known.before(each.stream)))
        ever = {stream for roster in known.rosters.values() for stream in roster}
        for stream in sorted(ever - known.records.keys()):
            changes += _without(stream)
        self.store.count(changes, now)

    def foretell(self, known: Known) -> None:
        """One message for each month that will cross its cap, kept up to date until the month is over."""
        found = self._forecast(known.records[ALL])
        subject = f"cap/{known.day:%Y-%m}"
        if found is not None and (found.crosses is not None or self.told(subject)):
            self.tell(subject, wording.cap(found, self.page(known.day)))

    def report(self, subject: str, known: Known) -> None:
        """The weeks until a day, once for each subject."""
        totals = known.records[ALL]
        shown = weeks(totals)[-SHOWN_WEEKS:]
        streams = [each for each in known.streams if each.stream != ALL]
        month, page = self._forecast(totals), self.page(known.day)
        self.tell(subject, wording.weekly(shown, trend(totals), streams, totals[-1], month, known.turnover, page))

    def last(self, day: date) -> Known:
        """The newest closed day until a given one. Raises NothingKnownError before any is."""
        totals, _ = self.store.totals(day - LOOKED_BACK, day)
        if not totals:
            raise NothingKnownError("no day is closed yet: backfill some, or wait until 00:10 UTC")
        return self.known(totals[-1].date)

    def _alert(self, verdict: Verdict, known: Known, now: datetime) -> None:
        """One message for each run of unexpected days: the next day of it edits what the first one said."""
        day = verdict.day
        changed = known.turnover
        usual = [self._usual(each, verdict.compared, known, changed) for each in known.streams if each.stream != ALL]
        since = self._since(day, known.before(day.stream))
        ran = self.store.builds(day.date - timedelta(days=1))[-1:] + self.store.builds(day.date)
        message = wording.alert(verdict, contributors(usual), since, changed, self.page(day.date), ran)
        if self.pager is not None:  # before Slack, which is only a copy then
            self.pager(wording.incident(verdict, key_of(day.stream, since), message, self.page(day.date), now))
        self.tell(f"anomaly/{day.stream}/{since}", message)
        average, expected = round(day.average * 1000), round(verdict.expected * 1000)
        in_a_row = (day.date - since).days + 1
        self.publish(BandwidthAnomaly(now, day.stream, day.date.isoformat(), average, expected, in_a_row))

    def _resolve(self, day: Day, known: Known) -> None:
        """A usual day ends the incident of the unexpected ones before it; days that cannot be judged lie between."""
        if self.pager is None:
            return
        before = known.before(day.stream)
        for place in range(len(before) - 1, -1, -1):
            last, history = before[place], before[:place]
            if day.date - last.date > SETTLED_WITHIN:
                return
            verdict = self._verdict(last, history)
            if verdict is not None:
                if verdict.unexpected:
                    self.pager(key_of(day.stream, self._since(last, history)))
                return

    def _usual(self, day: Day, compared: Sequence[date], known: Known, changed: Turnover) -> tuple[Day, list[Day]]:
        """A stream's day beside those that it is compared with, under its old name where it had one."""
        found = list(known.before(day.stream))
        if was := changed.names.get(day.stream):
            found += self.store.days(was, min(compared), max(compared))
        return day, [each for each in found if each.date in compared]

    def _verdict(self, day: Day, before: Sequence[Day]) -> Verdict | None:
        return judge(day, before, self.limits, self.holidays)

    def _since(self, day: Day, history: Sequence[Day]) -> date:
        """The first of the unexpected days that end with this one, one after the other."""
        by_date = {each.date: each for each in history}
        since = day.date
        while (earlier := by_date.get(since - timedelta(days=1))) is not None:
            verdict = self._verdict(earlier, [each for each in history if each.date < earlier.date])
            if verdict is None or not verdict.unexpected:
                break
            since = earlier.date
        return since

    def _forecast(self, totals: Sequence[Day]) -> Forecast | None:
        return None if self.monthly_cap is None else forecast(totals, trend(totals), self.monthly_cap)


def key_of(stream: str, since: date) -> str:
    """What the pager knows a run of unexpected days by."""
    return f"kaizen/bandwidth/{stream[: MAX_KEY - 40]}/{since}"


def _gauges(day: Day, verdict: Verdict | None) -> list[Change]:
    values = {
        "average": round(day.average * MEGABYTE), "p95": round(day.p95 * MEGABYTE),
        "maximum": round(day.maximum * MEGABYTE), "sent": day.bytes, "saved": day.saved,
    }  # fmt: skip
    stream = {"stream": day.stream}
    made = [set_gauge(name, stream | {label: each}, values[each]) for name, label, all_ in _GAUGES for each in all_]
    made.append(set_gauge(_COMPLETE, stream, day.complete))
    if verdict is None:
        return [*made, remove(_EXPECTED, stream)]
    return [*made, set_gauge(_EXPECTED, stream, round(verdict.expected * MEGABYTE))]


def _without(stream: str) -> list[Change]:
    given = {"stream": stream}
    made = [remove(name, given | {label: each}) for name, label, all_ in _GAUGES for each in all_]
    return [*made, remove(_COMPLETE, given), remove(_EXPECTED, given)]
