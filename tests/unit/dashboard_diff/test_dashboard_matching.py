"""Panels are known again, whatever happened to their numbers, places and names."""

import copy
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.dashboard_diff.dashboard_samples import Json, dashboard, diff, edited, of, panel, row, told

A, B, C = panel("A"), panel("B", number=2, x=12), panel("C", number=3, y=8)


def test_equal_content_in_the_same_row_comes_first() -> None:
    twin = panel("Twin")
    before = dashboard(row("One", 0), twin | {"gridPos": {"x": 0, "y": 1, "w": 12, "h": 8}}, row("Two", 9, 91),
                       twin | {"id": 2, "gridPos": {"x": 0, "y": 10, "w": 12, "h": 8}})  # fmt: skip
    assert told(diff(before, dashboard(*before["panels"][:3]))) == ["removed panel Twin: timeseries, 1 query"]


def test_a_panel_in_another_row_is_moved() -> None:
    before = dashboard(row("One", 0), edited(A, "gridPos.y", 1), row("Two", 9, 91), edited(B, "gridPos.y", 10))
    after = dashboard(row("One", 0), row("Two", 1, 91), edited(A, "gridPos.y", 2), edited(B, "gridPos.y", 2))
    assert told(diff(before, after)) == ["moved panel A: moved from row One to Two"]


def test_numbers_tell_twins_apart() -> None:
    one, two = panel("T", "a", 1), panel("T", "b", 2, y=8)
    after = dashboard(edited(one, "targets.0.expr", "a + 1"), edited(two, "targets.0.expr", "b + 1"))
    found = diff(dashboard(one, two), after)
    assert [(each.before, each.after) for change in found.changes for each in change.queries] == [
        ("a", "a + 1"), ("b", "b + 1")]  # fmt: skip


def test_title_then_queries_then_number() -> None:
    kind = edited(edited(A, "type", "stat"), "id", 9)
    assert told(diff(dashboard(A), dashboard(kind))) == ["changed panel A: kind timeseries → stat"]
    renamed = edited(edited(A, "title", "Z"), "id", 9)
    assert told(diff(dashboard(A), dashboard(renamed))) == ["renamed panel A → Z: renamed"]
    both = edited(edited(A, "title", "Z"), "targets.0.expr", "rate(a_total[1m])")
    assert told(diff(dashboard(A), dashboard(both))) == ["renamed panel A → Z: renamedwindow 5m → 1m"]


def test_a_number_that_is_used_again_is_another_panel() -> None:
    other = panel("Z", "quite_other")
    assert [line.split(":")[0] for line in told(diff(dashboard(A), dashboard(other)))] == [
        "added panel Z", "removed panel A"]  # fmt: skip


def test_an_inserted_panel_moves_nobody() -> None:
    new = edited(panel("New", number=9), "gridPos.w", 24)
    after = dashboard(new, *(edited(each, "gridPos.y", each["gridPos"]["y"] + 8) for each in (A, B, C)))
    found = diff(dashboard(A, B, C), after)
    assert told(found) == ["added panel New: timeseries, 1 query"]
    assert found.noise == {"shifted panels": 3}
    assert [line for line in found.layout if line[0] in "+-"] == [f"+ [{'New'.ljust(70)}]"]


def test_panels_side_by_side_set_below_one_another_are_moved() -> None:
    below = dashboard(A, edited(B, "gridPos", {"x": 0, "y": 8, "w": 12, "h": 8}), edited(C, "gridPos.y", 16))
    found = diff(dashboard(A, B, C), below)
    assert told(found) == ["moved panel B: moved within its row"]
    assert found.noise == {"shifted panels": 1}
    assert any(line.startswith("+") for line in found.layout)
    assert told(diff(below, dashboard(A, B, C))) == ["moved panel B: moved within its row"]


def test_a_column_that_is_pushed_down_passes_the_other_one() -> None:
    low = edited(A, "gridPos.y", 8), B, edited(C, "gridPos.y", 16), panel("D", number=4, x=12, y=8)
    before = dashboard(A, B, C, low[3])
    found = diff(before, dashboard(panel("New", number=9), *low))
    assert told(found) == ["added panel New: timeseries, 1 query"]
    assert found.noise == {"shifted panels": 2}
    taller = dashboard(edited(A, "gridPos.h", 16), B, edited(C, "gridPos.y", 16), low[3])
    assert told(diff(before, taller)) == ["changed panel A: height 8 → 16"]
    loose = dashboard(A, B, C, edited(low[3], "gridPos.y", 30))  # the gap does not stay
    assert diff(before, loose).empty
    up = dashboard(edited(C, "gridPos.y", 0), B, edited(A, "gridPos.y", 8), low[3])
    assert told(diff(before, up)) in (["moved panel A: moved within its row"], ["moved panel C: moved within its row"])


def test_what_others_push_to_the_side_is_not_moved() -> None:
    """As generated dashboards flow: a new panel, a wider one, or one that goes takes the others along."""
    flown = dashboard(panel("New", number=9), edited(A, "gridPos.x", 12), edited(B, "gridPos", C["gridPos"]),
                      edited(C, "gridPos", {"x": 12, "y": 8, "w": 12, "h": 8}))  # fmt: skip
    found = diff(dashboard(A, B, C), flown)
    assert told(found) == ["added panel New: timeseries, 1 query"]
    assert found.noise == {"shifted panels": 3}
    assert told(diff(flown, dashboard(A, B, C))) == ["removed panel New: timeseries, 1 query"]
    wider = dashboard(edited(A, "gridPos.w", 24), edited(B, "gridPos", C["gridPos"]),
                      edited(C, "gridPos", {"x": 12, "y": 8, "w": 12, "h": 8}))  # fmt: skip
    assert told(diff(dashboard(A, B, C), wider)) == ["changed panel A: width 12 → 24"]
    outside = edited(B, "gridPos.x", 20)  # Grafana puts it back
    assert diff(dashboard(A, B, C), dashboard(A, outside, C)).empty


def box(title: str, x: int, y: int, w: int = 12, h: int = 8) -> Json:
    return panel(title, gridPos={"x": x, "y": y, "w": w, "h": h})


@pytest.mark.parametrize(("before", "after", "moved"), [
    ([box("P", 0, 0), box("Q", 0, 8), box("R", 0, 16)], [box("P", 12, 0), box("Q", 0, 0), box("R", 0, 8)], "P"),
    ([box("P", 16, 0, 8), box("R", 0, 0, 8), box("Q", 0, 8, 8)],
     [box("P", 16, 0, 8), box("Q", 0, 0, 8), box("R", 8, 0, 8)], "R"),
    ([box("Head", 6, 0, 12, 4), box("P", 0, 4), box("Q", 12, 4, 12, 6)],
     [box("Head", 0, 0, 12, 4), box("P", 0, 4), box("Q", 12, 0, 12, 6)], "Head"),
    ([box("P", 0, 0), box("Right", 12, 0), box("Q", 0, 8), box("R", 0, 16)],
     [box("Q", 0, 0), box("Right", 12, 0), box("R", 0, 8), box("P", 0, 16)], "P"),
    ([box("P", 0, 0), box("Q", 12, 0), box("R", 0, 8), box("S", 12, 8)],
     [box("S", 0, 0), box("P", 12, 0), box("Q", 0, 8), box("R", 12, 8)], "S"),
])  # fmt: skip
def test_the_panel_that_was_dragged_is_the_one_that_moved(before: list[Json], after: list[Json], moved: str) -> None:
    assert told(diff(dashboard(*before), dashboard(*after))) == [f"moved panel {moved}: moved within its row"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=2, max_size=5), st.data())
def test_of_equal_panels_the_one_that_was_dragged_to_the_side_moved(
    places: list[tuple[int, int]], data: st.DataObject
) -> None:
    before = risen([box(f"P{index}", 4 * x, 4 * y, 8) for index, (x, y) in enumerate(places)])
    dragged = data.draw(st.sampled_from(before))
    x = data.draw(st.sampled_from([each for each in range(0, 17, 4) if each != dragged["gridPos"]["x"]]))
    gone = {"x": x, "y": 4 * data.draw(st.integers(0, 6)), "w": 8, "h": 8}
    after = risen([each | {"gridPos": gone} if each is dragged else each for each in before])
    assert told(diff(dashboard(*before), dashboard(*after))) == [
        f"moved panel {dragged['title']}: moved within its row"
    ]


def risen(given: list[Json]) -> list[Json]:
    """As Grafana shows them: each as far up as those above let it."""
    found: list[Json] = []
    for each in sorted(given, key=lambda each: (each["gridPos"]["y"], each["gridPos"]["x"])):
        x = each["gridPos"]["x"]
        above = [one["gridPos"]["y"] + 8 for one in found if abs(one["gridPos"]["x"] - x) < 8]
        found.append(edited(each, "gridPos.y", max(above, default=0)))
    return found


def test_collapsing_a_row_is_one_change() -> None:
    expanded = dashboard(row("More", 0), *(edited(each, "gridPos.y", each["gridPos"]["y"] + 1) for each in (A, B, C)))
    collapsed = dashboard(row("More", 0, panels=[A, B, C]))
    assert told(diff(expanded, collapsed)) == ["changed row More: now collapsed"]
    assert told(diff(collapsed, expanded)) == ["changed row More: now expanded"]


def test_a_moved_row_is_one_change() -> None:
    def at(title: str, y: int, inner: dict[str, object]) -> list[Json]:
        return [row(title, y, 90 + len(title)), edited(inner, "gridPos.y", y + 1)]

    before = dashboard(*at("One", 0, A), *at("Three", 10, B), *at("Fiver", 20, C))
    after = dashboard(*at("Fiver", 0, C), *at("One", 10, A), *at("Three", 20, B))
    assert told(diff(before, after)) == ["moved row Fiver: moved, with its 1 panel: now at the top, was below Three"]


def test_a_moved_row_counts_the_panels_that_moved_with_it() -> None:
    one, two = row("One", 0), row("Two", 17, 91)
    low = (edited(A, "gridPos.y", 1), edited(C, "gridPos.y", 9), edited(B, "gridPos.y", 18))
    before = dashboard(one, *low[:2], two, low[2])
    after = dashboard(
        edited(two, "gridPos.y", 0), edited(B, "gridPos.y", 1), panel("New", number=9, y=1),
        edited(one, "gridPos.y", 20), *(edited(each, "gridPos.y", 30 + each["id"]) for each in low[:2]),
    )  # fmt: skip
    assert told(diff(before, after)) == [
        "moved row Two: moved, with its 1 panel: now at the top, was below One",
        "added panel New: timeseries, 1 query",
    ]


@pytest.mark.parametrize(("names", "expected"), [
    (("One", "Two"), []),
    (("Old", "One"), ["renamed row One → Old: renamed", "renamed row Two → One: renamed"]),
    (("Two", "One"), ["renamed row One → Two: renamed", "renamed row Two → One: renamed"]),
])  # fmt: skip
def test_rows_that_take_the_titles_of_others_are_renamed(names: tuple[str, str], expected: list[str]) -> None:
    def of_names(first: str, second: str) -> Json:
        inner = [box("A", 0, 1), box("B", 12, 1), box("C", 0, 10), box("D", 12, 10)]
        return dashboard(row(first, 0), *inner[:2], row(second, 9, 91), *inner[2:])

    found = diff(of_names("One", "Two"), of_names(*names))
    assert told(found) == expected


def test_a_row_whose_panels_are_all_others_is_the_same_row() -> None:
    one, other = (dashboard(row("One", 0), box(name, 0, 1), box(f"{name}2", 12, 1)) for name in "PQ")
    assert not [each for each in told(diff(one, other)) if " row " in each]


def test_rows_of_old_schemas_are_the_same_rows() -> None:
    inner = [{key: each[key] for key in each if key != "gridPos"} | {"span": 6} for each in (A, B)]
    old = dashboard(rows=[{"title": "More", "showTitle": True, "height": "300px", "panels": inner}], schemaVersion=14)
    old.pop("panels")
    new = dashboard(row("More", 0), *(edited(each, "gridPos.y", 1) for each in (A, B)))
    found = diff(old, new)
    assert told(found) == []
    assert len(found.notes) == 2  # the schema version, and the form of rows


def test_envelopes_are_taken_off() -> None:
    plain = dashboard(A)
    assert told(diff({"meta": {"slug": "x"}, "dashboard": plain}, {"dashboard": plain, "folderId": 3})) == []
    resource = {"apiVersion": "dashboard.grafana.app/v1", "kind": "Dashboard", "metadata": {"name": "checkout"}}
    assert diff(plain, resource | {"spec": {k: v for k, v in plain.items() if k != "uid"}}).state == "same"


def test_the_same_change_of_many_panels_is_told_once() -> None:
    many = [panel(f"P{i}", number=i, y=8 * i) for i in range(6)]
    longer = [edited(each, "targets.0.expr", each["targets"][0]["expr"].replace("5m", "10m")) for each in many]
    assert told(diff(dashboard(*many), dashboard(*longer))) == [
        "changed panels : window 5m → 10m; in 6 queries of 6 panels: P0, P1, P2, P3, P4, P5window 5m → 10m"
    ]


PANELS = [panel(f"P{i % 4}", f"metric_{i}", number=i, y=8 * (i // 2), x=12 * (i % 2)) for i in range(9)]


@settings(deadline=None)
@given(st.permutations(range(len(PANELS))), st.permutations(range(len(PANELS))), st.randoms(use_true_random=False))
def test_permuted_or_renumbered_panels_are_never_gone_and_new(
    order: list[int], numbers: list[int], luck: random.Random
) -> None:
    """In the file's order, in place, or in number: moved, or nothing."""
    shuffled = [copy.deepcopy(PANELS[index]) | {"id": numbers[index] + 100} for index in order]
    found = diff(dashboard(*PANELS), dashboard(*shuffled))
    assert found.empty
    places = [each["gridPos"] for each in shuffled]
    luck.shuffle(places)
    swapped = [each | {"gridPos": place} for each, place in zip(shuffled, places, strict=True)]
    assert {each.what for each in diff(dashboard(*PANELS), dashboard(*swapped)).changes} <= {"moved"}


@settings(deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
                    max_leaves=12))  # fmt: skip
def test_nothing_differs_from_itself_whatever_it_holds(value: object) -> None:
    strange = dashboard(A | {"options": value, "fieldConfig": value, "targets": value, "links": value}, tags=value)
    strange["templating"] = {"list": [{"name": "v", "query": value, "options": value}]}
    found = diff(strange, strange)
    assert found.state == "same"
    assert found.noise == {}
    assert json.dumps(strange)
    assert diff(dashboard(B), strange) is not None
    assert of(strange).title == "Checkout"
