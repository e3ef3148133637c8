"""What stops working with the new version: a reviewer must see it first. Pure."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from kaizen.dashboards import pointing, sources
from kaizen.dashboards.matching import Pairs, targets
from kaizen.dashboards.model import Dashboard, Json, Panel
from kaizen.dashboards.panels import Sides, pointers
from kaizen.dashboards.queries import is_promql, kind_of, query, query_text, variable_query
from kaizen.dashboards.sentences import Sentence, listed, many, quoted
from kaizen.dashboards.variables import USE

# Words after a dollar that Grafana or the data source fills in by itself.
_OWN = ("__", "timeFilter", "interval", "resolution")
_POINTED = re.compile(r"\$(?:(\w+)|\{([^}$]*)\})")  # a query, in an expression
_GROUP = re.compile(r"\(\?P<(\w+)>")  # that a pattern names
_MOST = 5


def breaking(before: Dashboard, after: Dashboard, pairs: Pairs, sides: Sides) -> Iterator[Sentence]:
    yield from _identity(before, after)
    yield from _variables(before, after)
    yield from _sources(before, after, pairs)
    yield from _pointers(before, after)
    yield from _names_gone(pairs)
    prometheus = _Prometheus((before, after), sides)
    yield from _queries(after, pairs, sides, prometheus)
    yield from _asides(before, after, sides, prometheus)


def faults(after: Dashboard, sides: Sides) -> Iterator[Sentence]:
    """What cannot work in a dashboard that is new."""
    nothing = Dashboard("", "", (), (), (), (), {}, {}, {})
    prometheus = _Prometheus((after,), sides)
    yield from _variables(nothing, after)
    yield from _queries(after, [], sides, prometheus)
    yield from _asides(nothing, after, sides, prometheus)


class _Prometheus:
    """Whether a data source whose kind is not told is one for PromQL: some query of it reads so, and names a metric,
    which no query of Loki does. The default one is."""

    def __init__(self, dashboards: Sequence[Dashboard], sides: Sides) -> None:
        self._panels = [panel for each in dashboards for panel in each.panels]
        self._sides = sides

    def takes(self, target: Json, panel: Json, source: str) -> bool:
        known = kind_of(target, panel, self._sides.after) or source == sources.DEFAULT
        return bool(known) or source in self._known

    @cached_property
    def _known(self) -> set[str]:
        return {
            sources.of_target(each, panel)
            for panel in self._panels
            for each in targets(panel)
            if isinstance(each.get("expr"), str)
            for found in (query(each["expr"], True, self._sides.stand),)
            if found.tree is not None and found.metrics
        }


def _identity(before: Dashboard, after: Dashboard) -> Iterator[Sentence]:
    if before.uid and before.uid != after.uid:
        what = ("the uid changes: ", quoted(before.uid), " → ", quoted(after.uid)) if after.uid else (
            "the uid ", quoted(before.uid), " is gone")  # fmt: skip
        yield (*what, ". Links, alerts and bookmarks to the old one no longer lead here")
    elif not before.uid and not after.uid and before.title != after.title:
        yield (
            "the title changes, and there is no uid that stays: Grafana takes it for another dashboard, beside ",
            quoted(before.title),
        )


def _variables(before: Dashboard, after: Dashboard) -> Iterator[Sentence]:
    """Variables that are used and that nobody defines, unless it was so before."""
    then, now = _defined(before), _defined(after)
    lacking_before = _used(before).keys() - then
    used_now = _used(after)
    used_now |= _mentioned(after, then - now)  # anywhere at all: whoever used it knew it for a variable
    for name, users in used_now.items():
        if name in now or name in lacking_before or name.startswith(_OWN):
            continue
        verb = "is removed" if name in then else "is not defined"
        used = "uses" if len(users) == 1 else "use"
        yield ("variable ", quoted(f"${name}"), f" {verb}, and {many(len(users), 'part')} {used} it: ",
               *listed(users, _MOST))  # fmt: skip


def _defined(dashboard: Dashboard) -> set[str]:
    names = {str(each.get("name")) for each in dashboard.variables}
    return names | set(dashboard.inputs)


def _used(dashboard: Dashboard) -> dict[str, list[str]]:
    """Names of variables with the titles of what uses them."""
    found: dict[str, list[str]] = {}
    for title, texts in _parts(dashboard):
        for name in dict.fromkeys(name for text in texts for name in _names(text)):
            found.setdefault(name, []).append(title)
    return found


def _mentioned(dashboard: Dashboard, wanted: set[str]) -> dict[str, list[str]]:
    """Titles of the parts in which each of these variables stands, in whatever field; found in one walk."""
    found: dict[str, dict[str, None]] = {}
    if wanted:
        for title, names in _mentions(dashboard):
            for name in sorted(names & wanted):
                found.setdefault(name, {})[title] = None
    return {name: list(titles) for name, titles in found.items()}


def _mentions(dashboard: Dashboard) -> Iterator[tuple[str, set[str]]]:
    """Each part's title with every variable in it."""
    for panel in dashboard.panels:
        repeat = panel.content.get("repeat")
        repeated = {repeat} if isinstance(repeat, str) else set()
        yield panel.title or f"({panel.kind})", {*_inside(panel.content), *_names(panel.title), *repeated}
    for row in dashboard.rows:
        yield row.title or "(row)", {*_inside(row.content), *_names(row.title)}
    for kind, listed_ in (("variable", dashboard.variables), ("annotation", dashboard.annotations),
                          ("link", dashboard.links)):  # fmt: skip
        for each in listed_:
            inside = _inside({key: each[key] for key in each if key != "current"})
            yield f"{kind} {each.get('name') or each.get('title')}", inside - {str(each.get("name"))}


def _inside(value: Any) -> set[str]:
    """Every variable in the texts of a part."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str) and ("$" in each or "[[" in each):
            found.update(_names(each))
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found


def _parts(dashboard: Dashboard) -> Iterator[tuple[str, list[str]]]:
    for row in dashboard.rows:
        repeat = row.content.get("repeat")
        yield row.title or "(row)", [row.title, *([f"${repeat}"] if isinstance(repeat, str) and repeat else [])]
        for panel in row.panels:
            yield panel.title or f"({panel.kind})", list(_texts(panel))
    for each in dashboard.variables:
        given = each.get("query")
        query = given.get("query") if isinstance(given, dict) else given
        source = sources.source(each.get("datasource"))
        asked = query if isinstance(query, str) and each.get("type") == "query" else ""
        yield f"variable {each.get('name')}", [asked, source]
    for each in dashboard.annotations:
        yield f"annotation {each.get('name')}", [str(each.get("expr") or ""), sources.source(each.get("datasource"))]


def _texts(panel: Panel) -> Iterator[str]:
    """Where a panel's variables matter: its title, queries and data sources, and by which it repeats."""
    yield panel.title
    repeat = panel.content.get("repeat")
    if isinstance(repeat, str) and repeat:
        yield f"${repeat}"
    yield sources.source(panel.content.get("datasource"))
    for each in targets(panel):
        yield query_text(each)
        yield sources.source(each.get("datasource"))


def _names(text: str) -> Iterator[str]:
    """Variables; but not what a pattern in it names, which `label_replace` puts in."""
    groups = _GROUP.findall(text) if "(?P<" in text else ()
    for found in USE.finditer(text):
        name = found["braced"] or found["old"] or found["bare"]
        if name not in groups:
            yield name


def _sources(before: Dashboard, after: Dashboard, pairs: Pairs) -> Iterator[Sentence]:
    """Panels that asked the data source of a variable, and ask one that only one Grafana has, or whichever is the
    default."""
    found: dict[str, list[str]] = {}
    lost = []
    for one, other in pairs:
        old = sources.of_panel(one)
        if not any(each.startswith("$") for each in old):
            continue
        new = sources.of_panel(other)
        if sources.DEFAULT in new - old:
            lost.append(other.title or f"({other.kind})")
        for each in sorted(new - old):
            if not each.startswith(("$", "-- ", "grafana", "__expr__")) and each != sources.DEFAULT:
                found.setdefault(each, []).append(other.title or f"({other.kind})")
    if lost:
        yield (f"{many(len(lost), 'panel')} named a data source and name none now, so that the default one is asked: ",
               *listed(lost, _MOST))  # fmt: skip
    for each, users in found.items():
        yield ("data source ", quoted(each), f" is hard-coded now in {many(len(users), 'panel')}, which elsewhere will "
               "find none: ", *listed(users, _MOST))  # fmt: skip


def _pointers(before: Dashboard, after: Dashboard) -> Iterator[Sentence]:
    """Links to panels, and panels that show another one's data, whose number is gone."""
    numbers = {panel.number for panel in after.panels}
    old = {panel.number: panel.title for panel in reversed(before.panels)}  # of several the first one
    for panel in after.panels:
        for number in sorted({*pointing.shared(panel), *pointing.linked(panel, after.uid)}):
            if number not in numbers and number in old:
                yield (
                    "panel ",
                    quoted(panel.title),
                    " points to panel ",
                    quoted(old[number]),
                    f" ({number}), which is gone",
                )


def _names_gone(pairs: Pairs) -> Iterator[Sentence]:
    """Queries that an expression or a transformation of the same panel still names, and that are gone."""
    for one, other in pairs:
        old, new = (
            {name for each in targets(panel) if isinstance(name := each.get("refId"), str) and name}
            for panel in (one, other)
        )
        if old <= new:
            continue
        texts = set(pointers(other))
        used = texts | {found[1] or found[2] for text in texts for found in _POINTED.finditer(text)}
        for name in sorted((old - new) & used):
            yield ("panel ", quoted(other.title or other.kind), " uses query ", quoted(name), ", which is gone")


def _queries(after: Dashboard, pairs: Pairs, sides: Sides, prometheus: _Prometheus) -> Iterator[Sentence]:
    """Queries that are not PromQL now, unless one of the same panel was so before."""
    old = {id(new): one for one, new in pairs}
    for panel in after.panels:
        before = old.get(id(panel))
        broken = targets(before) if before is not None else []
        known = {
            sign
            for each in broken
            if before is not None and sides.query(each, before, newer=False).fault
            for sign in (query_text(each), _named(each))
        }
        for each in targets(panel):
            found = sides.query(each, panel, newer=True)
            if (
                not found.fault
                or found.text in known
                or not prometheus.takes(each, panel.content, sources.of_target(each, panel))
            ):
                continue
            if (name := _named(each)) not in known - {None}:
                query_name: Sentence = ("query ", quoted(name)) if name else ("a query",)
                yield (
                    *query_name,
                    " of panel ",
                    quoted(panel.title or panel.kind),
                    " is no PromQL: ",
                    quoted(found.fault),
                )


def _named(target: Json) -> str | None:
    name = target.get("refId")
    return name if isinstance(name, str) else None


def _asides(before: Dashboard, after: Dashboard, sides: Sides, prometheus: _Prometheus) -> Iterator[Sentence]:
    """Queries of variables and annotations that are not PromQL now, unless that part's was none before."""
    old = {name for name, _ in _aside_faults(before, sides, prometheus, newer=False)}
    for name, fault in _aside_faults(after, sides, prometheus, newer=True):
        if name not in old:
            yield ("the query of ", quoted(name), " is no PromQL: ", quoted(fault))


def _aside_faults(
    dashboard: Dashboard, sides: Sides, prometheus: _Prometheus, *, newer: bool
) -> Iterator[tuple[str, str]]:
    for each in dashboard.variables:
        found = variable_query(each, sides.stand)
        if found is not None and found.fault:
            yield f"variable {each.get('name')}", found.fault
    for each in dashboard.annotations:
        text = each.get("expr")
        if isinstance(text, str) and is_promql(each, {}, sides.after if newer else sides.before):
            fault = query(text, True, sides.stand).fault
            if fault and prometheus.takes(each, {}, sources.source(each.get("datasource"))):
                yield f"annotation {each.get('name')}", fault
