"""Our dataclasses as plain values for a table, and back. Pure. Instants are text with their parts of a second."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def to_plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: to_plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Mapping):
        return {name: to_plain(each) for name, each in value.items()}
    return [to_plain(each) for each in value] if isinstance(value, list | tuple) else value


def from_plain[T](kind: type[T], plain: Mapping[str, Any]) -> T:
    """A dataclass of that kind; fields that are not there have their default, others are left out."""
    hints = _hints(kind)  # type: ignore[arg-type]
    return kind(**{name: _read(hints[name], value) for name, value in plain.items() if name in hints})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, UnionType):
        (hint,) = [each for each in get_args(hint) if each is not type(None)]
    if hint is datetime:
        return datetime.fromisoformat(value)
    if is_dataclass(hint):
        return from_plain(hint, value)  # type: ignore[arg-type]
    if get_origin(hint) is tuple:
        return tuple(_read(get_args(hint)[0], each) for each in value)
    return float(value) if hint is float else value
