"""One run: everything read and stored, compared with the last complete run, told of, counted."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from dashboard_snapshot import wording
from dashboard_snapshot.canonical import canonical, digest
from dashboard_snapshot.comparing import Comparison, compared, counted
from dashboard_snapshot.diffs import Told, told
from dashboard_snapshot.drift import counted as drift_counted
from dashboard_snapshot.drifting import Drifting
from dashboard_snapshot.drifttelling import DriftTelling
from dashboard_snapshot.errors import ForbiddenError, GrafanaError
from dashboard_snapshot.folders import Folders
from dashboard_snapshot.gathering import Gathered, gathered
from dashboard_snapshot.gitref import Ref
from dashboard_snapshot.grafana import Full, Grafana
from dashboard_snapshot.harvest import Harvest, harvest
from dashboard_snapshot.judging import mass
from dashboard_snapshot.model import Entry, Manifest, reasons_of
from dashboard_snapshot.store import RENEWED, NoRunError, SnapshotStore
from kaizen.metrics.changes import Change, add, set_gauge
from kaizen.runtime.log import logger
from kaizen.slack.blocks import Message
from kaizen.times import format_instant, parse_instant

_LONGEST_SILENCE = 72  # runs


class PartialRunError(Exception):
    """The run is stored, and it is not all there is. Raised at the end, so that it is tried again and alarms."""


class Tell(Protocol):
    def __call__(self, subject: str, message: Message) -> object: ...


@dataclass(frozen=True, slots=True)
class Order:
    """What one run is asked for. `accept`: dashboards that are neither listed nor shown count as deleted, however many
    they are."""

    run: str
    started: datetime
    git_ref: Ref
    deployed_ref: str = ""
    accept: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`tell` posts the note of a subject, `told_of` says whether it stands; `page` gives the address that shows two
    runs, empty where there is none. `address` is Grafana's, for links. `also` are the kinds that are kept beside
    dashboards. `clock` gives aware UTC."""

    grafana: Grafana
    store: SnapshotStore
    address: str
    mention: str
    most_gone: float
    also: tuple[str, ...]
    in_time: Callable[[], bool]
    tell: Tell
    told_of: Callable[[str], bool]
    page: Callable[[str, str], str]
    count: Callable[[list[Change]], None]
    clock: Callable[[], datetime]
    drifting: Drifting
    drift_telling: DriftTelling

    def run(self, order: Order) -> Manifest:
        """Raises PartialRunError once all is stored and told, what Slack or the bus raises once all is stored, and
        ClientError where the bucket fails."""
        base = self.store.last(order.started, "complete")
        last = self.store.last(order.started)
        known = {
            each.sha256: each.stored_at for run in (base, last) if run for each in (*run.entries, *run.beside)
        }  # fmt: skip
        written: list[int] = []

        def keep(entry: Entry, model: dict[str, Any]) -> Entry:
            content = canonical(model)
            sha256 = digest(content)
            stored_at = known.get(sha256, "")
            if not stored_at or order.started - parse_instant(stored_at) > RENEWED:
                written.append(self.store.keep(sha256, content))
                stored_at = format_instant(order.started)
            return replace(entry, sha256=sha256, size=len(content), stored_at=stored_at)

        found = harvest(
            self.grafana,
            base.by_uid if base is not None else {},
            lambda uid, full, folder: keep(_entry(uid, full, folder), full.model),
            accept=order.accept,
            in_time=self.in_time,
            checkpoint=_checkpoint(last),
        )
        folders = Folders(self.grafana, found.folders)
        beside = gathered(
            self.grafana,
            self.also if found.listed and found.entries else (),  # else the reason is given already
            base.by_key if base is not None else {},
            folders,
            keep,
            self.most_gone,
            accept=order.accept,
        )
        lacking = folders.left_out([*found.entries, *beside.entries]) if found.listed else None
        found.reasons += [lacking] if lacking is not None else []
        manifest = _manifest(order, found, beside, base, self.most_gone, self.clock())
        manifest = replace(manifest, drift=self.drifting.judged(manifest, last.drift if last else None, self.clock()))
        fault = self._told(self._since(base), manifest)
        faults = [fault] if fault is not None else []
        if manifest.drift is not None and manifest.drift.judged_at:
            drift, more = self.drift_telling.told(manifest, manifest.drift, self.clock())
            manifest = replace(manifest, drift=drift)
            faults += more
        manifest = replace(manifest, untold=fault is not None)
        written.append(self.store.write(manifest))
        self._counted(manifest, sum(written), compared(base, manifest) if base is not None else None)
        if faults:
            raise faults[0]
        if not manifest.complete:
            raise PartialRunError(f"run {manifest.run} is partial: {reasons_of(manifest.reasons)}")
        return manifest

    def _counted(self, manifest: Manifest, size: int, comparison: Comparison | None) -> None:
        """Differences are counted once: from one complete run to the next."""
        changes = [
            add("kaizen_dashboard_snapshot_runs_total", {"outcome": manifest.outcome}),
            add("kaizen_dashboard_snapshot_stored_bytes_total", {}, size),
        ]
        if manifest.complete:
            began = int(manifest.started_at.timestamp())
            changes.append(set_gauge("kaizen_dashboard_snapshot_last_complete_timestamp_seconds", {}, began))
            changes.append(set_gauge("kaizen_dashboard_snapshot_dashboards", {}, len(manifest.entries)))
            for kind in manifest.kinds:
                number = sum(each.kind == kind for each in manifest.beside)
                changes.append(set_gauge("kaizen_dashboard_snapshot_beside", {"kind": kind}, number))
            if comparison is not None:
                changes += [
                    add("kaizen_dashboard_snapshot_edits_total", {"source": source}, number)
                    for source, number in counted(comparison.differences).items()
                    if number
                ]
        if manifest.drift is not None and manifest.drift.judged_at:
            judged = int(parse_instant(manifest.drift.judged_at).timestamp())
            changes.append(set_gauge("kaizen_dashboard_snapshot_drift_judged_timestamp_seconds", {}, judged))
            changes += [
                set_gauge("kaizen_dashboard_snapshot_drifted", {"class": kind}, number)
                for kind, number in drift_counted(manifest.drift.items).items()
            ]
        self.count(changes)

    def _since(self, base: Manifest | None) -> Manifest | None:
        """The last complete run whose note was posted, or needed none: what was not told then is told now."""
        for _ in range(_LONGEST_SILENCE):
            if base is None or not base.untold or not base.base:
                break
            try:
                base = self.store.run(base.base)
            except NoRunError:
                break
        return base

    def _told(self, since: Manifest | None, manifest: Manifest) -> Exception | None:
        """What kept people from being told; the run goes on, and raises it in the end."""
        if since is None:
            return None
        try:
            self._tell(compared(since, manifest))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with Slack, the run is stored first
            logger.warning("the note is not posted", run=manifest.run, fault=str(error))
            return error
        return None

    def _tell(self, comparison: Comparison) -> None:
        """One note for what differs from one complete run: a partial run's note is edited by the next run."""
        subject = f"edits/{comparison.older.run}"
        edits = [each for each in told(comparison, self.store.content) if each.difference.source == "ui"]
        edits = [each for each in edits if not each.quiet]
        if edits:
            page = self.page(comparison.older.run, comparison.newer.run)
            messages = self._messages(edits)
            note = wording.note(comparison, edits, self.address, page, self.mention, messages, self.store.bucket)
            self.tell(subject, note)
        elif self.told_of(subject):
            self.tell(subject, wording.undone(comparison))

    def _messages(self, edits: list[Told]) -> dict[str, str]:
        """What people wrote as they saved. Only a token that may write dashboards is told; most are not, and should
        not be."""
        found: dict[str, str] = {}
        for each in (each.difference.after for each in edits):
            if each is None or each.kind != "dashboard":
                continue
            try:
                newest = self.grafana.saves(each.uid)
            except ForbiddenError:
                return {}
            except GrafanaError as error:
                logger.warning("no messages of saves", fault=str(error))
                return found
            if newest and newest[0].version == each.version and newest[0].message:
                found[each.uid] = newest[0].message
        return found


def _checkpoint(last: Manifest | None) -> dict[str, Entry]:
    """What the run before had read when its time was over; what it had taken over itself comes first. A run that
    could not even list anything hands on what it was given."""
    if last is None or last.complete or not (last.carried or any(each.kind == "time" for each in last.reasons)):
        return {}
    carried = set(last.carried)
    return {each.uid: each for each in sorted(last.entries, key=lambda each: each.uid not in carried)}


def _manifest(
    order: Order, found: Harvest, beside: Gathered, base: Manifest | None, most_gone: float, now: datetime
) -> Manifest:
    reasons, gone = [*found.reasons, *beside.reasons], found.gone
    known = base.by_uid if base is not None else {}
    if not order.accept and (much := mass(known, gone, most_gone)) is not None:
        reasons.append(much)
        found.found |= gone
        gone = set()
    ref, source = order.git_ref
    return Manifest(
        run=order.run,
        started_at=order.started,
        finished_at=now,
        outcome="partial" if reasons or len(found.entries) != len(found.found) else "complete",
        reasons=tuple(reasons),
        base=base.run if base is not None else "",
        git_ref=ref,
        git_ref_from=source,
        deployed_ref=order.deployed_ref,
        found=len(found.found),
        entries=tuple(sorted(found.entries, key=lambda each: each.uid)),
        gone=tuple(sorted(uid for uid in gone if uid in known)),
        folders=found.folders,
        beside=tuple(sorted(beside.entries, key=lambda each: each.key)),
        beside_gone=tuple(sorted(beside.gone)),
        kinds=tuple(sorted(beside.kinds)),
        carried=tuple(sorted(found.carried)),
    )


def _entry(uid: str, full: Full, folder: str) -> Entry:
    """All but what is stored of it."""

    def text(name: str) -> str:
        return str(full.meta.get(name) or "")

    version = full.meta.get("version")
    return Entry(
        uid=uid,
        title=full.title,
        folder=folder,
        folder_uid=text("folderUid"),
        sha256="",
        size=0,
        version=version if isinstance(version, int) else 0,
        created_by=text("createdBy"),
        created_at=text("created"),
        updated_by=text("updatedBy"),
        updated_at=text("updated"),
        external=text("provisionedExternalId"),
        url=text("url"),
        stored_at="",
    )
