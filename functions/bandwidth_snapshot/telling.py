"""What people are told of closed days: one message for each rise, the month's cap, the weeks, and the day's gauges."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bandwidth_snapshot import alert, wording
from bandwidth_snapshot.day import MEGABYTE, Day, start_of
from bandwidth_snapshot.detector import Limits, Verdict
from bandwidth_snapshot.said import matched
from bandwidth_snapshot.store import BandwidthStore
from bandwidth_snapshot.study import LOOKED_BACK, STUDIED, Study, study
from bandwidth_snapshot.trend import Week, trend, weeks
from bandwidth_snapshot.voice import Publish, Tell, Voice
from kaizen.metrics.changes import Change, remove, set_gauge
from kaizen.pager.events import Incident

SHOWN_WEEKS = 12
MADE_UP = timedelta(days=7)  # a rise that is first seen so long after it is told of still
_GAUGES = (
    ("kaizen_bandwidth_day_bytes_per_second", "statistic", ("average", "p95", "maximum")),
    ("kaizen_bandwidth_day_bytes", "kind", ("sent", "saved")),
)
_EXPECTED, _COMPLETE = "kaizen_bandwidth_expected_bytes_per_second", "kaizen_bandwidth_day_complete_ratio"
_HIGH, _UNTOLD = "kaizen_bandwidth_usual_high_bytes_per_second", "kaizen_bandwidth_untold"


class NothingKnownError(Exception):
    """There is no record to tell of yet."""


@dataclass(frozen=True, slots=True)
class Telling:
    """`tell` posts the message of a subject or edits the one that stands; where none can be edited, once a stage.

    `told` says whether one stands already.
    """

    store: BandwidthStore
    limits: Limits
    tell: Tell
    told: Callable[[str], bool]
    publish: Publish
    page: Callable[[date], str] = lambda _: ""  # the address of the page for a day's message; empty where there is none
    monthly_cap: int | None = None  # bytes
    holidays: frozenset[date] = frozenset()
    pager: Callable[[Incident | str], object] | None = None  # opens an incident, or resolves the one with that key
    edits: bool = True  # whether messages can be edited

    def study(self, day: date) -> Study:
        """What the table holds until the last closed day that is not after a given one.

        Raises NothingKnownError before any is closed.
        """
        entries = self.store.entries(day - LOOKED_BACK, day)
        if not entries:
            raise NothingKnownError("no day is closed yet: backfill some, or wait until 00:10 UTC")
        return study(entries, self.limits, self.holidays)

    def voices(self, found: Study, now: datetime) -> list[Voice]:
        """For each rise that is to be told of, new or not yet over everywhere."""
        said = self.store.said()
        made = []
        for rise, known in matched(found.rises, said, found.log.names):
            if rise is None:
                gone = known is not None and date.fromisoformat(known.since) > found.day - STUDIED + MADE_UP
                if not gone or known is None or known.finished:
                    continue
            elif known is None and found.day - max(rise.odd) >= MADE_UP:
                continue  # days of long ago, filled in by now
            made.append(Voice(self.store, found, now, rise, known, self.tell, self.publish, self.pager, self.page))
        return made

    def show(self, found: Study, voices: Sequence[Voice], now: datetime) -> None:
        """The day's gauges. Those of streams that it does not have vanish: the last value of one would stand for ever.

        So do those of what was not measured or cannot be judged.
        """
        changes: list[Change] = [
            set_gauge("kaizen_bandwidth_last_day_timestamp_seconds", {}, int(start_of(found.day).timestamp()))
        ]
        for each in (found.entry.total, *self.rows(found)):
            changes += _gauges(each, found.verdict(each.stream, found.day))
        ever = {stream for entry in found.log.entries for stream in entry.sent}
        for stream in sorted(ever - found.entry.sent.keys()):
            changes += _without(stream)
        untold = dict.fromkeys(("bus", "slack", "pager"), 0)
        for voice in voices:
            for channel in voice.untold():
                untold[channel] += 1
        changes += [set_gauge(_UNTOLD, {"channel": channel}, count) for channel, count in untold.items()]
        self.store.count(changes, now)

    def rows(self, found: Study) -> list[Day]:
        """The records of the streams of the last closed day, with their peaks."""
        return [each for stream in sorted(found.entry.sent) for each in self.store.days(stream, found.day, found.day)]

    def foretell(self, found: Study) -> None:
        """One message for each month that will cross its cap, kept up to date until the month is over."""
        month = found.month(self.monthly_cap)
        subject = f"cap/{found.day:%Y-%m}"
        if month is not None and (month.crosses is not None or self.told(subject)):
            self.tell(subject, wording.cap(month, self.page(found.day), self.edits), month.state)

    def report(self, subject: str, found: Study) -> None:
        """The whole weeks until a day, once for each subject."""
        shown = weeks(found.log.totals)
        over = found.day - timedelta(days=found.day.weekday())  # the Monday of the week that ends with the day
        if not shown or shown[-1].monday != over:
            shown.append(Week(over, 0.0, 0))
        month, page = found.month(self.monthly_cap), self.page(found.day)
        lines = [f"🔴 {alert.rose(each, found)}" for each in found.going]
        if found.entry.left_out:
            lines.append(f"{found.entry.left_out} smaller streams have no row of their own; they are in all figures.")
        totals = found.log.totals
        message = wording.weekly(
            shown[-SHOWN_WEEKS:], trend(totals), self.rows(found), totals[-1], month, found.changed, page, lines
        )
        self.tell(subject, message)


def _gauges(day: Day, verdict: Verdict | None) -> list[Change]:
    stream = {"stream": day.stream}
    values: Mapping[str, int | None] = {
        "average": round(day.average * MEGABYTE), "p95": round(day.p95 * MEGABYTE),
        "maximum": round(day.maximum * MEGABYTE), "sent": day.bytes, "saved": day.saved,
    }  # fmt: skip
    made = [set_gauge(_COMPLETE, stream, day.complete)]
    for name, label, all_ in _GAUGES:
        for each in all_:
            value = values[each] if day.complete else None
            labels = stream | {label: each}
            made.append(remove(name, labels) if value is None else set_gauge(name, labels, value))
    usual = (None, None) if verdict is None else (verdict.expected, verdict.high)
    for name, rate in zip((_EXPECTED, _HIGH), usual, strict=True):
        made.append(remove(name, stream) if rate is None else set_gauge(name, stream, round(rate * MEGABYTE)))
    return made


def _without(stream: str) -> list[Change]:
    given = {"stream": stream}
    made = [remove(name, given | {label: each}) for name, label, all_ in _GAUGES for each in all_]
    return [*made, *(remove(each, given) for each in (_COMPLETE, _EXPECTED, _HIGH))]
