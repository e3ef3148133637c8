"""Which panel of one version is which of the other. Pure.

Grafana renumbers panels, and titles repeat: no one sign is enough. Each step looks at those that no step before has
matched; the surest comes first.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from kaizen.dashboards.model import Dashboard, Json, Panel
from kaizen.dashboards.noise import pruned
from kaizen.dashboards.queries import query, query_text
from kaizen.dashboards.sentences import MISSING
from kaizen.dashboards.variables import Stand

Key = Callable[[Panel], Hashable]  # None: the panel takes no part in this step
Pairs = list[tuple[Panel, Panel]]


def panels(before: Dashboard, after: Dashboard, stand: Stand) -> Pairs:
    """Pairs in the order of the newer version."""
    signs = _Signs(before, after, stand)
    pairs: Pairs = []
    one, other = list(before.panels), list(after.panels)
    for key in signs.steps():
        found = _matched(one, other, key)
        gone, new = {id(each) for each, _ in found}, {id(each) for _, each in found}
        one = [each for each in one if id(each) not in gone]
        other = [each for each in other if id(each) not in new]
        pairs += found
    place = {id(panel): index for index, panel in enumerate(after.panels)}
    return sorted(pairs, key=lambda pair: place[id(pair[1])])


def _matched(before: Iterable[Panel], after: Iterable[Panel], key: Key) -> Pairs:
    """Those with equal keys, in the order in which they come."""
    waiting: dict[Hashable, list[Panel]] = defaultdict(list)
    for each in before:
        sign = key(each)
        if sign is not None:
            waiting[sign].append(each)
    pairs = []
    for each in after:
        sign = key(each)
        if sign is not None and waiting.get(sign):
            pairs.append((waiting[sign].pop(0), each))
    return pairs


class _Signs:
    """What panels are known by."""

    def __init__(self, before: Dashboard, after: Dashboard, stand: Stand) -> None:
        self._rows = {id(panel): row.title for each in (before, after) for row in each.rows for panel in row.panels}
        self._contents: dict[int, str] = {}
        self._queries: dict[int, tuple[frozenset[str], frozenset[str]]] = {}
        self._stand = stand

    def steps(self) -> Sequence[Key]:
        return (
            lambda each: (self._content(each), self._rows[id(each)]),
            self._content,
            lambda each: (each.number, *self._titled(each)) if each.title and each.number is not None else None,
            lambda each: self._titled(each) if each.title else None,
            lambda each: (each.kind, each.title) if each.title else None,
            lambda each: each.title or None,
            lambda each: self._asked(each)[0] or None,
            self._numbered,
            lambda each: (each.kind, self._asked(each)[1]) if self._asked(each)[1] else None,
        )

    def _titled(self, panel: Panel) -> tuple[str, str, str]:
        return panel.kind, panel.title, self._rows[id(panel)]

    def _content(self, panel: Panel) -> Hashable:
        """All that the panel is, but for its number and place."""
        if id(panel) not in self._contents:
            self._contents[id(panel)] = json.dumps([panel.kind, panel.title, meant(panel)], sort_keys=True)
        return self._contents[id(panel)]

    def _numbered(self, panel: Panel) -> Hashable:
        """Numbers are used again for other panels: one that asks for quite other metrics is another panel."""
        if panel.number is None:
            return None
        return panel.number, panel.kind, self._asked(panel)[1]

    def _asked(self, panel: Panel) -> tuple[frozenset[str], frozenset[str]]:
        """Its queries in their one form, and the metrics that they name."""
        if id(panel) not in self._queries:
            found = [query(text, "expr" in each, self._stand) for each in targets(panel) if (text := query_text(each))]
            names = frozenset(name for each in found for name in each.metrics)
            self._queries[id(panel)] = frozenset(each.canonical for each in found), names
        return self._queries[id(panel)]


def meant(panel: Panel) -> Json:
    """The panel's content without what makes no difference."""
    found: Any = pruned(panel.content, panel.kind)
    return {} if found is MISSING else found


def targets(panel: Panel) -> list[Json]:
    given = panel.content.get("targets")
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
