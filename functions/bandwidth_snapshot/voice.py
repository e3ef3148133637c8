"""One rise told on each channel: the counter, the bus, Slack, the pager. None waits for another, each is remembered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from bandwidth_snapshot import alert
from bandwidth_snapshot.detector import Verdict
from bandwidth_snapshot.rises import Rise
from bandwidth_snapshot.said import Said
from bandwidth_snapshot.store import BandwidthStore
from bandwidth_snapshot.study import Study
from kaizen.events.bandwidth import BandwidthAnomaly
from kaizen.metrics.changes import Change, add
from kaizen.pager.events import MAX_KEY, Incident
from kaizen.slack.blocks import Message

Publish = Callable[[BandwidthAnomaly], object]


class Tell(Protocol):
    def __call__(self, subject: str, message: Message, stage: str = "") -> object: ...


@dataclass(slots=True)
class Voice:
    """`rise` is None where the days that were told of turned out to be usual; `said` where nothing was told yet."""

    store: BandwidthStore
    found: Study
    now: datetime
    rise: Rise | None
    said: Said | None
    tell: Tell
    publish: Publish
    pager: Callable[[Incident | str], object] | None
    page: Callable[[date], str]

    def acts(self) -> list[Callable[[], None]]:
        return [self.count, self.bus, self.slack, self.paging]

    def count(self) -> None:
        """Note the rise as it is by now, and its unexpected days in the counter, each once."""
        if self.rise is None:
            return
        said, days = self._known(), tuple(each.isoformat() for each in sorted(self.rise.odd))
        counted = tuple(sorted({*said.counted, *days}))
        fresh = len(counted) - len(said.counted)
        last, since = max(days[-1], said.last), min(self.rise.since.isoformat(), said.since)
        streams = tuple(sorted({*said.streams, *self.rise.streams}))
        changes = [add("kaizen_bandwidth_anomalies_total", {}, fresh)] if fresh else []
        self._note(replace(said, since=since, last=last, streams=streams, counted=counted), changes)

    def bus(self) -> None:
        """An event for each unexpected day, at least once."""
        for place, (day, verdict) in enumerate(sorted(self.rise.odd.items()) if self.rise is not None else ()):
            said = self._known()
            if day.isoformat() not in said.published:
                self.publish(self._event(verdict, place + 1, said))
                self._note(replace(said, published=tuple(sorted({*said.published, day.isoformat()}))))

    def slack(self) -> None:
        """The message as it is by now; no more once it says that the rise is over."""
        said = self._known()
        over = self.rise is None or self.rise.ended is not None
        if (over and said.slack == "over") or (self.rise is None and not said.slack):
            return
        stage = "over" if over else "began"
        self.tell(f"anomaly/{said.key}", self._message(said), stage)
        self._note(replace(said, slack="over" if over else "began"))

    def paging(self) -> None:
        """One incident for the rise, which its end resolves."""
        if self.pager is None:
            return
        said, key = self._known(), f"kaizen/bandwidth/{self._known().key}"[:MAX_KEY]
        if self.rise is not None and self.rise.ended is None:
            if said.pager != "began":
                message = self._message(said)
                self.pager(alert.incident(self.rise, key, message, self.page(self.found.day), self.now))
                self._note(replace(said, pager="began"))
        elif said.pager == "began":
            self.pager(key)
            self._note(replace(said, pager="over"))

    def untold(self) -> Iterator[str]:
        """The channels that do not say yet what they should."""
        said, over = self._known(), self.rise is None or self.rise.ended is not None
        if self.rise is not None and len(said.published) < len(self.rise.odd):
            yield "bus"
        if said.slack != ("over" if over else "began") and not (self.rise is None and not said.slack):
            yield "slack"
        if self.pager is not None and (said.pager == "began") == over:
            yield "pager"

    def _known(self) -> Said:
        if self.said is not None:
            return self.said
        assert self.rise is not None
        since, verdict = self.rise.since.isoformat(), self.rise.main
        stream = "*" if self.rise.total else verdict.day.stream
        return Said(f"{stream}/{since}", since, max(self.rise.odd).isoformat(), self.rise.streams)

    def _note(self, said: Said, changes: list[Change] | None = None) -> None:
        if said != self.said:
            self.store.note(said, self.said, changes or [], self.now)
            self.said = said

    def _message(self, said: Said) -> Message:
        page = self.page(self.found.day)
        if self.rise is None:
            return alert.withdrawn(date.fromisoformat(said.since), page)
        day = self.rise.main.day
        peaks = next(iter(self.store.days(day.stream, day.date, day.date)), day)
        return alert.message(self.rise, self.found, peaks, page)

    def _event(self, verdict: Verdict, place: int, said: Said) -> BandwidthAnomaly:
        day = verdict.day
        average, expected = round(day.average * 1000), round(verdict.expected * 1000)
        return BandwidthAnomaly(self.now, day.stream, day.date.isoformat(), average, expected, place, said.since)
