"""Three sides of a dashboard: what was deployed, what git holds now, and what Grafana holds. Pure.

| deployed (base) | git (HEAD) | Grafana (live) | class |
|---|---|---|---|
| a | a | a | same |
| a | a | other | edited: in the UI |
| a | a | none | missing: deleted in the UI |
| a | b | a | not_deployed |
| a | b | b | same: deployed, though nobody said so |
| a | b | other | conflict: both were changed |
| a | b | none | missing |
| a | none | a | not_deployed: the deletion |
| a | none | other | conflict: edited, and git has dropped it |
| a | none | none | same: gone from both |
| none | b | b | same: deployed, though nobody said so |
| none | b | other | conflict: made in both |
| none | b | none | not_deployed: it is new |
| none | none | any | unmanaged |

Where no deployment is known there are two sides: git counts as deployed, so that a commit which is not deployed yet
looks like an edit; whoever tells of it says so. "Other" is another meaning: what Grafana changes by itself is the same.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

Kind = Literal["same", "edited", "not_deployed", "conflict", "unmanaged", "missing"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LOUD: tuple[Kind, ...] = ("conflict", "edited", "missing", "not_deployed")  # told to people, the worst first
Content = str | None  # the hash of a side's content; None where it has no such dashboard


@dataclass(frozen=True, slots=True)
class Item:
    """A dashboard that is not the same on all sides. `path` is its file, empty for one that git does not know; `live`
    and `head` are hashes, empty for none. `since` is an instant as text; `published`: the bus knows of it."""

    uid: str
    title: str
    kind: Kind
    path: str
    author: str
    since: str
    live: str
    head: str
    published: bool = False


def classified(base: Content, head: Content, live: Content, same: Callable[[str, str], bool]) -> Kind:
    """`same` says whether two contents mean the same; it is asked only where hashes differ."""

    def alike(one: Content, other: Content) -> bool:
        if one is None or other is None:
            return one is other
        return one == other or same(one, other)

    if base is None and head is None:
        return "same" if live is None else "unmanaged"
    if live is None:
        return "same" if head is None else "not_deployed" if base is None else "missing"
    if alike(live, head):
        return "same"
    if not alike(live, base):
        return "edited" if alike(base, head) else "conflict"
    return "same" if alike(base, head) else "not_deployed"


def continued(found: Iterable[Item], before: Iterable[Item]) -> tuple[Item, ...]:
    """What was there before keeps its beginning, and is published again only where it is something else by now."""
    known = {each.uid: each for each in before}
    made = []
    for item in found:
        old = known.get(item.uid)
        if old is not None and _goes_on(old, item):
            told = old.published and (old.kind, old.live, old.head) == (item.kind, item.live, item.head)
            item = replace(item, since=old.since, published=told)
        made.append(item)
    return tuple(made)


def _goes_on(old: Item, item: Item) -> bool:
    """An edit goes on as a conflict when git changes, too. What was not deployed begins anew once somebody edits it."""
    edits: tuple[Kind, ...] = ("edited", "conflict")
    return old.kind == item.kind or (old.kind in edits and item.kind in edits)


def counted(items: Iterable[Item]) -> Mapping[Kind, int]:
    """Every class but `same`."""
    found: dict[Kind, int] = {kind: 0 for kind in KINDS if kind != "same"}
    for item in items:
        found[item.kind] += 1
    return found
