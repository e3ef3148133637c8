"""Fields of GitHub's answers with their types checked: an answer of another shape is an error, not a crash. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kaizen.github.errors import UnavailableError
from kaizen.times import parse_instant


def fault(path: str) -> UnavailableError:
    return UnavailableError(0, f"GitHub's answer has no readable {path}")


def value(content: Any, path: str) -> Any:
    """What lies under a dotted path; None where a part of the way is missing or null."""
    for name in path.split("."):
        if not isinstance(content, Mapping):
            return None
        content = content.get(name)
    return content


def text(content: Any, path: str) -> str:
    """Raises UnavailableError where there is no text."""
    found = value(content, path)
    if not isinstance(found, str):
        raise fault(path)
    return found


def optional_text(content: Any, path: str) -> str:
    """Empty where there is none."""
    return text(content, path) if value(content, path) is not None else ""


def number(content: Any, path: str) -> int:
    found = value(content, path)
    if type(found) is not int:
        raise fault(path)
    return found


def optional_number(content: Any, path: str) -> int:
    """0 where there is none."""
    return number(content, path) if value(content, path) is not None else 0


def instant(content: Any, path: str) -> datetime:
    try:
        return parse_instant(text(content, path))
    except (ValueError, OverflowError) as error:
        raise fault(path) from error


def items(content: Any) -> list[Any]:
    """The items of an answer that is a list."""
    if not isinstance(content, list):
        raise fault("list")
    return content
