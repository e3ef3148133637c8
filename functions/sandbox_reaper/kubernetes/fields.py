"""Reads parts of Kubernetes objects. What the API server always gives and is not there makes the object unreadable."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from kaizen.times import parse_instant
from sandbox_reaper.backend import BackendError
from sandbox_reaper.kubernetes.answers import Json

_NONE: Json = {}


def part(given: Json, *names: str) -> Json:
    """The object below some names; an empty one where there is none."""
    for name in names:
        below = given.get(name)
        given = below if isinstance(below, Mapping) else _NONE
    return given


def parts(given: Json, name: str) -> Iterator[Json]:
    """The objects of a list below a name."""
    below = given.get(name)
    return (each for each in below if isinstance(each, Mapping)) if isinstance(below, list) else iter(())


def text(given: Json, name: str) -> str:
    """Raises BackendError where there is no text."""
    found = given.get(name)
    if not isinstance(found, str) or not found:
        raise BackendError(f"an object of the API server has no {name}")
    return found


def whole(given: Json, name: str, default: int | None = None) -> int:
    """A whole number of at least 0; raises BackendError where there is none and no default."""
    found: Any = given.get(name, default)
    if type(found) is not int or found < 0:
        raise BackendError(f"an object of the API server has no good {name}")
    return found


def texts(given: Json) -> dict[str, str]:
    """Labels or annotations."""
    return {str(name): str(value) for name, value in given.items()}


def instant(given: Json, name: str) -> datetime:
    try:
        return parse_instant(text(given, name))
    except ValueError as error:
        raise BackendError(f"an object of the API server has no good {name}") from error


def controller(meta: Json) -> Json:
    """The owner that controls an object, by its metadata; an empty one where there is none."""
    owners = parts(meta, "ownerReferences")
    return next((each for each in owners if each.get("controller") is True), _NONE)
