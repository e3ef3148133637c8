"""Changes that look like noise, and are none."""

import json
from typing import Any
from unittest.mock import patch

import pytest

from kaizen.dashboards import NotComparedError, breaking, noise, panels, read
from kaizen.dashboards.asking import askable
from kaizen.dashboards.sentences import plain
from tests.unit.dashboard_diff.dashboard_samples import Json, dashboard, diff, of, panel, row, told

MIXED = {"type": "datasource", "uid": "-- Mixed --"}


def query(name: str, expr: str, uid: str = "", kind: str = "prometheus") -> Json:
    return {"refId": name, "expr": expr} | ({"datasource": {"type": kind, "uid": uid}} if uid else {})


def math(name: str, expression: str) -> Json:
    return {
        "refId": name,
        "type": "math",
        "expression": expression,
        "datasource": {"type": "__expr__", "uid": "__expr__"},
    }


def only(*include: str) -> list[Json]:
    return [{"id": "filterByRefId", "options": {"include": each}} for each in include]


def coloured(name: str, mode: str, steps: list[Json]) -> Json:
    """A panel's fields, one of which is coloured by the thresholds that all of them have."""
    override = {"matcher": {"id": "byName", "options": "x"}, "properties": [{"id": name, "value": {"mode": mode}}]}
    return {"defaults": {"thresholds": {"mode": "absolute", "steps": steps}}, "overrides": [override]}


CLASSIC = {"defaults": {"color": {"mode": "palette-classic"}}}
STEPS: list[Json] = [{"color": "green", "value": None}, {"color": "red", "value": 50}]
UP, DOWN, RATIO = query("A", "up"), query("B", "down"), math("C", "$A / $B")
CASES: list[tuple[Json, Json, list[str]]] = [
    ({"targets": [query("A", "up", "d1"), query("B", "down", "d2")], "datasource": MIXED},
     {"targets": [query("A", "up", "d2"), query("B", "down", "d1")], "datasource": MIXED},
     ["query A: data source d1 → d2; query B: data source d2 → d1"]),
    ({"targets": [query("A", "a", "d1"), query("B", "b", "d1"), query("C", "c", "d2")], "datasource": MIXED},
     {"targets": [query("A", "a", "d1"), query("B", "b", "d2"), query("C", "c", "d2")], "datasource": MIXED},
     ["query B: data source d1 → d2"]),
    ({"datasource": {"type": "prometheus", "uid": "x"}}, {"datasource": {"type": "loki", "uid": "x"}},
     ["kind of data source prometheus → loki"]),
    ({"targets": [query("A", "up", "x")]}, {"targets": [query("A", "up", "x", "loki")]},
     ["query A: kind of data source prometheus → loki"]),
    ({"targets": [UP, DOWN, RATIO]}, {"targets": [query("B", "up"), query("A", "down"), RATIO]}, ["metric"]),
    ({"targets": [UP, DOWN], "transformations": only("A")},
     {"targets": [query("B", "up"), query("A", "down")], "transformations": only("A")}, ["metric"]),
    ({"targets": [UP, DOWN, RATIO]}, {"targets": [query("X", "up"), DOWN, RATIO]},
     ["query A is now named X, and others use it"]),
    ({"datasource": {"type": "loki", "uid": "l"}, "targets": [query("A", '{a="b"} |= "a  b"')]},
     {"datasource": {"type": "loki", "uid": "l"}, "targets": [query("A", '{a="b"} |= "a b"')]}, [""]),
    ({"targets": [{"refId": "A", "rawSql": "select a -- x\n, b"}]},
     {"targets": [{"refId": "A", "rawSql": "select a -- x , b"}]}, [""]),
    ({"targets": [query("A", "$agg(up)")]}, {"targets": [query("A", "avg(up)")]}, ["aggregation $agg → avg"]),
    ({"targets": [UP | {"instant": True}]}, {"targets": [UP | {"instant": True, "range": True}]},
     ["query A: instant and range nothing → true"]),
    ({"targets": [UP]}, {"targets": [UP | {"legendFormat": "up"}]}, ["query A: legend nothing → up"]),
    ({"targets": [UP, DOWN]}, {"targets": [DOWN, UP]}, ["queries in another order"]),
    ({"targets": [UP, DOWN]}, {"targets": [query("A", "down"), query("B", "up")]}, ["queries in another order"]),
    *(({"type": kind, "fieldConfig": {"defaults": {}}}, {"type": kind, "fieldConfig": CLASSIC},
       ["colour mode nothing → palette-classic"]) for kind in ("table", "state-timeline", "status-history", "stat")),
    ({"fieldConfig": coloured("color", "thresholds", [])},
     {"fieldConfig": coloured("color", "thresholds", STEPS)}, ["threshold 80 → 50"]),
    ({"fieldConfig": coloured("custom.thresholdsStyle", "line", [])},
     {"fieldConfig": coloured("custom.thresholdsStyle", "line", STEPS)}, ["threshold 80 → 50"]),
    ({"type": "graph", "points": True, "pointradius": 2}, {"type": "graph", "points": True, "pointradius": 5},
     ["pointradius 2 → 5"]),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "words"), CASES)
def test_it_is_told_and_among_the_edits(before: Json, after: Json, words: list[str]) -> None:
    one, other = (dashboard(panel("Ratio", **each)) for each in (before, after))
    found = diff(one, other)
    assert not found.empty
    (line,) = told(found)
    assert all(each in line for each in words), line
    assert found.edits is not None
    assert found.edits.rows[0].panels[0].sets


def test_a_query_that_an_expression_names_and_that_is_gone_breaks() -> None:
    one = dashboard(panel("Ratio", targets=[UP, DOWN, RATIO]))
    for gone in ([DOWN, RATIO], [query("X", "up"), DOWN, RATIO]):
        found = diff(one, dashboard(panel("Ratio", targets=gone)))
        assert [plain(each) for each in found.breaking] == ["panel Ratio uses query A, which is gone"]


def test_queries_that_are_gone_are_looked_for_in_one_walk() -> None:
    def with_names(end: str) -> Json:
        listed = [query(f"Q{each}{end}", "up") for each in range(50)]
        return dashboard(panel("Ratio", targets=[*listed, math("M", "$Q7 + ${Q8} + $Q77")]))

    with patch.object(breaking, "pointers", side_effect=panels.pointers) as walked:
        found = diff(with_names(""), with_names("x"))
    assert [plain(each) for each in found.breaking] == [
        f"panel Ratio uses query {name}, which is gone" for name in ("Q7", "Q8")
    ]
    assert walked.call_count == 1


def test_one_is_not_true_within_a_list() -> None:
    def with_value(value: Any) -> Json:
        properties = [{"id": "custom.a", "value": value}]
        config = {"overrides": [{"matcher": {"id": "byName", "options": "x"}, "properties": properties}]}
        return dashboard(panel("Orders", fieldConfig=config))

    found = diff(with_value(1), with_value(True))
    assert not found.empty
    assert found.edits is not None
    assert found.edits.rows[0].panels[0].sets


def test_what_a_variable_asks_beside_its_query() -> None:
    def asking(database: str, **more: Any) -> Json:
        query = {"query": "T | distinct a", "database": database, **more}
        return dashboard(panel("Orders"), templating={"list": [{"name": "v", "type": "query", "query": query}]})

    found = diff(asking("prod"), asking("test"))
    assert told(found) == ["changed variable v: query's database prod → test"]
    assert found.edits is not None
    assert found.edits.variables[0].whole
    assert diff(asking("prod"), asking("prod", refId="StandardVariableQuery", qryType=1)).empty


def test_a_value_of_its_own_is_granted_to_none_but_grafanas_own_annotation() -> None:
    """Two values that are each as good as none would be as good as one another."""
    tables = {"any": noise._ANY, **noise._DEFAULTS, **noise._KINDS}
    several = {kind for kind, table in tables.items() for values in table.values() if len(values) > 1}
    assert several == {noise.BUILT_IN}


def test_an_instant_query_that_says_so_twice_is_the_same() -> None:
    one, other = UP | {"instant": True}, UP | {"instant": True, "range": False}
    assert diff(dashboard(panel("P", targets=[one])), dashboard(panel("P", targets=[other]))).empty


@pytest.mark.parametrize("order", [(1, 0), (1, 2, 0), (2, 0, 1)])
def test_overrides_in_another_order_are_told(order: tuple[int, ...]) -> None:
    """The later one wins."""
    given = [
        {"matcher": {"id": "byName", "options": each}, "properties": [{"id": "unit", "value": each}]} for each in "abc"
    ]
    one, other = (
        dashboard(panel("Orders", fieldConfig={"overrides": each}))
        for each in ([given[at] for at in sorted(order)], [given[at] for at in order])
    )
    assert any("order" in line for line in told(diff(one, other)))


def test_items_of_a_list_that_are_no_objects() -> None:
    items: list[Any] = [{"id": "a"}, True, 7, None, ["x"]]
    for name in ("overrides", "links"):
        one, other = (dashboard(panel("Orders") | {name: each}) for each in (items, [*items[:2], 8, 1.5, {"id": "b"}]))
        assert not diff(one, other).empty
        assert not diff(other, one).empty


def test_links_in_another_order_are_told() -> None:
    links = [{"title": "a", "url": "1"}, {"title": "b", "url": "2"}, {"title": "a", "url": "3"}]
    one, other = dashboard(panel("Orders"), links=links), dashboard(panel("Orders"), links=links[::-1])
    assert told(diff(one, other)) == ["changed dashboard Checkout: links in another order"]
    assert told(diff(one, dashboard(panel("Orders"), links=links[1:]))) == ["removed link a: 1"]


def test_only_a_panel_that_repeats_another_one_is_left_out() -> None:
    one, other = (dashboard(panel("Orders", expr, repeatPanelId=None)) for expr in ("a", "b"))
    assert told(diff(one, other)) == ["changed panel Orders: metric a → b"]
    one, other = (dashboard(panel("Orders"), panel("Copy", expr, repeatPanelId=1)) for expr in ("a", "b"))
    assert diff(one, other).empty


def test_a_kubernetes_object_of_v2_is_not_compared() -> None:
    given = {"apiVersion": "dashboard.grafana.app/v2alpha1", "kind": "Dashboard", "spec": dashboard(panel("Orders"))}
    with pytest.raises(NotComparedError, match="schema v2"):
        read(json.dumps(given).encode())


def test_a_matcher_that_keeps_a_variable_away_hides_nothing() -> None:
    assert askable('x{a!="a$a",b!~"b|$b",c="1"}') == 'x{c="1"}'


def test_rows_that_grafana_does_not_read_hide_no_panel() -> None:
    """Before schema 16 it reads rows and panels, from then on the panels alone, and rows only where there are none."""
    rows = [{"title": "Old", "panels": [{"id": 9, "type": "graph", "title": "Left", "targets": [query("A", "left")]}]}]
    one = dashboard(panel("Orders", "a"), rows=rows)
    other = dashboard(panel("Orders", "b"), panel("New", "c", 2, 8), rows=rows)
    assert told(diff(one, other)) == ["changed panel Orders: metric a → b", "added panel New: timeseries, 1 query"]
    assert told(diff(one | {"schemaVersion": 14}, other | {"schemaVersion": 14})) == told(diff(one, other))
    assert [each.title for each in of(one | {"schemaVersion": 14}).panels] == ["Orders", "Left"]
    assert [each.title for each in of(one | {"panels": []}).panels] == ["Left"]
    found = diff(one, dashboard(panel("Orders", "a")))
    assert found.empty
    assert [plain(each) for each in found.notes] == ["rows beside the panels differ, which Grafana does not read"]


def test_panels_of_a_row_within_a_row_are_compared() -> None:
    def nested(expr: str) -> Json:
        inner = row("Inner", 1, 91, [panel("Orders", expr, y=2)])
        return dashboard(row("Outer", 0, panels=[panel("First", "up", 2, 1), inner]), panel("Next", "up", 3, 20))

    assert told(diff(nested("a"), nested("b"))) == ["changed panel Orders: metric a → b"]
    found = [(each.title, [panel.title for panel in each.panels]) for each in of(nested("a")).rows]
    assert found == [("Outer", ["First"]), ("Inner", ["Orders", "Next"])]


def test_panels_of_a_panel_that_is_no_row_are_content() -> None:
    one, other = (dashboard(panel("Orders", panels=[panel("Inner", expr)])) for expr in ("a", "b"))
    assert told(diff(one, other)) == ["changed panel Orders: panels.0.targets.A.expr a → b"]
