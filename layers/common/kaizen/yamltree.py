"""YAML as a tree of raw scalars with positions, every document of a file. Pure.

Built from events, without recursion, so that no nesting ends the process. Values are texts as they stand: YAML 1.1
would make `on` true and `1.50` one and a half, and Prometheus does neither.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

LARGEST = 1024 * 1024  # bytes of a file
_DEEPEST = 100
_MOST_NODES = 200_000  # aliases count each time they are used: a bomb goes off here
_LONG = 20  # characters of a text that count as one more part

Kind = Literal["scalar", "list", "map"]


class YamlError(Exception):
    """The file is no YAML that could be read; line and column count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class TooMuchError(YamlError):
    """The file may be right, but is larger or deeper than is read here."""


@dataclass(slots=True)
class Node:
    """`style` is a scalar's: `'`, `"`, `|`, `>` or empty for plain. Line and column count from 1."""

    kind: Kind
    line: int
    column: int
    value: str = ""
    style: str = ""
    items: list["Node"] = field(default_factory=list)
    pairs: list[tuple["Node", "Node"]] = field(default_factory=list)

    @property
    def null(self) -> bool:
        return self.kind == "scalar" and not self.style and self.value in ("", "~", "null", "Null", "NULL")


def documents(content: bytes) -> list[Node]:
    """The root of every document that has one. Raises YamlError, TooMuchError."""
    if len(content) > LARGEST:
        raise TooMuchError(f"the file is larger than {LARGEST // 1024} KiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise YamlError("the file is not UTF-8", content[: error.start].count(b"\n") + 1) from error
    try:
        return _Builder().built(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        message = str(getattr(error, "problem", None) or "the file is no YAML")
        raise YamlError(message, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1) from error


class _Builder:
    def __init__(self) -> None:
        self._open: list[tuple[Node, list[Node]]] = []  # unfinished collections, with a map's key that waits
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._started: list[tuple[str, int]] = []
        self._roots: list[Node] = []
        self._count = 0

    def built(self, events: Iterator[Any]) -> list[Node]:
        for event in events:
            match event:
                case yaml.DocumentStartEvent():
                    self._anchors = {}
                case yaml.ScalarEvent():
                    self._put(self._made(event, "scalar", event.value, event.style or ""), event, anchor=event.anchor)
                case yaml.AliasEvent():
                    self._alias(event)
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    self._begin(event)
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    self._end(event)
        return self._roots

    def _made(self, event: Any, kind: Kind, value: str = "", style: str = "") -> Node:
        mark = event.start_mark
        return Node(kind, mark.line + 1, mark.column + 1, value, style)

    def _counted(self, amount: int, event: Any) -> None:
        self._count += amount
        if self._count > _MOST_NODES:
            raise TooMuchError(f"the file has more than {_MOST_NODES} parts", event.start_mark.line + 1)

    def _put(self, node: Node, event: Any, *, anchor: str | None = None) -> None:
        size = 1 + len(node.value) // _LONG
        self._counted(size, event)
        if anchor:
            self._anchors[anchor] = (node, size)
        self._place(node)

    def _place(self, node: Node) -> None:
        if not self._open:
            self._roots.append(node)
            return
        parent, waiting = self._open[-1]
        if parent.kind == "list":
            parent.items.append(node)
        elif waiting:
            parent.pairs.append((waiting.pop(), node))
        else:
            waiting.append(node)

    def _begin(self, event: Any) -> None:
        if len(self._open) >= _DEEPEST:
            raise TooMuchError(f"the file has more than {_DEEPEST} levels", event.start_mark.line + 1)
        node = self._made(event, "list" if isinstance(event, yaml.SequenceStartEvent) else "map")
        self._counted(1, event)
        self._open.append((node, []))
        self._started.append((event.anchor or "", self._count))

    def _end(self, event: Any) -> None:
        node, _ = self._open.pop()
        anchor, before = self._started.pop()
        if anchor:  # known only now: no collection holds itself
            self._anchors[anchor] = (node, self._count - before + 1)
        self._place(node)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise YamlError(f"unknown anchor {event.anchor[:60]!r}", event.start_mark.line + 1)
        node, size = self._anchors[event.anchor]
        self._counted(size, event)
        self._place(node)
