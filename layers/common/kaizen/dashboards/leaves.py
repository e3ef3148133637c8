"""Two parts compared value by value, lists by what makes their items the same. Pure."""

import marshal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kaizen.dashboards.noise import DEFAULT, Path, large, noise, pruned
from kaizen.dashboards.pairing import items, word
from kaizen.dashboards.sentences import MISSING

# What tells items of a list from one another, by the list's name; others go by their position.
_KEYS = {
    "overrides": ("matcher",),
    "properties": ("id",),
    "steps": ("value",),
    "links": ("title", "url"),
    "dataLinks": ("title", "url"),
    "targets": ("refId",),
    "seriesOverrides": ("alias",),
}
MOST_LEAVES = 5000  # of a comparison: from then on each part that differs is one value


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value that differs. `root` is how much of the path was there on both sides; `noise` is empty for a change."""

    path: Path
    before: Any
    after: Any
    root: int
    noise: str = ""


@dataclass(slots=True)
class Room:
    """How many more values a comparison tells one by one; below nothing, how many parts of panels and others."""

    left: int = MOST_LEAVES


def leaves(before: Any, after: Any, kind: str, room: Room, path: Path = (), root: int | None = None) -> Iterator[Leaf]:
    """Every value that differs. `kind` is the panel's, or that of another part."""
    if root is None and path and (before is MISSING or after is MISSING):
        root = len(path) - 1
    if room.left <= (0 if path else -MOST_LEAVES) or large(before) or large(after):
        room.left -= 1
        yield from _whole(before, after, kind, path, root)
        return
    if isinstance(before, dict) or isinstance(after, dict):
        if _both(before, after, dict) and (before or after):
            one, other = before or {}, after or {}
            for name in one | other:
                old, new = one.get(name, MISSING), other.get(name, MISSING)
                if not alike(old, new):
                    yield from leaves(old, new, kind, room, (*path, name), root)
            return
    elif _both(before, after, list) and not (_plain(before) and _plain(after)):
        yield from _lists(before or [], after or [], kind, room, path, root)
        return
    if not same(before, after):
        room.left -= 1
        here = len(path) if root is None else root
        yield Leaf(path, before, after, here, noise(path, before, after, kind))


def _whole(before: Any, after: Any, kind: str, path: Path, root: int | None) -> Iterator[Leaf]:
    """All of a part as one value."""
    if same(before, after):
        return
    if not isinstance(before, (dict, list)) and not isinstance(after, (dict, list)):
        sign = noise(path, before, after, kind)
    else:
        sign = DEFAULT if same(pruned(before, kind, path), pruned(after, kind, path)) else ""
    if not path:  # it has no name
        count = sum(not same(before.get(name, MISSING), after.get(name, MISSING)) for name in before | after)
        path, before, after = ("values",), MISSING, f"{count} differ"
    yield Leaf(path, before, after, len(path) if root is None else root, sign)


def _lists(before: list[Any], after: list[Any], kind: str, room: Room, path: Path, root: int | None) -> Iterator[Leaf]:
    names = _KEYS.get(path[-1] if path else "", ())
    keys = [_key(names[:count]) for count in range(len(names), 0, -1)] or [lambda each: each[0]]
    pairs = items([*enumerate(before)], [*enumerate(after)], *keys)
    gone = [one for one, other in pairs if one and not other]
    new = [other for one, other in pairs if other and not one]
    if len(gone) == len(new):  # as many as there were: what makes them the same has changed
        pairs = [pair for pair in pairs if all(pair)] + list(zip(gone, new, strict=True))
    for one, other in pairs:
        name = _shown((other or one or (0, None)), names)
        sides = (one[1] if one else MISSING, other[1] if other else MISSING)
        yield from leaves(*sides, kind, room, (*path, name), root)
    order = [one[0] for one, other in pairs if one and other]
    if names and order != sorted(order) and len(gone) + len(new) == 0:
        yield Leaf((*path, "order"), MISSING, "changed", len(path) + 1)


def _key(names: tuple[str, ...]) -> Callable[[tuple[int, Any]], Any]:
    def key(item: tuple[int, Any]) -> Any:
        each = item[1]
        return tuple(word(each.get(name)) for name in names) if isinstance(each, dict) else None

    return key


def _shown(item: tuple[int, Any], names: tuple[str, ...]) -> str:
    index, each = item
    value = each.get(names[0]) if names and isinstance(each, dict) else None
    if isinstance(value, dict):  # an override's matcher
        value = value.get("options")
    return value if isinstance(value, str) and value else str(index)


def _both(before: Any, after: Any, kind: type) -> bool:
    """Whether both are of a kind, or one is and the other not there."""
    return all(isinstance(each, kind) or each is MISSING or each is None for each in (before, after))


def _plain(value: Any) -> bool:
    """Whether a list has only single values: then it is one value itself."""
    return value is MISSING or value is None or not any(isinstance(each, (dict, list)) for each in value)


def alike(before: Any, after: Any) -> bool:
    """Whether two parts are the same to the byte, as most are: much quicker than a look at every value."""
    return isinstance(before, (dict, list)) and before == after and marshal.dumps(before, 2) == marshal.dumps(after, 2)


def same(before: Any, after: Any) -> bool:
    """Equal as JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(same(value, after[name]) for name, value in before.items())
    return bool(before == after)
