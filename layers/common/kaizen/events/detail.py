"""Details of events as JSON, written by one version of the code and read by another. Pure.

Whoever publishes may be newer or older than whoever reads: events wait in queues while we deploy, and dead letters for
days. So a reader takes what it knows: other fields are left alone, and fields with a default may be missing.
A new field therefore needs a default; a change that breaks readers needs a new type of event.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, fields
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Self, get_type_hints

from kaizen.times import format_instant, parse_instant


class MalformedEventError(Exception):
    """A detail that is not this event. Permanent: a retry reads the same."""


class Detail:
    """Base of frozen dataclasses that travel as JSON. Instants are aware UTC, as text without parts of a second.

    VERSION tells people and logs who wrote a detail; readers accept every version that has the fields they require.
    Field types: text, whole numbers, booleans, instants, instants or None, tuples of text, JSON objects.
    """

    __slots__ = ()
    VERSION: ClassVar[int] = 1

    def detail(self) -> dict[str, Any]:
        """JSON-ready, the version beside the facts."""
        content: dict[str, Any] = {"version": self.VERSION}
        for name, value in asdict(self).items():  # type: ignore[call-overload]  # subclasses are dataclasses
            content[name] = format_instant(value) if isinstance(value, datetime) else value
        return content

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> Self:
        """Read what some version's `detail` wrote. Raises MalformedEventError naming the first field at fault."""
        version = detail.get("version")
        if type(version) is not int or version < 1:
            raise MalformedEventError("version is missing or no whole number from 1")
        values = {}
        for field, kind in _fields(cls):  # type: ignore[arg-type]  # every class is hashable
            if field.name in detail:
                values[field.name] = _read(field.name, detail[field.name], kind)
            elif field.default is MISSING and field.default_factory is MISSING:
                raise MalformedEventError(f"{field.name} is missing")
        return cls(**values)


@cache
def _fields(cls: Any) -> tuple[tuple[Field[Any], Any], ...]:
    kinds = get_type_hints(cls)
    return tuple((field, kinds[field.name]) for field in fields(cls))


def _read(name: str, value: Any, kind: Any) -> Any:
    if kind == datetime | None and value is None:
        return None
    if kind in (datetime, datetime | None):
        return _instant(name, value)
    if kind == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise MalformedEventError(f"{name} is no list of texts")
        return tuple(value)
    wanted = dict if kind == Mapping[str, Any] else kind
    if type(value) is not wanted:  # bool is an int, and no number here
        raise MalformedEventError(f"{name} is no {wanted.__name__}")
    return value


def _instant(name: str, value: Any) -> datetime:
    if isinstance(value, str):
        try:
            return parse_instant(value)
        except (ValueError, OverflowError):
            pass
    raise MalformedEventError(f"{name} is no instant")


def correlated(detail: dict[str, Any], correlation_id: str) -> dict[str, Any]:
    """A detail with the id by which logs of publisher and consumer are put together; it is no fact of the event."""
    return detail | {"correlation_id": correlation_id} if correlation_id else detail


def correlation_of(detail: Mapping[str, Any]) -> str:
    """The id that came with a detail; empty where there is none."""
    given = detail.get("correlation_id")
    return given if isinstance(given, str) else ""
