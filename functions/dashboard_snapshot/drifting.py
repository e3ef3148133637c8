"""One look at drift: git's two sides are read, and each dashboard gets its class."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard_snapshot.canonical import digest
from dashboard_snapshot.comparing import ANONYMOUS
from dashboard_snapshot.deployed import Deployed, deployed
from dashboard_snapshot.diffs import alike
from dashboard_snapshot.drift import Item, Kind, classified, continued
from dashboard_snapshot.driftstate import Drift, files_from_json, files_to_json
from dashboard_snapshot.gitfiles import GitFile, NoTimeError, Side, read_files
from dashboard_snapshot.model import Entry, Manifest
from dashboard_snapshot.store import RENEWED, SnapshotStore
from kaizen.github.client import Github
from kaizen.github.contents import head_of
from kaizen.github.errors import GithubError, NotFoundError, UnprocessableError
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import SecretError
from kaizen.times import format_instant, parse_instant

_FIRST_YEAR = 2000  # Grafana writes the year 1 for an instant that it does not know


@dataclass(frozen=True, slots=True)
class Drifting:
    """`github` makes the client. `is_gone` asks Grafana for a dashboard that it does not list: True where it says that
    there is none; False where it does not tell, as of one that its token may not see."""

    github: Callable[[], Github]
    store: SnapshotStore
    policy: DashboardSnapshotPolicy
    in_time: Callable[[], bool]
    is_gone: Callable[[str], bool]

    def judged(self, manifest: Manifest, last: Drift | None, now: datetime) -> Drift | None:
        """None where the policy asks for none. Where GitHub does not answer, what was known stands as it was.

        Raises ClientError where the bucket fails.
        """
        repository, path = self.policy.repository, self.policy.path
        if repository is None or path is None:
            return None
        folder = "" if path == "." else path
        if last is not None and (last.repository, last.folder) != (repository, folder):
            last = None
        known = self._known(last, now)

        def keep(sha256: str, content: bytes) -> str:
            self.store.keep(sha256, content)
            return format_instant(now)

        before = dict(known)
        try:
            github = self.github()
            head = head_of(github, repository, self.policy.branch)
            base = deployed(github, repository, self.policy)
            new = read_files(github, repository, head, folder, known, keep, self.in_time)
            try:
                old = read_files(github, repository, base[0], folder, known, keep, self.in_time) if base[0] else new
            except (NotFoundError, UnprocessableError) as error:
                logger.warning("the deployed commit is not in the repository", commit=base[0], fault=str(error))
                base, old = ("", ""), new
        except (GithubError, SecretError, NoTimeError) as error:
            logger.warning("drift is not judged", fault=str(error))
            if last is None:
                return None if known == before else self._started(repository, folder, known, now)
            return last if known == before else replace(last, files=self._listed(known), files_at=format_instant(now))
        found = self._compared(manifest, new, old, last)
        kept = {blob: each for blob, each in known.items() if blob in new.blobs | old.blobs}
        return self._state(found, kept, before, last, repository, folder, head, base, new, now)

    def _compared(
        self, manifest: Manifest, new: Side, old: Side, last: Drift | None
    ) -> tuple[tuple[Item, ...], set[tuple[str, str]], list[str]]:
        """The items, the pairs that mean the same, and what could not be judged, in words."""
        pairs: set[tuple[str, str]] = set(last.alike) if last is not None else set()
        used = set() if manifest.complete else set(pairs)
        live = manifest.by_uid
        contents = {file.canonical: file for side in (new, old) for _, file in side.files.values()}

        def same(one: str, other: str) -> bool:
            pair = (one, other)
            if pair not in pairs and not alike(self._content(contents, one), self._content(contents, other)):
                return False
            used.add(pair)
            return True

        items: list[Item] = []
        unjudged: list[str] = []
        before = {each.uid: each for each in last.items} if last is not None else {}
        for uid in sorted(new.files.keys() | old.files.keys() | live.keys() | before.keys()):
            entry = live.get(uid)
            if entry is None and not manifest.complete and uid not in manifest.gone:
                items += [before[uid]] if uid in before else []  # not read: what was known of it stands
                continue
            path, head = new.files.get(uid, ("", None))
            base_path, base = old.files.get(uid, ("", None))
            kind = classified(_sha(base), _sha(head), entry.sha256 if entry else None, same)
            known = before.get(uid)
            was_missing = known is not None and known.kind == "missing"
            if kind == "missing" and not was_missing and uid not in manifest.gone and not self.is_gone(uid):
                unjudged.append(f"{path or base_path}: Grafana does not list {uid}, and does not say that it is gone")
                continue
            if kind != "same":
                items.append(_item(uid, kind, path or base_path, entry, head or base, _sha(head), manifest))
        return continued(items, before.values()), used, unjudged

    def _content(self, files: dict[str, GitFile], sha: str) -> bytes:
        return self.store.content(files[sha].sha256 if sha in files else sha)

    def _known(self, last: Drift | None, now: datetime) -> dict[str, GitFile]:
        """Versions of files that need not be read again; those that the bucket's lifecycle may remove soon do."""
        if last is None or not last.files:
            return {}
        known = files_from_json(json.loads(self.store.content(last.files)))
        return {
            blob: each for blob, each in known.items()
            if not each.stored_at or now - parse_instant(each.stored_at) <= RENEWED
        }  # fmt: skip

    def _listed(self, known: dict[str, GitFile]) -> str:
        content = json.dumps(files_to_json(known), separators=(",", ":"), sort_keys=True).encode()
        sha256 = digest(content)
        self.store.keep(sha256, content)
        return sha256

    def _started(self, repository: str, folder: str, known: dict[str, GitFile], now: datetime) -> Drift:
        """Nothing is judged yet; the files that were read are not read again."""
        at = format_instant(now)
        return Drift(repository, folder, "", "", "", "", (), (), self._listed(known), at, ())

    def _state(
        self, found: tuple[tuple[Item, ...], set[tuple[str, str]], list[str]], kept: dict[str, GitFile],
        before: dict[str, GitFile], last: Drift | None, repository: str, folder: str, head: str, base: Deployed,
        new: Side, now: datetime,
    ) -> Drift:  # fmt: skip
        """An unchanged list of files is written again only before the lifecycle removes it."""
        files, files_at = (last.files, last.files_at) if last is not None else ("", "")
        if not files or kept != before or now - parse_instant(files_at) > RENEWED:
            files, files_at = self._listed(kept), format_instant(now)
        items, pairs, unjudged = found
        return Drift(
            repository=repository, folder=folder, head=head, base=base[0], base_from=base[1],
            judged_at=format_instant(now), items=items, problems=(*new.problems, *unjudged)[:100],
            files=files, files_at=files_at, alike=tuple(sorted(pairs)), note=last.note if last is not None else "",
        )  # fmt: skip


def _item(
    uid: str, kind: Kind, path: str, entry: Entry | None, file: GitFile | None, head: str | None, manifest: Manifest
) -> Item:
    """Of an edit, Grafana says when it was made and by whom; of anything else, this run is the first to know."""
    edit = entry if kind != "not_deployed" else None
    return Item(
        uid=uid,
        title=entry.title if entry is not None else file.title if file is not None else uid,
        kind=kind,
        path=path,
        author=edit.updated_by if edit is not None and edit.updated_by != ANONYMOUS else "",
        since=format_instant(_began(edit, manifest.started_at)),
        live=entry.sha256 if entry is not None else "",
        head=file.sha256 if file is not None and head else "",
    )


def _began(edit: Entry | None, started: datetime) -> datetime:
    try:
        saved = parse_instant(edit.updated_at) if edit is not None else started
    except ValueError:
        return started
    return saved if saved.year >= _FIRST_YEAR and saved < started else started


def _sha(file: GitFile | None) -> str | None:
    return file.canonical if file is not None else None
