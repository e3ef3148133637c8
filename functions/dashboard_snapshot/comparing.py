"""Two runs compared by their manifests: what differs, and who did it. Pure.

A dashboard that one of two runs did not read is *not read*: neither added nor removed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dashboard_snapshot.model import KINDS, Entry, Manifest

What = Literal["added", "removed", "changed", "moved"]
Source = Literal["ui", "provisioning", "program"]
ANONYMOUS = "Anonymous"  # Grafana's word for an author that is no user
# How the login of a service account begins: with its organisation's number; of a dashboard of schema v2, with a word.
_PROGRAM = re.compile(r"sa-\d+-|service-account:|api-key:")


@dataclass(frozen=True, slots=True)
class Difference:
    """One dashboard, library panel or alert rule. `before` is None for one that is new, `after` for one that is gone.
    `source` is who did it, as far as Grafana tells: of what is gone it tells nobody."""

    what: What
    before: Entry | None
    after: Entry | None
    source: Source

    @property
    def entry(self) -> Entry:
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def author(self) -> str:
        """The person's login; empty where Grafana names none."""
        if self.after is None or self.after.updated_by == ANONYMOUS:
            return ""
        return self.after.updated_by

    @property
    def saves(self) -> int:
        return self.after.version - (self.before.version if self.before else 0) if self.after else 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """`unread` are dashboards of one run that the other one, which is partial, did not read."""

    older: Manifest
    newer: Manifest
    differences: tuple[Difference, ...]
    unread: tuple[Entry, ...]

    @property
    def edits(self) -> tuple[Difference, ...]:
        """What people did in the UI."""
        return tuple(each for each in self.differences if each.source == "ui")


def compared(older: Manifest, newer: Manifest) -> Comparison:
    """Dashboards first, each kind by folder and title. A kind that one of the runs did not read whole is left out."""
    kinds = set(older.kinds) & set(newer.kinds)
    old = {each.key: each for each in older.entries} | {k: e for k, e in older.by_key.items() if e.kind in kinds}
    new = {each.key: each for each in newer.entries} | {k: e for k, e in newer.by_key.items() if e.kind in kinds}
    gone = {f"dashboard/{uid}" for uid in newer.gone} | set(newer.beside_gone)
    found: list[Difference] = []
    unread: list[Entry] = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if after is None:
            assert before is not None
            if newer.complete or key in gone:
                found.append(Difference("removed", before, None, "provisioning" if before.external else "ui"))
            else:
                unread.append(before)
        elif before is None:
            if older.complete:
                found.append(Difference("added", None, after, source(after)))
            else:
                unread.append(after)
        elif before.sha256 != after.sha256:
            found.append(Difference("changed", before, after, source(after)))
        elif before.folder_uid != after.folder_uid:
            found.append(Difference("moved", before, after, source(after)))
    return Comparison(
        older,
        newer,
        tuple(sorted(found, key=lambda each: _order(each.entry))),
        tuple(sorted(unread, key=_order)),
    )


def source(entry: Entry) -> Source:
    """Who saved it last. A person's save counts as an edit, also of a dashboard that a file provisions: the file's
    next version will overwrite it."""
    if _PROGRAM.match(entry.updated_by):
        return "program"
    if entry.external and entry.updated_by in ("", ANONYMOUS):
        return "provisioning"
    return "ui"


def counted(differences: Sequence[Difference]) -> dict[Source, int]:
    found: dict[Source, int] = {"ui": 0, "provisioning": 0, "program": 0}
    for each in differences:
        found[each.source] += 1
    return found


def _order(entry: Entry) -> tuple[int, str, str, str]:
    return list(KINDS).index(entry.kind), entry.folder.lower(), entry.title.lower(), entry.uid
