"""Two versions of a dashboard compared. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from kaizen.dashboards import breaking, layout, matching, noise, others, pointing, sources
from kaizen.dashboards.diff import Change, Diff, Metrics, QueryChange, What
from kaizen.dashboards.drops import Drops
from kaizen.dashboards.editing import edits
from kaizen.dashboards.leaves import same
from kaizen.dashboards.matching import Pairs, targets
from kaizen.dashboards.model import Dashboard, Panel
from kaizen.dashboards.panels import RENAMED, Difference, Sides, difference, drawn, hidden
from kaizen.dashboards.placing import Places, Rows, row_changes, rows, together, with_rows
from kaizen.dashboards.plan import Mark, plan
from kaizen.dashboards.queries import query, query_text, variable_metrics
from kaizen.dashboards.sentences import Sentence, many, quoted
from kaizen.dashboards.spreading import spread
from kaizen.dashboards.variables import Stand


def compare(before: Dashboard | None, after: Dashboard | None) -> Diff:
    """What is different; None for a dashboard that is not there yet, or not any more."""
    if before is None and after is None:
        raise ValueError("there is nothing to compare")
    if after is None:
        assert before is not None
        return _gone(before)
    stand = Stand()
    sides = Sides(sources.kinds(before) if before else {}, sources.kinds(after), stand)
    return _new(after, sides) if before is None else _changed(before, after, sides)


def _gone(before: Dashboard) -> Diff:
    sides = Sides(sources.kinds(before), {}, Stand())
    names, guessed = _metrics(before, sides, newer=False)
    words: Sentence = (f"the dashboard is removed, with {many(len(before.panels), 'panel')}",)
    return Diff(
        "removed",
        before.title,
        before.uid,
        (words,),
        metrics=Metrics(removed=_sorted(names), approximate=guessed),
        plan=plan(before, None, _all(before, "removed"), {}),
    )


def _new(after: Dashboard, sides: Sides) -> Diff:
    names, guessed = _metrics(after, sides, newer=True)
    marked = sum(row.marked for row in after.rows)
    parts = [many(len(after.panels), "panel"), *([many(marked, "row")] if marked else [])]
    parts += [many(len(after.variables), "variable")] if after.variables else []
    change = Change("added", "dashboard", after.title, ((f"with {', '.join(parts)}",),), leaves=1)
    faults = tuple(breaking.faults(after, sides))
    metrics = Metrics(added=_sorted(names), approximate=guessed)
    return Diff(
        "added",
        after.title,
        after.uid,
        faults,
        (change,),
        metrics=metrics,
        layout=layout.lines(None, after),
        plan=plan(None, after, _all(after, "added"), {}),
    )


def _changed(before: Dashboard, after: Dashboard, sides: Sides) -> Diff:
    pairs = matching.panels(before, after, sides.stand)
    sides = replace(sides, numbers=pointing.numbers(before, after, pairs))
    known = rows(before, after, pairs)
    dropped = Drops()
    marks: dict[int, tuple[Mark, ...]] = {}
    panels = _panels(before, after, pairs, Places(before, after, pairs, known), sides, dropped, marks)
    emptied = _emptied(before, known, marks)
    found = [
        *others.settings(before, after, dropped),
        *others.variables(before, after, dropped),
        *others.annotations(before, after, dropped),
        *others.links(before, after, dropped),
        *with_rows(list(row_changes(before, after, pairs, known, dropped, marks)), emptied),
        *together(spread([each for each in panels if each.what != "removed" or each.where not in emptied])),
    ]
    for name in before.dropped | after.dropped:
        one, other = before.dropped.get(name), after.dropped.get(name)
        if not same(one, other):
            dropped.add(noise.OWN, "", name, one, other)
    broken = tuple(breaking.breaking(before, after, pairs, sides))
    notes = tuple(others.notes(before, after, dropped))
    same_parts = {id(one): id(other) for one, other in pairs}
    same_parts |= {id(before.rows[one]): id(after.rows[other]) for one, other in known.items()}
    return Diff(
        state="changed" if found or broken else "same",
        title=after.title,
        uid=after.uid,
        breaking=broken,
        changes=tuple(found),
        notes=notes,
        views=tuple(others.views(before, after)),
        drops=tuple(dropped.all),
        metrics=_difference(before, after, panels, sides),
        layout=layout.lines(before, after, same_parts) if _relaid(found) else (),
        plan=plan(before, after, marks, known),
        edits=edits(before, after, pairs, known, sides),
    )


def _emptied(before: Dashboard, known: Rows, marks: Mapping[int, Sequence[Mark]]) -> dict[str, list[str]]:
    """Rows that are gone with all of their panels: their titles, unless two rows share one."""
    titles = Counter(row.title for row in before.rows)
    return {
        row.title: [_name(panel) for panel in row.panels]
        for index, row in enumerate(before.rows)
        if index not in known and row.marked and row.panels and titles[row.title] == 1
        and all(marks.get(id(panel)) == ("removed",) for panel in row.panels)
    }  # fmt: skip


def _all(dashboard: Dashboard, mark: Mark) -> dict[int, tuple[Mark, ...]]:
    return {id(each): (mark,) for row in dashboard.rows for each in (row, *row.panels)}


def _panels(
    before: Dashboard,
    after: Dashboard,
    pairs: Pairs,
    places: Places,
    sides: Sides,
    dropped: Drops,
    marks: dict[int, tuple[Mark, ...]],
) -> list[Change]:
    """Changes of panels in the order in which they are seen; those that are gone come last. `marks` takes what became
    of each panel, on both sides."""
    old = {id(new): one for one, new in pairs}
    found = []
    for panel in after.panels:
        where = after.rows[panel.row].title
        one = old.get(id(panel))
        if one is None:
            found.append(_whole(panel, "added", where, sides))
            marks[id(panel)] = ("added",)
            continue
        differing = difference(one, panel, sides, dropped)
        place = places.words(one, panel, dropped)
        words = (*differing.words, *place)
        if words or differing.queries:
            marks[id(one)] = marks[id(panel)] = (*_placed(place), *_edited(differing))
            placed = len(place)
            what: What = "renamed" if one.title != panel.title else "changed"
            if placed == len(words) and not differing.queries and str(words[0][0]).startswith("moved"):
                what = "moved"
            queries = tuple(differing.queries)
            count = differing.leaves + placed
            was = _name(one) if RENAMED in words else ""
            found.append(Change(what, "panel", _name(panel), words, queries, where, count, drawn(panel), was))
    kept = {id(one) for one, _ in pairs}
    gone = [panel for panel in before.panels if id(panel) not in kept]
    marks.update({id(panel): ("removed",) for panel in gone})
    found += [_whole(panel, "removed", before.rows[panel.row].title, sides) for panel in gone]
    return found


def _placed(words: list[Sentence]) -> tuple[Mark, ...]:
    moved = any(str(each[0]).startswith("moved") for each in words)
    sized = any(each[0] in ("width", "height") for each in words)
    return (*(("moved",) if moved else ()), *(("resized",) if sized else ()))


def _edited(differing: Difference) -> tuple[Mark, ...]:
    return ("changed",) if differing.words or differing.queries else ()


def _name(panel: Panel) -> str:
    return panel.title or f"({panel.kind} without a title)"


def _whole(panel: Panel, what: str, where: str, sides: Sides) -> Change:
    """A panel that is new, with its queries, or gone."""
    new = what == "added"
    queries = tuple(
        QueryChange(
            str(each.get("refId") or ""),
            "" if new else text,
            text if new else "",
            promql=promql,
            hidden=hidden(each),
            source=sources.of_target(each, panel),
        )
        for each in targets(panel)
        if (text := query_text(each))
        for promql in (sides.query(each, panel, newer=new).promql,)
    )
    words: Sentence = (quoted(panel.kind or "panel"), f", {many(len(queries), 'query', 'queries')}")
    came: What = "added" if new else "removed"
    return Change(came, "panel", _name(panel), (words,), queries, where, leaves=1, drawn=drawn(panel))


def _relaid(changes: list[Change]) -> bool:
    """Whether panels or rows came, went, moved or changed in size."""
    if any(
        each.subject in ("panel", "row", "panels") and each.what in ("added", "removed", "moved") for each in changes
    ):
        return True
    return any(words[0] in ("width", "height", "moved from row ") for each in changes for words in each.words)


def _difference(before: Dashboard, after: Dashboard, changes: list[Change], sides: Sides) -> Metrics:
    one, _ = _metrics(before, sides, newer=False)
    other, guessed = _metrics(after, sides, newer=True)
    touched = {
        name
        for each in changes
        if each.subject == "panel"
        for change in each.queries
        for text in (change.before, change.after)
        if text
        for name in query(text, True, sides.stand).metrics
    }
    return Metrics(_sorted(other - one), _sorted(one - other), _sorted(touched & one & other), guessed)


def _metrics(dashboard: Dashboard, sides: Sides, *, newer: bool) -> tuple[frozenset[str], int]:
    """Every metric that is named, and how many queries had to be guessed at."""
    queries = [sides.query(each, panel, newer=newer) for panel in dashboard.panels for each in targets(panel)]
    names = {name for each in queries for name in each.metrics}
    names |= {name for each in dashboard.variables for name in variable_metrics(each, sides.stand)}
    for each in dashboard.annotations:
        text = each.get("expr")
        if isinstance(text, str) and text:
            names |= query(text, True, sides.stand).metrics
    return frozenset(names), sum(each.approximate for each in queries)


def _sorted(names: frozenset[str] | set[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
