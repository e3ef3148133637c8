"""An `issues` payload slimmed to the facts that tickets need. Pure; only what is used is validated."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from github_webhook.delivery import Headers, RequestError
from kaizen.events.github import GithubIssue
from kaizen.times import parse_instant

# fmt: off
ACTIONS = frozenset({
    "opened", "edited", "deleted", "transferred", "closed", "reopened", "assigned", "unassigned", "labeled",
    "unlabeled", "milestoned", "demilestoned", "locked", "unlocked", "pinned", "unpinned", "typed", "untyped",
})
# fmt: on
# The bus takes 256 KB an event, and a character may take six bytes of it; GitHub's own limits lie far below these.
MAX_TITLE, MAX_NAME, MAX_URL, MAX_LABEL, MAX_LABELS, MAX_ASSIGNEES = 512, 200, 2000, 100, 100, 20
# Years beyond would break the arithmetic or the text form of instants further on.
_YEARS = range(1970, 3000)
_NOTHING: Mapping[str, Any] = {}


def slim_issue(headers: Headers, payload: Mapping[str, Any], received_at: datetime) -> GithubIssue | None:
    """The event of a delivery, None for an action that tickets do not know.

    Raises RequestError 400 naming the first field that is missing or of the wrong type.
    """
    action = _text(payload, "action")
    if action not in ACTIONS:
        return None
    issue = _object(payload, "issue")
    repository = _object(payload, "repository")
    moved_issue, moved_repository = _moved(action, payload)
    return GithubIssue(
        delivery_id=headers.delivery_id,
        hook_id=headers.hook_id,
        received_at=received_at,
        action=action,
        repository_id=_id(repository, "repository.id"),
        repository=_text(repository, "repository.full_name", MAX_NAME),
        issue_id=_id(issue, "issue.id"),
        number=_id(issue, "issue.number"),
        title=_text(issue, "issue.title", MAX_TITLE),
        url=_url(issue, "issue.html_url"),
        state=_state(issue, action),
        state_reason=_optional_text(issue, "issue.state_reason"),
        labels=_names(issue, "issue.labels", "name", MAX_LABELS, MAX_LABEL),
        assignees=_names(issue, "issue.assignees", "login", MAX_ASSIGNEES, MAX_NAME),
        author=_login(issue.get("user")),
        created_at=_instant(issue, "issue.created_at"),
        updated_at=_instant(issue, "issue.updated_at"),
        closed_at=_optional_instant(issue, "issue.closed_at"),
        action_label=_action_label(action, payload),
        moved_issue_id=_id(moved_issue, "issue.id") if moved_issue else 0,
        moved_repository_id=_id(moved_repository, "repository.id") if moved_repository else 0,
        moved_opened_at=_optional_instant(moved_issue, "issue.created_at"),
        moved_labels=_names(moved_issue, "issue.labels", "name", MAX_LABELS, MAX_LABEL),
    )


def _moved(action: str, payload: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The issue and repository on the other side of a transfer, empty when there is none."""
    changes = payload.get("changes")
    if not isinstance(changes, dict):
        return _NOTHING, _NOTHING
    side = {"transferred": "new", "opened": "old"}.get(action)
    if side is None:
        return _NOTHING, _NOTHING
    issue, repository = changes.get(f"{side}_issue"), changes.get(f"{side}_repository")
    if not isinstance(issue, dict):
        return _NOTHING, _NOTHING
    return issue, repository if isinstance(repository, dict) else _NOTHING


def _fault(path: str, wanted: str) -> RequestError:
    return RequestError(400, "payload", f"the payload's {path} is not {wanted}")


def _leaf(path: str) -> str:
    return path.rpartition(".")[2]


def _object(parent: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    value = parent.get(_leaf(path))
    if not isinstance(value, dict):
        raise _fault(path, "an object")
    return value


def _clean(text: str) -> str:
    """Without lone surrogates and NUL, which no store and no later encoder takes."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def _text(parent: Mapping[str, Any], path: str, limit: int = MAX_NAME) -> str:
    value = parent.get(_leaf(path))
    if not isinstance(value, str):
        raise _fault(path, "text")
    return _clean(value)[:limit]


def _optional_text(parent: Mapping[str, Any], path: str) -> str:
    return "" if parent.get(_leaf(path)) is None else _text(parent, path)


def _url(parent: Mapping[str, Any], path: str) -> str:
    value = _text(parent, path, MAX_URL)
    if not value.startswith(("https://", "http://")):
        raise _fault(path, "a web address")
    return value


def _id(parent: Mapping[str, Any], path: str) -> int:
    value = parent.get(_leaf(path))
    if type(value) is not int or not 0 < value < 2**63:
        raise _fault(path, "a positive integer")
    return value


def _instant(parent: Mapping[str, Any], path: str) -> datetime:
    value = parent.get(_leaf(path))
    if isinstance(value, str):
        try:
            instant = parse_instant(value)
        except (ValueError, OverflowError):
            pass
        else:
            if instant.year in _YEARS:
                return instant
    raise _fault(path, f"an ISO 8601 instant from {_YEARS.start} to {_YEARS.stop - 1}")


def _optional_instant(parent: Mapping[str, Any], path: str) -> datetime | None:
    return None if parent.get(_leaf(path)) is None else _instant(parent, path)


def _state(issue: Mapping[str, Any], action: str) -> str:
    # `pinned` and `unpinned` may lack the state, and those actions change nothing else.
    if issue.get("state") is None and action in ("pinned", "unpinned"):
        return ""
    state = _text(issue, "issue.state")
    if state not in ("open", "closed"):
        raise _fault("issue.state", "open or closed")
    return state


def _names(issue: Mapping[str, Any], path: str, key: str, most: int, longest: int) -> tuple[str, ...]:
    values = issue.get(_leaf(path)) or []
    if not isinstance(values, list):
        raise _fault(path, "a list")
    names = [value.get(key) for value in values[:most] if isinstance(value, dict)]
    return tuple(sorted({_clean(name)[:longest] for name in names if isinstance(name, str)}))


def _login(user: Any) -> str:
    login = user.get("login") if isinstance(user, dict) else None
    return _clean(login)[:MAX_NAME] if isinstance(login, str) else ""


def _action_label(action: str, payload: Mapping[str, Any]) -> str:
    if action not in ("labeled", "unlabeled"):
        return ""
    return _text(_object(payload, "label"), "label.name", MAX_LABEL)
