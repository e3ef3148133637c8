"""A JSON text made to say something else with as few changed characters as there are: its own order of keys, its own
indentation, its own way to write what stays. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from dashboard_snapshot.jsontext import Node, Part, parse

_KNOWN_BY = ("id", "uid", "refId", "name", "title", "type")  # what an element is known by, the surest first


@dataclass(frozen=True, slots=True)
class Style:
    """How new values are written. `unit` is one level of indentation, `ascii` escapes all other characters."""

    unit: str
    newline: str
    colon: str
    ascii: bool

    def written(self, value: Any, indent: str | None) -> str:
        """`indent` is that of the line on which the value begins; None keeps it on one line."""
        if indent is None:
            comma = ", " if self.colon.endswith(" ") else ","
            return json.dumps(value, ensure_ascii=self.ascii, separators=(comma, self.colon))
        text = json.dumps(value, ensure_ascii=self.ascii, indent=self.unit, separators=(",", self.colon))
        return text.replace("\n", self.newline + indent)  # a line feed in a string is escaped


def edited(text: str, wanted: Any) -> str:
    """The text with `wanted` as its value. Raises JsonTextError where the text is no JSON."""
    document = parse(text)
    return document.before + _written(document.root, wanted, _style(text, document.root), "") + document.after


def same(one: Any, other: Any) -> bool:
    """As JSON: 1 and 1.0 are the same number, and neither is true."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _style(text: str, root: Node) -> Style:
    first = root.parts[0] if root.parts else None
    lead = first.lead if first is not None else ""
    unit = lead.rpartition("\n")[2] if "\n" in lead else "  "
    colon = ": " if first is None or not first.name or first.name.endswith(" ") else ":"
    newline = "\r\n" if "\r\n" in text else "\n"
    return Style(unit, newline, colon, ascii=text.isascii() and "\\u" in text)


def _written(node: Node, wanted: Any, style: Style, indent: str | None) -> str:
    if same(node.value, wanted):
        return node.text
    if node.parts and wanted and isinstance(node.value, dict) and isinstance(wanted, dict):
        return _object(node, wanted, style, indent)
    if node.parts and wanted and isinstance(node.value, list) and isinstance(wanted, list):
        return _array(node, wanted, style, indent)
    return style.written(wanted, indent)


def _object(node: Node, wanted: dict[str, Any], style: Style, indent: str | None) -> str:
    """Names that stay keep their order; a new one comes behind the one that it follows in what is wanted."""
    order: list[str] = [part.key for part in node.parts if part.key in wanted]
    before = ""
    for key in wanted:
        if key not in node.value:
            order.insert(order.index(before) + 1 if before in order else len(order), key)
        before = key
    known = {part.key: part for part in node.parts}
    return _joined(node, [(known.get(key), key, wanted[key]) for key in order], style, indent)


def _array(node: Node, wanted: list[Any], style: Style, indent: str | None) -> str:
    pairs = _paired([part.node.value for part in node.parts], wanted)
    parts = [(None if old is None else node.parts[old], "", new) for old, new in zip(pairs, wanted, strict=True)]
    return _joined(node, parts, style, indent)


def _joined(node: Node, parts: Sequence[tuple[Part | None, str, Any]], style: Style, indent: str | None) -> str:
    """What was there keeps its spaces; what is new is written as its neighbours are."""
    first = node.parts[0]
    between = node.parts[1].lead if len(node.parts) > 1 else first.lead if "\n" in first.lead else " "
    made = []
    for place, (old, key, value) in enumerate(parts):
        lead = first.lead if place == 0 else between
        if old is not None and place > 0 and old is not first:
            lead = old.lead
        inner = lead.rpartition("\n")[2] if "\n" in lead else indent if old is not None and old.node.parts else None
        inner = inner if "\n" in node.text or "\n" in lead else None
        if old is not None:
            made.append(lead + old.name + _written(old.node, value, style, inner))
            continue
        name = f"{json.dumps(key, ensure_ascii=style.ascii)}{_colon(first)}" if first.name else ""
        made.append(lead + name + style.written(value, inner))
    return node.text[0] + ",".join(made) + node.parts[-1].trail + node.text[-1]


def _colon(part: Part) -> str:
    """`: `, as this object writes it; no name ends with a quote and a colon but the one before it."""
    return part.name[part.name.rindex('"') + 1 :]


def _paired(old: Sequence[Any], new: Sequence[Any]) -> list[int | None]:
    """For each new element the old one that it comes from: equal ones first, then by what they are known by."""
    before, after = ([json.dumps(each, sort_keys=True) for each in side] for side in (old, new))
    found: list[int | None] = [None] * len(new)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found[j1:j2] = range(i1, i2)
        elif tag == "replace":
            at = i1
            for place in range(j1, j2):
                match = next((each for each in range(at, i2) if _akin(old[each], new[place])), None)
                if match is not None:
                    found[place], at = match, match + 1
    return found


def _akin(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in _KNOWN_BY:
            if name in one and name in other:
                return bool(one[name] == other[name])
        return True
    return type(one) is type(other) and isinstance(one, list)
