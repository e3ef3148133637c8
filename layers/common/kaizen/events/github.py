"""Events on the bus: typed, versioned, slim. Facts, never whole payloads."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Self, get_type_hints

from kaizen.times import format_instant, parse_instant

SOURCE = "kaizen.github"
VERSION = 1


class MalformedEventError(Exception):
    """A detail that is not this event. Permanent: a retry reads the same."""


@dataclass(frozen=True, slots=True)
class GithubIssue:
    """One `issues` delivery: what happened, and the issue as it stood then. Instants are aware UTC.

    `action_label` is the label that was added or removed; `moved_*` name the issue on the other side of a
    transfer (0 when there is none), with `moved_opened_at` its opening and `moved_labels` its labels.
    """

    DETAIL_TYPE = "github.issues"

    delivery_id: str
    hook_id: str
    received_at: datetime
    action: str
    repository_id: int
    repository: str
    issue_id: int
    number: int
    title: str
    url: str
    state: str
    state_reason: str
    labels: tuple[str, ...]
    assignees: tuple[str, ...]
    author: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    action_label: str
    moved_issue_id: int
    moved_repository_id: int
    moved_opened_at: datetime | None
    moved_labels: tuple[str, ...]

    def detail(self) -> dict[str, Any]:
        """JSON-ready; instants as ISO text, the version beside the facts."""
        content: dict[str, Any] = {"version": VERSION}
        for name, value in asdict(self).items():
            content[name] = format_instant(value) if isinstance(value, datetime) else value
        return content

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> Self:
        """Read what `detail` wrote. Raises MalformedEventError naming the first fault."""
        if detail.get("version") != VERSION:
            raise MalformedEventError(f"version {detail.get('version')!r} is not {VERSION}")
        kinds = get_type_hints(cls)
        values = {}
        for name in (field.name for field in fields(cls)):
            try:
                values[name] = _read(detail[name], kinds[name])
            except (KeyError, TypeError, ValueError) as error:
                raise MalformedEventError(f"{name}: {type(error).__name__}") from error
        return cls(**values)


def _read(value: Any, kind: Any) -> Any:
    if kind is datetime:
        return parse_instant(value)
    if kind == datetime | None:
        return None if value is None else parse_instant(value)
    if kind == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise TypeError
        return tuple(value)
    if type(value) is not kind:
        raise TypeError
    return value
