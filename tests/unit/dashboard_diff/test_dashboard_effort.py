"""Hostile files: what is done for them is counted, as time differs from machine to machine."""

import difflib
import json
import random
from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import pytest

from dashboard_diff import comment
from dashboard_diff.page import About, html_page
from kaizen.dashboards import NoDashboardError, breaking, leaves, markdown, marks, read, report
from kaizen.dashboards.editing import state
from kaizen.dashboards.edits import applied
from kaizen.dashboards.files import FileDiff, file_diff
from kaizen.dashboards.panels import Sides
from kaizen.dashboards.variables import Stand
from kaizen.github.comments import LONGEST, length
from tests.unit.dashboard_diff.dashboard_samples import Json, dashboard, diff, of, panel, told


def words(seed: int, count: int) -> str:
    return " ".join(random.Random(seed).choices("ab+-", k=count))


def test_a_few_tokens_again_and_again_are_not_compared_one_by_one() -> None:
    with patch.object(difflib, "SequenceMatcher", side_effect=AssertionError):
        shown = marks.lines(f"x {words(1, 950)} y", f"x {words(2, 950)} y", marks.Effort())
        above, below = (line for line in shown if "^" in line)
    assert above.startswith("    ^")  # what both begin with is not marked
    assert set(above.strip()) == set(below.strip()) == {"^"}


@pytest.mark.parametrize(("before", "after", "expected"), [
    ("a b c", "a b d", ["- a b c", "      ^", "+ a b d", "      ^"]),
    ("a b", "a b c", ["- a b", "+ a b c", "     ^^"]),
    ("b b", "b b b", ["- b b", "+ b b b", "     ^^"]),
    ("x a y b z", "x c y d z", ["- x a y b z", "    ^   ^", "+ x c y d z", "    ^   ^"]),
])  # fmt: skip
def test_common_ends_are_not_marked(before: str, after: str, expected: list[str]) -> None:
    assert marks.lines(before, after, marks.Effort()) == expected


def test_lines_that_come_again_and_again_are_not_compared_one_by_one() -> None:
    one, other = ("\n".join(random.Random(seed).choices("abc", k=2000)) for seed in (1, 2))
    with patch.object(difflib, "unified_diff", side_effect=AssertionError):
        assert marks.lines(one, other, marks.Effort())[1999:2001] == [f"- {one[-1]}", f"+ {other[0]}"]


@pytest.mark.parametrize("form", [
    lambda files: comment.write(files), lambda files: report.text(files),
    lambda files: html_page(files, (), About()),
], ids=["comment", "text", "page"])  # fmt: skip
def test_all_marks_together_have_a_limit(form: Callable[[list[FileDiff]], str]) -> None:
    """Files whose queries each may be looked at, and all of which may not."""
    panels, asked = (
        [panel(f"P{each}", f"x{metric} {words(each + metric, 100)} y", number=each, y=each * 8) for each in range(20)]
        for metric in (100, 200)
    )
    one, other = (json.dumps(dashboard(*each)).encode() for each in (panels, asked))
    files = [file_diff(f"{each}.json", one, other) for each in range(8)]
    looked = patch.object(difflib, "SequenceMatcher", side_effect=difflib.SequenceMatcher)
    with patch.object(marks, "_ALL", 20_000_000), looked as compared:
        form(files)
    assert 1 <= compared.call_count <= 20


def test_removed_variables_are_looked_for_in_one_walk() -> None:
    def with_variables(count: int) -> Json:
        listed = [{"name": f"v{each}", "type": "custom", "query": "a"} for each in range(count)]
        return dashboard(*(panel(f"P{each}", number=each, y=each, description=f"see $v{each}") for each in range(30)),
                         templating={"list": listed})  # fmt: skip

    with patch.object(breaking, "_inside", side_effect=breaking._inside) as walked:
        found = diff(with_variables(30), with_variables(0))
    assert sum("is removed" in str(each) for each in found.breaking) == 30
    assert walked.call_count <= 40


def test_a_full_comment_is_not_written_on() -> None:
    panels = [panel("é" * 500 + str(each), number=each, y=each * 8) for each in range(900)]
    changed = [each | {"description": "new " + "x" * 300} for each in panels]
    for index, each in enumerate(changed):
        each["targets"] = [{"refId": "A", "expr": f"rate(other{index}_total[5m])"}]
    one, other = (json.dumps(dashboard(*each)).encode() for each in (panels, changed))
    found = file_diff("a.json", one, other)
    assert found.diff is not None
    with patch.object(markdown, "change", side_effect=markdown.change) as written:
        text = comment.write([found])
    shown = text.count("- ✏️")
    assert shown < written.call_count <= shown + 60
    assert f"No room here for {len(found.diff.changes) - shown} changes in" in text


def test_rows_are_as_many_as_panels() -> None:
    rows = [{"type": "row", "title": str(each), "gridPos": {"y": each}} for each in range(5001)]
    with pytest.raises(NoDashboardError, match="more than 5000 rows"):
        read(json.dumps(dashboard(*rows)).encode())


def test_signs_of_two_units_count_twice() -> None:
    panels, asked = (
        [panel("😀" * 140 + str(each), f"{metric}{each}_total", number=each, y=each * 8) for each in range(400)]
        for metric in ("old", "new")
    )
    one, other = (json.dumps(dashboard(*each)).encode() for each in (panels, asked))
    assert LONGEST - 3000 < length(comment.write([file_diff("a.json", one, other)])) <= LONGEST


@pytest.mark.parametrize("name", ["😀" * 200, "`" * 200, "a"])
def test_the_last_lines_have_their_room(name: str) -> None:
    """Names of files are shown there again, and what was not looked at may be long."""
    panels, asked = (
        [panel(f"P{each}", f"{metric}{each}_total", number=each, y=each * 8) for each in range(400)]
        for metric in ("old", "new")
    )
    one, other = (json.dumps(dashboard(*each)).encode() for each in (panels, asked))
    files = [file_diff(f"{name}{each}.json", one, other) for each in range(8)]
    text = comment.write(files, ["*" * 1000] * 5, "0123456")
    assert LONGEST - 5000 < length(text) <= LONGEST
    assert "No room here for" in text
    assert "at 0123456" in text


def optioned(given: Json) -> Json:
    return dashboard(panel("Orders", options=given))


def test_a_large_object_is_one_value() -> None:
    one, other = ({f"k{each}": value for each in range(2001)} for value in (1, 2))
    for before, after, said in (
        (optioned({"map": one}), optioned({"map": other}), "options.map"),
        (optioned(one), optioned(other), "options"),
        (dashboard(panel("Orders") | one), dashboard(panel("Orders") | other), "values nothing → 2001 differ"),
        (dashboard(**one), dashboard(**other), "values nothing → 2001 differ"),
    ):
        found = diff(before, after)
        (line,) = told(found)
        assert said in line
        assert found.changes[0].leaves == 1
        assert found.edits is not None
        sides = Sides({}, {}, Stand())
        made, wanted = state(applied(of(before), found.edits), sides, newer=True), state(of(after), sides, newer=True)
        assert made == wanted
        assert diff(before, before).empty


def test_of_all_values_so_many_are_told_one_by_one() -> None:
    def with_value(value: int) -> Json:
        options = {f"k{each}": value for each in range(1000)}
        return dashboard(*(panel(f"P{each}", number=each, y=8 * each, options=options) for each in range(9)))

    found = diff(with_value(1), with_value(2))
    assert sum(each.leaves for each in found.changes) == 5000 + 4
    assert any("options {" in each and each.endswith("in 4 panels: P5, P6, P7, P8") for each in told(found))
    assert found.edits is not None
    made = state(applied(of(with_value(1)), found.edits), Sides({}, {}, Stand()), newer=True)
    assert made == state(of(with_value(2)), Sides({}, {}, Stand()), newer=True)


def test_beyond_that_noise_is_still_none() -> None:
    one, other = ({f"k{each}": value for each in range(10)} for value in (None, ""))
    (leaf,) = leaves.leaves({"options": one}, {"options": other}, "stat", leaves.Room(0))
    assert leaf.noise
    (leaf,) = leaves.leaves({"options": {"a": 1, "b": 2}}, {"options": {"a": 3, "b": 4}}, "stat", leaves.Room(0))
    assert not leaf.noise


def test_panels_that_are_pointed_to_are_looked_up() -> None:
    """Not looked for among all panels at each link."""
    links = [{"url": f"/d/checkout?viewPanel={each}"} for each in range(100, 110)]
    panels = [panel(f"P{each}", number=each, y=8 * each) for each in range(100, 150)]
    before, after = of(dashboard(*panels)), of(dashboard(*(panel("New", number=at, links=links) for at in range(10))))
    seen = 0

    class Counted(int):
        def __eq__(self, other: object) -> bool:
            nonlocal seen
            seen += 1
            return int(self) == other

        __hash__ = int.__hash__

    rows = tuple(
        replace(row, panels=tuple(replace(each, number=Counted(each.number or 0)) for each in row.panels))
        for row in before.rows
    )
    assert len(list(breaking._pointers(replace(before, rows=rows), after))) == 100
    assert seen <= 300


def test_many_thresholds_are_one_sentence() -> None:
    def with_steps(count: int, by: int) -> Json:
        steps = [{"color": "red", "value": each * by} for each in range(count)]
        return dashboard(panel("Orders", type="stat", fieldConfig={"defaults": {"thresholds": {"steps": steps}}}))

    assert told(diff(with_steps(30, 1), with_steps(31, 2))) == [
        "changed panel Orders: thresholds differ (30 steps → 31 steps)"
    ]
