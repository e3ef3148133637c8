"""Label and field selectors (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/). Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any

type Selects = Callable[[Mapping[str, Any]], bool]
_KEY = r"(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?"
KEY, VALUE = re.compile(_KEY), re.compile(_VALUE)
_EQUALS = re.compile(rf"\s*({_KEY})\s*(==|=|!=)\s*({_VALUE})\s*")
_IN = re.compile(rf"\s*({_KEY})\s+(in|notin)\s+\(([^()]*)\)\s*")
_EXISTS = re.compile(rf"\s*(!?)\s*({_KEY})\s*")
_FIELDS = {
    "metadata.name": ("metadata", "name"),
    "metadata.namespace": ("metadata", "namespace"),
    "status.phase": ("status", "phase"),
}


def labels(text: str) -> Selects:
    """Whether an object has the labels; an empty selector takes all. Raises ValueError for a malformed one."""
    needed = [_requirement(part) for part in _split(text)] if text.strip() else []
    return lambda given: all(each(_below(given, "metadata", "labels")) for each in needed)


def fields(text: str) -> Selects:
    """Raises ValueError for a malformed one, or for a field that is not served."""
    needed = []
    for part in text.split(",") if text else []:
        found = re.fullmatch(r"\s*([\w.]+)\s*(==|=|!=)\s*(.*?)\s*", part)
        if found is None:
            raise ValueError(f"invalid selector: '{text}'; can't understand '{part}'")
        if found[1] not in _FIELDS:
            raise ValueError(f'"{found[1]}" is not a known field selector: only "metadata.name", "metadata.namespace"')
        needed.append((_FIELDS[found[1]], found[2] != "!=", found[3]))
    return lambda given: all(
        (_below(given, path[0]).get(path[1], "") == value) is equal for path, equal, value in needed
    )


def _requirement(part: str) -> Callable[[Mapping[str, Any]], bool]:
    if found := _EQUALS.fullmatch(part):
        key, sign, value = found.groups()
        # As with notin: an object without the label is not equal to the value.
        return (lambda has: has.get(key) != value) if sign == "!=" else (lambda has: has.get(key) == value)
    if found := _IN.fullmatch(part):
        key, word, listed = found.groups()
        values = {each.strip() for each in listed.split(",")}
        if not all(VALUE.fullmatch(each) for each in values):
            raise ValueError(f"unable to parse requirement: a value of {part} is none")
        return (lambda has: has.get(key) in values) if word == "in" else (lambda has: has.get(key) not in values)
    if found := _EXISTS.fullmatch(part):
        absent, key = found.groups()
        return lambda has: (key in has) is not bool(absent)
    raise ValueError(f"unable to parse requirement: {part!r}")


def _split(text: str) -> list[str]:
    """At commas outside of parentheses."""
    return re.split(r",(?![^(]*\))", text)


def _below(given: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        given = given.get(name) or {}
    return given
