"""Rows matched, and what moved: an order or a width that changed, not a panel that others pushed down. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kaizen.dashboards import labels, noise
from kaizen.dashboards.diff import Change, What
from kaizen.dashboards.drops import Drops
from kaizen.dashboards.leaves import leaves
from kaizen.dashboards.matching import Pairs
from kaizen.dashboards.model import Dashboard, Panel, Place, Row
from kaizen.dashboards.pairing import items, moved
from kaizen.dashboards.panels import RENAMED, grouped
from kaizen.dashboards.plan import Mark
from kaizen.dashboards.sentences import Sentence, changed, listed, many, quoted

_MOST = 100  # panels of a row that are compared one with another
Rows = dict[int, int]  # an old row's index -> the new one's


def rows(before: Dashboard, after: Dashboard, pairs: Pairs) -> Rows:
    """Rows by their titles, where they have a panel in common or one has none. Then by what most of their panels say:
    a row may take the title of another one. Then what is left, by titles, and by some of their panels."""
    titled = items(
        list(enumerate(before.rows)), list(enumerate(after.rows)), lambda each: (each[1].marked, each[1].title)
    )
    same = [(old[0], new[0]) for old, new in titled if old is not None and new is not None]
    common = Counter((old.row, new.row) for old, new in pairs)
    sizes = {(old, new): (len(before.rows[old].panels), len(after.rows[new].panels)) for old, new in (*same, *common)}
    shared = [each for each, _ in common.most_common()]
    found: Rows = {}
    taken: set[int] = set()
    for old, new in (
        *(each for each in same if common[each] or 0 in sizes[each]),
        *(each for each in shared if 2 * common[each] > max(sizes[each])),
        *same,
        *(each for each in shared if 2 * common[each] > max(sizes[each]) // 2),
    ):
        if old not in found and new not in taken:
            found[old] = new
            taken.add(new)
    return found


def row_changes(
    before: Dashboard, after: Dashboard, pairs: Pairs, known: Rows, dropped: Drops, marks: dict[int, tuple[Mark, ...]]
) -> Iterator[Change]:
    """`marks` takes what became of each row, on both sides."""
    old = {new: one for one, new in known.items()}
    stayed = Counter((one.row, other.row) for one, other in pairs)
    order = [each for each in sorted(known) if before.rows[each].marked and after.rows[known[each]].marked]
    shifted = moved(order, sorted(order, key=lambda each: known[each]))
    for index, row in enumerate(after.rows):
        if index in old:
            one, away = before.rows[old[index]], old[index] in shifted
            places = (_above(before, old[index]), _above(after, index)) if away else None
            found = list(_row(one, row, stayed[old[index], index], places, dropped))
            yield from found
            if away:
                for each in (*one.panels, *row.panels):
                    marks.setdefault(id(each), ("moved",))
            if found and one.marked and row.marked:
                marks[id(one)] = marks[id(row)] = ("moved" if away else "changed",)
            elif found:
                marks[id(row if row.marked else one)] = ("added" if row.marked else "removed",)
        elif row.marked:
            marks[id(row)] = ("added",)
            yield Change("added", "row", row.title, ((f"with {many(len(row.panels), 'panel')}",),), leaves=1)
    for index, row in enumerate(before.rows):
        if index not in known and row.marked:
            marks[id(row)] = ("removed",)
            yield Change("removed", "row", row.title, ((f"had {many(len(row.panels), 'panel')}",),), leaves=1)


def _above(dashboard: Dashboard, index: int) -> Sentence:
    """Where a row stands: below which one."""
    above = next((each for each in reversed(dashboard.rows[:index]) if each.marked), None)
    return ("at the top",) if above is None else ("below ", quoted(above.title or "(no title)"))


def _row(
    before: Row, after: Row, stayed: int, places: tuple[Sentence, Sentence] | None, dropped: Drops
) -> Iterator[Change]:
    """`stayed` counts the panels that are in it on both sides; `places` are those of a row that moved, old and new."""
    words: list[Sentence] = []
    title, was = after.title, ""
    if before.marked != after.marked:
        kept = many(stayed, "panel")
        came: What = "added" if after.marked else "removed"
        around: Sentence = (f"around {kept} that were there" if after.marked else f"its {kept} stay",)
        yield Change(came, "row", after.title or before.title, (around,), leaves=1)
    elif before.title != after.title:
        words.append(RENAMED)
        title, was = (each.title or "(no title)" for each in (after, before))
    if before.marked == after.marked and before.collapsed != after.collapsed:
        words.append(("now collapsed" if after.collapsed else "now expanded",))
    for group in grouped(leaves(before.content, after.content, "row", dropped.room)):
        leaf = group[0]
        if leaf.noise or leaf.path[0] not in ("repeat", "repeatDirection", "description"):
            for each in group:
                dropped.leaf(each, f"row {after.title}", each.noise or noise.MIGRATED)
        else:
            words.append(changed(labels.label(leaf.path), leaf.before, leaf.after))
    if places:
        whole = f"moved, with its {many(stayed, 'panel')}" if stayed else "moved"
        words.append((f"{whole}: now ", *places[1], ", was ", *places[0]))
    if words:
        what: What = "moved" if places and len(words) == 1 else "renamed" if before.title != after.title else "changed"
        yield Change(what, "row", title, tuple(words), leaves=len(words), was=was)


@dataclass(frozen=True, slots=True)
class Stay:
    """A panel that is in the same row on both sides; `index` is its place in the order that was."""

    index: int
    old: Panel
    new: Panel


class Places:
    """How panels stand on both sides. Grafana moves panels up and down by itself, but to no side: where the same panels
    stand in the same sizes, one that stands further left or right was put there, unless the same places were filled in
    another order. And where others come, go or grow, those of one column pass those of another."""

    def __init__(self, before: Dashboard, after: Dashboard, pairs: Pairs, known: Rows) -> None:
        self._before, self._after = before, after
        self._known = known
        self._sized = before.old_rows == after.old_rows
        new = {id(old): other for old, other in pairs}
        self._moved: set[int] = set()
        for one, other in known.items():
            staying = [(each, new[id(each)]) for each in before.rows[one].panels if id(each) in new]
            mine = {id(each): Stay(index, old, each) for index, (old, each) in enumerate(staying) if each.row == other}
            order = [mine[id(each)] for each in after.rows[other].panels if id(each) in mine]
            whole = len(before.rows[one].panels) == len(after.rows[other].panels) == len(order)
            self._moved |= self._put(order, whole=whole)

    def _put(self, order: list[Stay], *, whole: bool) -> set[int]:
        """Those of a row, which are given as they stand now, that somebody put elsewhere. `whole`: the row has no
        others and had none, so that no other panel explains what stands further left or right."""
        whole = whole and self._sized and all((one.w, one.h) == (new.w, new.h) for one, new in map(_places, order))
        aside = {id(each.new) for each in order if whole and each.old.place.x != each.new.place.x}
        if aside and not _refilled(order):
            return aside | self._away([each for each in order if id(each.new) not in aside])
        return self._away(order) or aside

    def _away(self, order: list[Stay]) -> set[int]:
        """Those that passed others, as few as can be; of two those that changed their column."""
        was = [each.index for each in order]
        if was == sorted(was):
            return set()
        if not self._sized or len(order) > _MOST:
            now = [id(each.new) for each in order]
            return moved([each for _, each in sorted(zip(was, now, strict=True))], now)
        passed: dict[int, set[int]] = {each: set() for each in range(len(order))}
        for at, each in enumerate(order):
            for later in range(at + 1, len(order)):
                if was[later] < was[at] and not _pushed(each, order[later]):
                    passed[at].add(later)
                    passed[later].add(at)
        found = set()
        while any(passed.values()):
            most = max(passed, key=lambda at: (len(passed[at]), not _stays(order[at])))
            for other in passed.pop(most):
                passed[other].remove(most)
            found.add(id(order[most].new))
        return found

    def words(self, before: Panel, after: Panel, dropped: Drops) -> list[Sentence]:
        """Empty for a panel that others pushed aside; that is counted."""
        found: list[Sentence] = []
        if self._known.get(before.row) != after.row:
            old, new = self._before.rows[before.row], self._after.rows[after.row]
            found.append(("moved from row ", quoted(old.title or "(top)"), " to ", quoted(new.title or "(top)")))
        elif id(after) in self._moved:
            found.append(("moved within its row",))
        if self._sized and before.place.w != after.place.w:
            found.append(changed("width", before.place.w, after.place.w))
        if self._sized and before.place.h != after.place.h:
            found.append(changed("height", before.place.h, after.place.h))
        if not found and before.place != after.place:
            dropped.add(noise.SHIFTED, after.title or after.kind, "gridPos", _corner(before), _corner(after))
        return found


def _places(given: Stay) -> tuple[Place, Place]:
    return given.old.place, given.new.place


def _refilled(order: list[Stay]) -> bool:
    """Whether the places are those that there were, or follow one another like words on both sides: then whatever
    changes the order takes others along to the side."""
    before = [each.old.place for each in sorted(order, key=lambda each: each.index)]
    after = [each.new.place for each in order]
    same = [(each.x, each.w, each.h) for each in before] == [(each.x, each.w, each.h) for each in after]
    return same or (_flows(before) and _flows(after))


def _flows(places: list[Place]) -> bool:
    ends = [0, *(each.x + each.w for each in places)]
    return all(each.x in (0, end) for each, end in zip(places, ends, strict=False))


def _pushed(one: Stay, other: Stay) -> bool:
    """Whether two that passed one another may have been pushed: they stay in their columns, and share none."""
    return _stays(one) and _stays(other) and _apart(one.new, other.new)


def _stays(given: Stay) -> bool:
    return (given.old.place.x, given.old.place.w) == (given.new.place.x, given.new.place.w)


def _apart(one: Panel, other: Panel) -> bool:
    return one.place.x + one.place.w <= other.place.x or other.place.x + other.place.w <= one.place.x


def _corner(panel: Panel) -> str:
    return f"x {panel.place.x}, y {panel.place.y}"


def with_rows(changes: list[Change], gone: dict[str, list[str]]) -> Iterator[Change]:
    """Rows that are removed with all of their panels, whose titles these are, as one change each."""
    for each in changes:
        titles = gone.get(each.title) if (each.what, each.subject) == ("removed", "row") else None
        if titles:
            told: Sentence = (f"with its {many(len(titles), 'panel')}: ", *listed(titles))
            yield replace(each, words=(told,), leaves=each.leaves + len(titles))
        else:
            yield each


def together(changes: list[Change]) -> Iterator[Change]:
    """Panels that only moved within one row as one change."""
    only: dict[str, list[str]] = {}
    for each in changes:
        if each.subject == "panel" and each.words == (("moved within its row",),) and not each.queries:
            only.setdefault(each.where, []).append(each.title)
        else:
            yield each
    for where, titles in only.items():
        if len(titles) == 1:
            yield Change("moved", "panel", titles[0], (("moved within its row",),), where=where, leaves=1)
        else:
            words: Sentence = (f"{many(len(titles), 'panel')} moved within the row: ", *listed(titles))
            yield Change("moved", "panels", "", (words,), where=where, leaves=len(titles))
