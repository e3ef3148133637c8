"""The REST API, as far as it is used: https://docs.github.com/en/rest. Shapes hold the documented fields in use."""

import base64
import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from kaizen.times import format_instant
from local.outside.github import files, hooks, issues
from local.outside.github.credentials import identity, installation_token
from local.outside.github.hooks import HOOK
from local.outside.github.refusals import answer, check_fault, comment_fault, invalid, refused
from local.outside.github.world import CheckRun, Comment, Commit, Identity, Json, Pull, Repository, World, folder_sha
from local.outside.service import Reply, Request

PREFIX = "/github/api"
VERSIONS = ("", "2022-11-28")
_PAGE, _LARGEST_PAGE = 30, 100
_MOST_ENTRIES = 100_000
_INLINE = 1024 * 1024  # bytes of a file that the contents API holds itself
_TOKENS = re.compile(r"/app/installations/(\d{1,18})/access_tokens")


class Api:
    """Answers one call after the other."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply:
        with self._world.lock:
            return self._answer(request, unquote(request.path.removeprefix(PREFIX)))

    def _answer(self, request: Request, path: str) -> Reply:
        if not request.headers.get("user-agent"):
            return Reply(
                403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent"
            )
        if request.headers.get("x-github-api-version", "") not in VERSIONS:
            return refused(400, "The version given in the X-GitHub-Api-Version header is not supported")
        authorization = request.headers.get("authorization", "")
        if found := HOOK.fullmatch(path):
            return hooks.answered(self._world, request, found)
        if found := _TOKENS.fullmatch(path):
            if request.method != "POST":
                return refused(404, "Not Found")
            return installation_token(self._world, authorization, int(found[1]))
        who = identity(self._world, authorization)
        if authorization and who is None:
            return refused(401, "Bad credentials")
        if path == "/user" and request.method == "GET":
            if who is None:
                return refused(401, "Requires authentication")
            return refused(403, "Resource not accessible by integration") if who.app_id else answer(200, _user(who))
        for method, pattern, serve in _ROUTES:
            found = pattern.fullmatch(path)
            if not found or method != request.method:
                continue
            repository = self._world.repositories.get(found["repository"])
            if repository is None or (repository.private and who is None):
                return refused(404, "Not Found")
            if who is None and method != "GET":
                return refused(401, "Requires authentication")
            reply: Reply = serve(Call(self._world, repository, who or Identity(""), request, found.groupdict()))
            return reply
        return refused(404, "Not Found")


class Call:
    """One request to a repository, its parts read."""

    def __init__(
        self, world: World, repository: Repository, who: Identity, request: Request, parts: dict[str, str]
    ) -> None:
        self.world, self.repository, self.who, self.request, self.parts = world, repository, who, request, parts
        self.query = {name: values[-1] for name, values in parse_qs(request.query).items()}

    def number(self, name: str) -> int:
        return int(self.parts[name])

    def content(self) -> dict[str, Any] | Reply:
        try:
            given = json.loads(self.request.body)
        except ValueError:
            return refused(400, "Problems parsing JSON")
        return given if isinstance(given, dict) else refused(400, "Body should be a JSON object")

    def page(self, items: Sequence[Json]) -> Reply:
        """One page of a list, with the Link header that leads on."""
        size = _whole(self.query.get("per_page", ""), _PAGE, _LARGEST_PAGE)
        page = _whole(self.query.get("page", ""), 1, 1_000_000)
        last = max(-(-len(items) // size), 1)
        links = [("prev", page - 1), ("first", 1)] if page > 1 else []
        links = ([("next", page + 1), ("last", last)] if page < last else []) + links
        shown = list(items[(page - 1) * size : page * size])
        header = ", ".join(f'<{self._at(size, number)}>; rel="{name}"' for name, number in links)
        return answer(200, shown, *([("link", header)] if header else []))

    def _at(self, size: int, page: int) -> str:
        host = self.request.headers.get("host", "127.0.0.1")
        query = urlencode(self.query | {"per_page": size, "page": page})
        return f"http://{host}{self.request.path}?{query}"


def _whole(text: str, default: int, largest: int) -> int:
    return min(max(int(text), 1), largest) if text.isascii() and text.isdecimal() and len(text) < 10 else default


def _user(who: Identity) -> Json:
    return {"login": who.login, "type": "User"}


def _pull(call: Call) -> Reply:
    pull = call.repository.pulls.get(call.number("number"))
    return answer(200, pull_content(call.repository, pull)) if pull else refused(404, "Not Found")


def pull_content(repository: Repository, pull: Pull) -> Json:
    """A pull request as the API and webhooks give it out."""
    head = {"full_name": pull.head_repository} if pull.head_repository else None
    page = f"https://github.com/{repository.full_name}"
    return {
        "number": pull.number,
        "state": pull.state,
        "title": pull.title,
        "html_url": f"{page}/pull/{pull.number}",
        "user": {"login": pull.author, "type": "User"},
        "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": {"full_name": repository.full_name}},
        "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": head},
        "changed_files": len(files.changed(repository, pull)),
    }


def _files(call: Call) -> Reply:
    pull = call.repository.pulls.get(call.number("number"))
    return call.page(files.changed(call.repository, pull)[: files.MOST_FILES]) if pull else refused(404, "Not Found")


def _compare(call: Call) -> Reply:
    base, _, head = call.parts["pair"].partition("...")
    one, other = call.repository.resolve(base), call.repository.resolve(head)
    if one is None or other is None:
        return refused(404, "Not Found")
    common = call.repository.merge_base(one, other)
    if common is None:
        return refused(404, f"No common ancestor between {base} and {head}.")
    status = "identical" if one == other else "ahead" if common == one else "behind" if common == other else "diverged"
    content: Json = {
        "status": status,
        "base_commit": _commit(one),
        "merge_base_commit": _commit(common),
        "commits": [],
        "files": [],
    }
    return answer(200, content)


def _commit(commit: Commit) -> Json:
    return {"sha": commit.sha, "parents": [{"sha": commit.parent}] if commit.parent else []}


def _contents(call: Call) -> Reply:
    ref, path = call.query.get("ref", "main"), call.parts["path"]
    commit = call.repository.resolve(ref)
    if commit is None:
        return refused(404, f"No commit found for the ref {ref}")
    if path not in commit.files:
        below = sorted({each for each in commit.files if each.startswith(f"{path.rstrip('/')}/")})
        folder = [{"type": "file", "path": each, "sha": commit.files[each]} for each in below]
        return answer(200, folder) if folder else refused(404, "Not Found")
    sha = commit.files[path]
    content = call.repository.blobs[sha]
    entry: Json = {"type": "file", "path": path, "name": path.rpartition("/")[2], "sha": sha, "size": len(content)}
    if len(content) > _INLINE:
        return answer(200, entry | {"encoding": "none", "content": ""})
    return answer(200, entry | {"encoding": "base64", "content": _lines(content)})


def _blob(call: Call) -> Reply:
    sha = call.parts["sha"]
    content = call.repository.blobs.get(sha)
    if content is None:
        return refused(404, "Not Found")
    return answer(200, {"sha": sha, "size": len(content), "encoding": "base64", "content": _lines(content)})


def _tree(call: Call) -> Reply:
    """A folder by its sha, or a commit's root; `recursive` lists all below."""
    sha = call.parts["sha"]
    commit = call.repository.resolve(sha)
    files = commit.files if commit else call.repository.folder(sha)
    if files is None:
        return refused(404, "Not Found")
    entries: dict[str, Json] = {}
    for path, blob in sorted(files.items()):
        parts = path.split("/")
        for depth in range(1, len(parts)):
            above = "/".join(parts[:depth])
            entries[above] = {"path": above, "mode": "040000", "type": "tree", "sha": folder_sha(files, above)}
        size = len(call.repository.blobs[blob])
        entries[path] = {"path": path, "mode": "100644", "type": "blob", "sha": blob, "size": size}
    shown = [each for each in entries.values() if "recursive" in call.query or "/" not in str(each["path"])]
    return answer(200, {"sha": sha, "tree": shown[:_MOST_ENTRIES], "truncated": len(shown) > _MOST_ENTRIES})


def _lines(content: bytes) -> str:
    text = base64.b64encode(content).decode()
    return "".join(f"{text[start : start + 60]}\n" for start in range(0, len(text), 60))


def _comments(call: Call) -> Reply:
    number = call.number("number")
    if number not in call.repository.pulls:
        return refused(404, "Not Found")
    listed = [each for each in call.repository.comments.values() if each.number == number]
    return call.page([_comment(call.repository, each) for each in listed])


def _comment(repository: Repository, comment: Comment) -> Json:
    app = {"id": comment.author.app_id, "slug": comment.author.app_slug} if comment.author.app_id else None
    page = f"https://github.com/{repository.full_name}/pull/{comment.number}"
    return {
        "id": comment.comment_id,
        "html_url": f"{page}#issuecomment-{comment.comment_id}",
        "body": comment.body,
        "user": {"login": comment.author.login, "type": "Bot" if app else "User"},
        "performed_via_github_app": app,
        "created_at": format_instant(comment.created_at),
        "updated_at": format_instant(comment.updated_at),
    }


def _write_comment(call: Call) -> Reply:
    given = call.content()
    number = call.number("number")
    if isinstance(given, Reply):
        return given
    if number not in call.repository.pulls:
        return refused(404, "Not Found")
    if fault := comment_fault(given):
        return fault
    now = call.world.clock()
    made = Comment(next(call.world.numbers), number, call.who, given["body"], now, now)
    call.repository.comments[made.comment_id] = made
    return answer(201, _comment(call.repository, made))


def _edit_comment(call: Call) -> Reply:
    given = call.content()
    comment = call.repository.comments.get(call.number("id"))
    if isinstance(given, Reply):
        return given
    if comment is None:
        return refused(404, "Not Found")
    if fault := comment_fault(given):
        return fault
    comment.body, comment.updated_at = given["body"], call.world.clock()
    return answer(200, _comment(call.repository, comment))


def _create_check(call: Call) -> Reply:
    given = call.content()
    if isinstance(given, Reply):
        return given
    if not call.who.app_id:
        return refused(403, "You must authenticate via a GitHub App.")
    if fault := check_fault(given, new=True):
        return fault
    if given["head_sha"] not in call.repository.commits:
        return invalid("CheckRun", "head_sha", f"No commit found for SHA: {given['head_sha']}")
    made = CheckRun(next(call.world.numbers), call.who.app_id, given["name"], given["head_sha"])
    call.repository.checks[made.check_run_id] = made
    _write(made, given)
    return answer(201, _check(call.repository, made))


def _update_check(call: Call) -> Reply:
    given = call.content()
    check = call.repository.checks.get(call.number("id"))
    if isinstance(given, Reply):
        return given
    if check is None:
        return refused(404, "Not Found")
    if check.app_id != call.who.app_id:
        return refused(403, "Invalid app_id: the check run was made by another App")
    if fault := check_fault(given, new=False):
        return fault
    _write(check, given)
    return answer(200, _check(call.repository, check))


def _write(check: CheckRun, given: dict[str, Any]) -> None:
    """A conclusion completes it; annotations are added to those that are there."""
    check.conclusion = given.get("conclusion", check.conclusion)
    check.status = "completed" if "conclusion" in given else given.get("status", check.status)
    check.details_url = given.get("details_url", check.details_url)
    check.external_id = given.get("external_id", check.external_id)
    output = dict(given.get("output", {}))
    check.annotations += output.pop("annotations", [])
    check.output |= output


def _check(repository: Repository, check: CheckRun) -> Json:
    output = check.output | {"annotations_count": len(check.annotations)}
    return {
        "id": check.check_run_id,
        "name": check.name,
        "head_sha": check.head_sha,
        "status": check.status,
        "conclusion": check.conclusion,
        "details_url": check.details_url,
        "external_id": check.external_id,
        "html_url": f"https://github.com/{repository.full_name}/runs/{check.check_run_id}",
        "output": output,
        "app": {"id": check.app_id},
    }


def _statuses(call: Call) -> Reply:
    statuses = call.repository.deployments.get(call.number("id"))
    return refused(404, "Not Found") if statuses is None else call.page(statuses)


def _deployments(call: Call) -> Reply:
    """Newest first."""
    wanted = call.query.get("environment", "")
    listed = [each for each in call.repository.deployed.values() if wanted in ("", each["environment"])]
    return call.page(sorted(listed, key=lambda each: (each["created_at"], each["id"]), reverse=True))


def _newest(call: Call) -> Reply:
    """A branch, a tag or a commit, as `GET /commits/{ref}` takes all of them."""
    ref = call.parts["ref"]
    sha = call.repository.branches.get(ref) or call.repository.tags.get(ref.removeprefix("tags/"), ref)
    if sha not in call.repository.commits:
        return refused(422, f"No commit found for SHA: {call.parts['ref']}")
    return answer(200, {"sha": sha, "parents": [{"sha": call.repository.commits[sha].parent}]})


def _route(method: str, path: str, serve: Callable[[Call], Reply]) -> tuple[str, re.Pattern[str], Any]:
    return method, re.compile(r"/repos/(?P<repository>[^/]+/[^/]+)" + path), serve


def _repository(call: Call) -> Reply:
    found = call.repository
    owner = {"login": found.full_name.partition("/")[0]}
    return answer(
        200, {"id": found.repository_id, "full_name": found.full_name, "private": found.private, "owner": owner}
    )


def _issues(call: Call) -> Reply:
    listed = issues.listed(call.repository, call.query)
    return listed if isinstance(listed, Reply) else call.page(listed)


def _issue(call: Call) -> Reply:
    return issues.one(call.repository, call.number("number"))


_ROUTES = (
    _route("GET", "", _repository),
    _route("GET", "/issues", _issues),
    _route("GET", r"/issues/(?P<number>\d{1,18})", _issue),
    _route("GET", r"/pulls/(?P<number>\d{1,18})", _pull),
    _route("GET", r"/pulls/(?P<number>\d{1,18})/files", _files),
    _route("GET", r"/compare/(?P<pair>.+\.\.\..+)", _compare),
    _route("GET", r"/contents/(?P<path>.+)", _contents),
    _route("GET", r"/git/blobs/(?P<sha>[0-9a-f]{40})", _blob),
    _route("GET", r"/git/trees/(?P<sha>.+)", _tree),
    _route("GET", r"/issues/(?P<number>\d{1,18})/comments", _comments),
    _route("POST", r"/issues/(?P<number>\d{1,18})/comments", _write_comment),
    _route("PATCH", r"/issues/comments/(?P<id>\d{1,18})", _edit_comment),
    _route("POST", r"/check-runs", _create_check),
    _route("PATCH", r"/check-runs/(?P<id>\d{1,18})", _update_check),
    _route("GET", r"/commits/(?P<ref>.+)", _newest),
    _route("GET", r"/deployments", _deployments),
    _route("GET", r"/deployments/(?P<id>\d{1,18})/statuses", _statuses),
)
