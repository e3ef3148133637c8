"""JSON read with its spelling: what stays the same keeps its very characters when something else is changed. Pure."""

import json
import re
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # what json.loads itself reads texts with
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")


class JsonTextError(ValueError):
    """It is no JSON, or an object of it has a name twice."""


@dataclass(slots=True)
class Part:
    """One member or element. `lead` is the space before it, `name` an object's name as it is written, with all up to
    the value; `trail` is the space after it."""

    lead: str
    name: str
    key: str
    node: "Node"
    trail: str


@dataclass(slots=True)
class Node:
    """One value with its text; `parts` are those of an object or array, `inner` the space in an empty one."""

    value: Any
    text: str
    parts: list[Part]
    inner: str = ""


@dataclass(slots=True)
class Document:
    before: str
    root: Node
    after: str


def parse(text: str) -> Document:
    """Raises JsonTextError."""
    try:
        at = _space(text, 1 if text.startswith("\ufeff") else 0)
        root, end = _node(text, at)
        after = _space(text, end)
    except (ValueError, IndexError, RecursionError) as error:
        raise JsonTextError(f"it is not JSON: {error}") from error
    if after != len(text):
        raise JsonTextError(f"it is not JSON: more than one value (character {end})")
    return Document(text[:at], root, text[end:])


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _node(text: str, start: int) -> tuple[Node, int]:
    opener = text[start]
    if opener == '"':
        words, end = scanstring(text, start + 1, True)
        return Node(words, text[start:end], []), end
    if opener not in "{[":
        found = _SCALAR.match(text, start)
        if found is None:
            raise JsonTextError(f"no value at character {start}")
        return Node(json.loads(found[0]), found[0], []), found.end()
    closer = "}" if opener == "{" else "]"
    parts: list[Part] = []
    at = _space(text, start + 1)
    if text[at] == closer:
        return Node({} if opener == "{" else [], text[start : at + 1], [], text[start + 1 : at]), at + 1
    at = start + 1
    while True:
        part, at = _part(text, at, named=opener == "{")
        parts.append(part)
        if text[at] == closer:
            break
        if text[at] != ",":
            raise JsonTextError(f"no comma at character {at}")
        at += 1
    value: Any = [part.node.value for part in parts]
    if opener == "{":
        value = {part.key: part.node.value for part in parts}
        if len(value) < len(parts):
            raise JsonTextError("an object has a name twice")
    return Node(value, text[start : at + 1], parts), at + 1


def _part(text: str, at: int, *, named: bool) -> tuple[Part, int]:
    start = _space(text, at)
    lead, key, value = text[at:start], "", start
    if named:
        if text[start] != '"':
            raise JsonTextError(f"no name at character {start}")
        key, end = scanstring(text, start + 1, True)
        colon = _space(text, end)
        if text[colon] != ":":
            raise JsonTextError(f"no colon at character {colon}")
        value = _space(text, colon + 1)
    node, end = _node(text, value)
    after = _space(text, end)
    return Part(lead, text[start:value], key, node, text[end:after]), after
