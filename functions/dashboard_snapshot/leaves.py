"""Two JSON documents, place by place: for what is no dashboard and has no sentences of its own. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_SHOWN = 80  # characters of a value in a line


@dataclass(frozen=True, slots=True)
class Leaf:
    """A place such as `data.0.model.expr`. `before` and `after` are JSON, empty where there is nothing."""

    place: str
    before: str
    after: str

    def __str__(self) -> str:
        if not self.before or not self.after:
            return f"{self.place} {'added' if self.after else 'removed'}: {_cut(self.after or self.before)}"
        return f"{self.place}: {_cut(self.before)} → {_cut(self.after)}"


def leaves(before: Any, after: Any) -> tuple[Leaf, ...]:
    """Every place that differs, in the order of names."""
    return tuple(_differing("", before, after))


def _differing(place: str, before: Any, after: Any) -> Iterator[Leaf]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from _side(f"{place}{name}", name in before, before.get(name), name in after, after.get(name))
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            old, new = (side[index] if index < len(side) else None for side in (before, after))
            yield from _side(f"{place}{index}", index < len(before), old, index < len(after), new)
    elif json.dumps(before) != json.dumps(after):
        yield Leaf(place.removesuffix("."), _json(before), _json(after))


def _side(place: str, was: bool, before: Any, is_: bool, after: Any) -> Iterator[Leaf]:
    if was and is_:
        yield from _differing(f"{place}.", before, after)
    else:
        yield Leaf(place, _json(before) if was else "", _json(after) if is_ else "")


def _json(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"
