"""What the double knows: repositories with their commits, pull requests, comments, check runs, deployments.

Features play their samples through the methods here; the API is `api.py`.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from kaizen.times import format_instant

Json = dict[str, object]


def blob_sha(content: bytes) -> str:
    """As git names it."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def below(files: Mapping[str, str], folder: str) -> dict[str, str]:
    """Files of a folder with their blobs, by paths that begin there."""
    above = f"{folder}/"
    return {path.removeprefix(above): sha for path, sha in files.items() if path.startswith(above)}


def folder_sha(files: Mapping[str, str], folder: str) -> str:
    """A folder's name, which follows from what is in it."""
    return hashlib.sha1(f"tree {sorted(below(files, folder).items())}".encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls: an installation of an App, or the owner of a token (app id 0)."""

    login: str
    app_id: int = 0
    app_slug: str = ""


@dataclass(slots=True)
class Comment:
    comment_id: int
    number: int
    author: Identity
    body: str
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class CheckRun:
    check_run_id: int
    app_id: int
    name: str
    head_sha: str
    status: str = "queued"
    conclusion: str | None = None
    details_url: str = ""
    external_id: str = ""
    output: Json = field(default_factory=dict)
    annotations: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class Pull:
    number: int
    title: str
    author: str
    base_ref: str
    head_ref: str
    base_sha: str
    head_sha: str
    head_repository: str | None
    renames: Mapping[str, str]  # new name -> old name, where the content changed as well
    state: str = "open"


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    parent: str
    files: Mapping[str, str]  # path -> blob


@dataclass(slots=True)
class HookDelivery:
    """One attempt at a delivery; `status` 0 where nobody answered."""

    delivery_id: int
    guid: str
    event: str
    body: bytes
    at: datetime
    status: int
    redelivery: bool = False


class Hook:
    """A webhook: `send` posts the event, its guid and body, and gives the status of the answer, 0 for none."""

    def __init__(self, send: Callable[[str, str, bytes], int], world: "World", app_id: int = 0) -> None:
        self.send = send
        self.app_id = app_id  # whose own it is; 0 for one of a repository or organization
        self.deliveries: list[HookDelivery] = []
        self._world = world

    def deliver(self, event: str, guid: str, body: bytes, *, lost: bool = False) -> HookDelivery:
        """A first attempt; a `lost` one never reaches anybody."""
        return self._attempt(event, guid, body, 0 if lost else self.send(event, guid, body), redelivery=False)

    def repeat(self, delivery: HookDelivery) -> None:
        """GitHub does it a moment after it was asked; here it is done at once."""
        status = self.send(delivery.event, delivery.guid, delivery.body)
        self._attempt(delivery.event, delivery.guid, delivery.body, status, redelivery=True)

    def _attempt(self, event: str, guid: str, body: bytes, status: int, *, redelivery: bool) -> HookDelivery:
        with self._world.lock:
            number, at = next(self._world.numbers), self._world.clock()
            made = HookDelivery(number, guid, event, body, at, status, redelivery)
            self.deliveries.append(made)
            return made


class Repository:
    """One repository; commits know their one parent, and refs are branches."""

    def __init__(self, full_name: str, private: bool, world: "World") -> None:
        self.full_name = full_name
        self.repository_id = next(world.numbers)
        self.private = private
        self.blobs: dict[str, bytes] = {}
        self.commits: dict[str, Commit] = {}
        self.branches: dict[str, str] = {}
        self.pulls: dict[int, Pull] = {}
        self.comments: dict[int, Comment] = {}
        self.checks: dict[int, CheckRun] = {}
        self.tags: dict[str, str] = {}
        self.deployments: dict[int, list[Json]] = {}
        self.deployed: dict[int, Json] = {}  # as the API lists them
        self.issues: dict[int, Json] = {}  # as the API shows them
        self.gone: dict[int, str] = {}  # numbers of issues that are not here any more: `deleted` or `transferred`
        self._world = world

    def commit(self, branch: str, changes: Mapping[str, str | bytes | None], parent: str | None = None) -> str:
        """A commit on a branch with some files changed, None for one that goes; its sha."""
        with self._world.lock:
            above = self.branches.get(branch, "") if parent is None else parent
            files = dict(self.commits[above].files) if above else {}
            for path, content in changes.items():
                if content is None:
                    files.pop(path)
                    continue
                raw = content.encode() if isinstance(content, str) else content
                files[path] = blob_sha(raw)
                self.blobs[files[path]] = raw
            words = f"{above} {sorted(files.items())} {len(self.commits)}"
            sha = hashlib.sha1(words.encode(), usedforsecurity=False).hexdigest()
            self.commits[sha] = Commit(sha, above, files)
            self.branches[branch] = sha
            return sha

    def pull_request(
        self,
        title: str,
        changes: Mapping[str, str | bytes | None],
        *,
        author: str = "octo-dev",
        base: str = "main",
        branch: str = "",
        fork: str | None = "",
        renames: Mapping[str, str] | None = None,
    ) -> int:
        """An open pull request that changes files (None removes one); its number.

        `fork` is the full name of the head's repository: empty for this one, None for a fork that is gone.
        """
        with self._world.lock:
            number = next(self._world.numbers)
            head_ref = branch or f"change-{number}"
            base_sha = self.branches[base]
            head_sha = self.commit(head_ref, changes, parent=base_sha)
            head_repository = self.full_name if fork == "" else fork
            self.pulls[number] = Pull(
                number, title, author, base, head_ref, base_sha, head_sha, head_repository, dict(renames or {})
            )
            return number

    def push(self, number: int, changes: Mapping[str, str | bytes | None]) -> str:
        """One more commit on a pull request's branch; its sha."""
        with self._world.lock:
            pull = self.pulls[number]
            pull.head_sha = self.commit(pull.head_ref, changes)
            return pull.head_sha

    def deployment(self, deployment_id: int, sha: str = "", environment: str = "production") -> None:
        """A deployment without a status yet, of a commit."""
        with self._world.lock:
            self.deployments.setdefault(deployment_id, [])
            at = format_instant(self._world.clock())
            self.deployed[deployment_id] = {
                "id": deployment_id, "sha": sha or self.branches.get("main", ""), "ref": "main", "task": "deploy",
                "environment": environment, "created_at": at, "updated_at": at,
            }  # fmt: skip

    def deployment_status(self, deployment_id: int, state: str, environment: str = "production") -> int:
        """A new status of a deployment, which GitHub lists first; its id."""
        with self._world.lock:
            number = next(self._world.numbers)
            at = format_instant(self._world.clock())
            self.deployments.setdefault(deployment_id, []).insert(
                0,
                {
                    "id": number,
                    "state": state,
                    "environment": environment,
                    "description": "",
                    "target_url": "",
                    "log_url": "",
                    "created_at": at,
                    "updated_at": at,
                    "creator": {"login": "octo-dev", "type": "User"},
                },
            )
            return number

    def resolve(self, ref: str) -> Commit | None:
        """The commit that a sha or branch names."""
        sha = self.branches.get(ref.removeprefix("refs/heads/").removeprefix("heads/"), ref)
        return self.commits.get(sha)

    def folder(self, sha: str) -> dict[str, str] | None:
        """The files of a folder of any commit, by its name."""
        for commit in self.commits.values():
            folders = {
                "/".join(path.split("/")[:depth]) for path in commit.files for depth in range(1, path.count("/") + 1)
            }
            for each in sorted(folders):
                if folder_sha(commit.files, each) == sha:
                    return below(commit.files, each)
        return None

    def merge_base(self, one: Commit, other: Commit) -> Commit | None:
        above = {each.sha for each in self._line(one)}
        return next((each for each in self._line(other) if each.sha in above), None)

    def _line(self, commit: Commit) -> Iterator[Commit]:
        at: Commit | None = commit
        while at is not None:
            yield at
            at = self.commits.get(at.parent)


class World:
    """`clock` gives aware UTC. `lock` is held for every call of the API, and by the methods that seed."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.numbers = count(1)
        self.repositories: dict[str, Repository] = {}
        self.hooks: dict[
            str, Hook
        ] = {}  # by path: `app/hook`, `repos/<owner>/<name>/hooks/<id>`, `orgs/<name>/hooks/<id>`
        self.tokens: dict[str, tuple[Identity, datetime | None]] = {}
        self.apps: dict[str, tuple[Identity, int, bytes]] = {}  # app id -> who, installation, public key (DER)

    def repository(
        self, full_name: str, files: Mapping[str, str | bytes] | None = None, *, private: bool = True
    ) -> Repository:
        """A repository with files on its branch `main`; the one that is there already, if any."""
        with self.lock:
            if full_name not in self.repositories:
                made = Repository(full_name, private, self)
                made.commit("main", dict(files or {"README.md": f"# {full_name}\n"}))
                self.repositories[full_name] = made
            return self.repositories[full_name]

    def token(self, token: str, login: str) -> None:
        """A personal token that is good from now on."""
        with self.lock:
            self.tokens[token] = (Identity(login), None)

    def app(self, app_id: int, slug: str, installation_id: int, public_key: bytes) -> None:
        """A GitHub App that is installed for every repository; the key is DER, as KMS gives it out."""
        with self.lock:
            identity = Identity(f"{slug}[bot]", app_id, slug)
            self.apps[str(app_id)] = (identity, installation_id, public_key)
