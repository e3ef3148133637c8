"""Drift told: once to the bus, and in one note in Slack, which is edited until nothing differs any more."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from dashboard_snapshot import driftwording
from dashboard_snapshot.drift import LOUD, Item
from dashboard_snapshot.driftstate import Drift
from dashboard_snapshot.driftwording import Late
from dashboard_snapshot.model import Manifest
from dashboard_snapshot.store import SnapshotStore
from kaizen.dashboards.files import file_diff
from kaizen.events.bus import MOST
from kaizen.events.dashboard import DashboardDrifted
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy
from kaizen.runtime.log import logger
from kaizen.slack.blocks import Message
from kaizen.times import parse_instant


class Tell(Protocol):
    def __call__(self, subject: str, message: Message) -> object: ...


@dataclass(frozen=True, slots=True)
class DriftTelling:
    """`tell` posts or edits the note of a subject, `told_of` says whether it stands, `publish` takes up to ten events.
    `address` is Grafana's."""

    store: SnapshotStore
    policy: DashboardSnapshotPolicy
    address: str
    tell: Tell
    told_of: Callable[[str], bool]
    publish: Callable[..., object]

    def told(self, manifest: Manifest, drift: Drift, now: datetime) -> tuple[Drift, list[Exception]]:
        """What the bus and Slack know afterwards, and what kept them from knowing: the next run tells it again."""
        faults: list[Exception] = []
        try:
            drift = self._published(manifest, drift, now)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the bus, the run is stored first
            logger.warning("drift is not published", fault=str(error))
            faults.append(error)
        latest = now - self.policy.drift_after
        late = [each for each in drift.items if each.kind in LOUD and parse_instant(each.since) <= latest]
        subject = drift.note or (f"drift/{manifest.run}" if late else "")
        if not subject:
            return drift, faults
        try:
            if late:
                message: Message | None = driftwording.note(
                    drift, self._told(manifest, late), self.policy, self.address, self.store.bucket
                )
            else:
                # Nobody was told where Slack did not take the note: then there is nothing to take back.
                message = driftwording.resolved(drift) if self.told_of(subject) else None
            if message is not None:
                self.tell(subject, message)
        except Exception as error:  # noqa: BLE001 - as above
            logger.warning("the note of drift is not posted", fault=str(error))
            return replace(drift, note=subject), [*faults, error]
        return replace(drift, note=subject if late else ""), faults

    def _published(self, manifest: Manifest, drift: Drift, now: datetime) -> Drift:
        fresh = [each for each in drift.items if each.kind in LOUD and not each.published]
        events = [
            DashboardDrifted(
                received_at=now, run=manifest.run, uid=each.uid, title=each.title[:200], kind=each.kind,
                repository=drift.repository, path=each.path, author=each.author[:200], since=each.since,
            )
            for each in fresh
        ]  # fmt: skip
        for start in range(0, len(events), MOST):
            self.publish(*events[start : start + MOST])
        return replace(drift, items=tuple(replace(each, published=each.kind in LOUD) for each in drift.items))

    def _told(self, manifest: Manifest, late: list[Item]) -> list[Late]:
        """The worst first; what has changed is told of the first ones alone."""
        ordered = sorted(late, key=lambda each: (LOUD.index(each.kind), each.since, each.uid))
        entries = manifest.by_uid
        made: list[Late] = []
        for place, each in enumerate(ordered):
            diff = None
            if place < driftwording.MOST and each.live and each.head:
                diff = file_diff(each.path, self.store.content(each.head), self.store.content(each.live))
            made.append(Late(each, entries.get(each.uid), diff))
        return made
