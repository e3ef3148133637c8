"""Charts as SVG: scales, gaps, marks, and nothing of a name that could leave its place."""

import math
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.charts.lines import Chart, Line, Mark, svg
from kaizen.charts.scale import Scale, day_steps, number, round_steps

SPACE = "{http://www.w3.org/2000/svg}"


def parsed(chart: Chart, width: int = 600, height: int = 300) -> ElementTree.Element:
    return ElementTree.fromstring(svg(chart, width, height).replace("<svg ", f'<svg xmlns="{SPACE[1:-1]}" ', 1))


def paths(chart: Chart) -> list[str]:
    return [each.get("d", "") for each in parsed(chart).iter(f"{SPACE}path") if each.get("fill") == "none"]


def test_values_stand_where_they_belong() -> None:
    scale = Scale(10, 20, 0, 100)
    assert [scale(value) for value in (10, 15, 20)] == [0, 50, 100]
    assert Scale(3, 3, 0, 100)(3) == 50
    assert Scale(0, 1, 100, 0)(0.25) == 75


@given(st.floats(1e-6, 1e15), st.integers(2, 10))
def test_an_axis_names_few_round_values_and_reaches_the_highest(high: float, most: int) -> None:
    steps = round_steps(high, most)
    assert steps[0] == 0
    assert steps[-1] >= high * (1 - 1e-6)
    assert 2 <= len(steps) <= most + 1
    assert len({round((b - a) / steps[1], 6) for a, b in pairwise(steps)}) == 1
    mantissa = steps[1] / 10 ** math.floor(math.log10(steps[1]) + 1e-9)
    assert any(math.isclose(mantissa, each, rel_tol=1e-6) for each in (1, 2, 2.5, 5, 10))


def test_no_axis_for_what_is_no_number() -> None:
    assert round_steps(0, 5) == [0, 1]
    for wrong in (math.nan, math.inf, -1.0):
        with pytest.raises(ValueError, match="no axis"):
            round_steps(wrong, 5)
    assert [number(each) for each in (0.0, 2.5, 7.0, 0.30000000000000004)] == ["0", "2.5", "7", "0.3"]


@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(0, 800), st.integers(3, 12))
def test_an_axis_of_days_names_at_most_so_many(first: date, count: int, most: int) -> None:
    last = first + timedelta(days=count)
    steps = [day for day, _ in day_steps(first, last, most)]
    assert len(steps) <= most
    assert steps == sorted(set(steps))
    assert all(first <= day <= last for day in steps)


def test_a_gap_breaks_the_line_and_a_point_alone_is_a_dot() -> None:
    line = Line("a", [(0, 1.0), (1, 2.0), (2, None), (3, 4.0), (4, None), (5, 3.0), (6, 3.0)])
    chart = Chart("says", "MB/s", [line])
    assert [path.count("L") for path in paths(chart)] == [1, 1]
    assert len(list(parsed(chart).iter(f"{SPACE}circle"))) == 1


def test_marks_differ_by_shape_and_hints_cover_the_picture() -> None:
    line = Line("a", [(0, 1.0), (1, 2.0), (2, 3.0)])
    hints = [(0, "one"), (1, "two"), (2, "three")]
    chart = Chart(
        "says", "MB/s", [line], [(0, "x")], [(0, 0.5, 1.5), (2, 2, 4)], [Mark(1, 2), Mark(2, 3, "warn")], hints
    )
    root = parsed(chart)
    assert len(list(root.iter(f"{SPACE}circle"))) == 1
    rects = list(root.iter(f"{SPACE}rect"))
    assert [each[0].text for each in rects] == ["one", "two", "three"]
    edges = [(float(each.get("x", "")), float(each.get("width", ""))) for each in rects]
    assert all(abs(a + w - b) < 0.2 for (a, w), (b, _) in pairwise(edges))
    assert root.get("role") == "img"


def test_everything_stays_within_the_picture() -> None:
    chart = Chart(
        "says", "MB/s", [Line("a", [(0, 0.0), (9, 123.0)])], [(0, "first"), (9, "last")], [(0, 1, 130), (9, 2, 9)]
    )
    root = parsed(chart, 320, 200)
    places = [
        (float(each.get("x", each.get("cx", "0"))), float(each.get("y", each.get("cy", "0"))))
        for each in root.iter()
        if each.tag in (f"{SPACE}text", f"{SPACE}circle")
    ]
    assert all(0 <= x <= 320 and 0 <= y <= 200 for x, y in places)


def test_words_are_escaped() -> None:
    evil = '"><script>alert(1)</script>'
    made = svg(Chart(evil, evil, [Line(evil, [(0, 1.0)])], [(0, evil)], hints=[(0, evil)]), 300, 200)
    assert "<script" not in made


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(ValueError, match="needs points"):
        svg(Chart("says", "MB/s", [Line("a", [])]), 300, 200)
    with pytest.raises(ValueError, match="needs points"):
        svg(Chart("says", "MB/s", [Line("a", [(0, math.nan)])]), 300, 200)
    assert "<svg" in svg(Chart("says", "MB/s", [Line("a", [(0, None), (1, None)])]), 300, 200)
