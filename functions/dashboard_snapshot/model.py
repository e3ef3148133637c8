"""A run's manifest: what was found, what of it is stored where, and whether that is all. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from dashboard_snapshot import driftstate
from dashboard_snapshot.driftstate import Drift
from kaizen.times import format_instant, parse_instant

Outcome = Literal["complete", "partial"]
Kind = Literal["dashboard", "library_panel", "alert_rule"]
KINDS: dict[Kind, str] = {"dashboard": "dashboard", "library_panel": "library panel", "alert_rule": "alert rule"}
VERSION = 1
RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{7}")
SHOWN = 20  # uids that a reason names


class ManifestError(Exception):
    """What is stored is no manifest. Permanent: look at the bucket."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One dashboard, library panel or alert rule. `folder` is its path by titles, empty at the root; `external` is
    the file that provisioned it, or empty. `version` counts its saves, 0 where Grafana does not. `stored_at` is when
    its object was last written."""

    uid: str
    title: str
    folder: str
    folder_uid: str
    sha256: str
    size: int  # bytes
    version: int
    created_by: str
    created_at: str
    updated_by: str
    updated_at: str
    external: str
    url: str
    stored_at: str
    kind: Kind = "dashboard"

    @property
    def key(self) -> str:
        """Unique in a run."""
        return f"{self.kind}/{self.uid}"

    @property
    def path(self) -> str:
        return f"{self.folder} / {self.title}" if self.folder else self.title


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a run is not complete: a word for programs, a sentence for people, and the dashboards that it is about."""

    kind: str
    words: str
    uids: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.uids:
            return self.words
        more = f" and {len(self.uids) - SHOWN} more" if len(self.uids) > SHOWN else ""
        return f"{self.words}: {', '.join(self.uids[:SHOWN])}{more}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """`base` is the complete run that this one is compared with, empty for none. `found` counts the dashboards that
    Grafana told of. `gone` are uids of the base of which Grafana says that they are no more. `untold`: the
    note of it could not be posted. `drift` is None where nobody asked for it.

    `beside` are library panels and alert rules, `kinds` those of them that were read whole, `beside_gone` keys of what
    is no more. `carried` are uids of dashboards that were taken over from the run before, which had no time for all.
    """

    run: str
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    reasons: tuple[Reason, ...]
    base: str
    git_ref: str
    git_ref_from: str
    deployed_ref: str
    found: int
    entries: tuple[Entry, ...]
    gone: tuple[str, ...] = ()
    untold: bool = False
    folders: Mapping[str, str] = field(default_factory=dict)  # uid -> path by titles
    drift: Drift | None = None
    beside: tuple[Entry, ...] = ()
    beside_gone: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    carried: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return self.outcome == "complete"

    @property
    def by_uid(self) -> dict[str, Entry]:
        return {each.uid: each for each in self.entries}

    @property
    def by_key(self) -> dict[str, Entry]:
        """Those beside dashboards."""
        return {each.key: each for each in self.beside}


def run_id(now: datetime, unique: str) -> str:
    """Sortable by time, down to milliseconds (three hex digits): two runs by hand may fall into one second.

    `unique` is any text of hex digits that no other run has.
    """
    return f"{now:%Y%m%dT%H%M%SZ}-{now.microsecond // 1000:03x}{unique.replace('-', '').lower()[:4]:0<4}"


def to_json(given: Manifest) -> dict[str, Any]:
    found = asdict(given)
    found["started_at"], found["finished_at"] = format_instant(given.started_at), format_instant(given.finished_at)
    return {"version": VERSION, "stored": len(given.entries)} | found


def from_json(given: Mapping[str, Any]) -> Manifest:
    """Raises ManifestError. What a newer version adds is left alone."""
    try:
        return Manifest(
            run=given["run"],
            started_at=parse_instant(given["started_at"]),
            finished_at=parse_instant(given["finished_at"]),
            outcome=given["outcome"],
            reasons=tuple(Reason(each["kind"], each["words"], tuple(each["uids"])) for each in given["reasons"]),
            base=given["base"],
            git_ref=given["git_ref"],
            git_ref_from=given["git_ref_from"],
            deployed_ref=given["deployed_ref"],
            found=given["found"],
            entries=tuple(_entry(each) for each in given["entries"]),
            gone=tuple(given["gone"]),
            untold=given["untold"],
            folders=dict(given["folders"]),
            drift=driftstate.from_json(given.get("drift")),
            beside=tuple(_entry(each) for each in given.get("beside", ())),
            beside_gone=tuple(given.get("beside_gone", ())),
            kinds=tuple(given.get("kinds", ())),
            carried=tuple(given.get("carried", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ManifestError(f"a manifest that cannot be read: {type(error).__name__} {error}") from error


def _entry(given: Mapping[str, Any]) -> Entry:
    """Runs of an older version know dashboards alone."""
    return Entry(**{name: given[name] for name in Entry.__dataclass_fields__ if name != "kind" or name in given})


def reasons_of(given: Sequence[Reason]) -> str:
    return "; ".join(map(str, given))
