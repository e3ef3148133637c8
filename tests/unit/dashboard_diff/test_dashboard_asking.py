"""Queries without their variables, and the chart of what they give."""

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.dashboards.asking import askable
from kaizen.dashboards.diff import Change, Diff, QueryChange
from kaizen.dashboards.files import FileDiff
from kaizen.dashboards.markup import body
from kaizen.dashboards.query_chart import MOST_LINES, chart
from kaizen.prometheus.results import Series
from kaizen.promql import parse


@pytest.mark.parametrize(("text", "asked"), [
    ("rate(a_total[$__rate_interval])", "rate(a_total[5m])"),
    ('a{job="$job"}', "a"),
    ('a{job=~"$job|b"}', 'a{job=~".*|b"}'),
    ('a{job="x-${job:regex}.y"}', 'a{job=~"x\\\\-.*\\\\.y"}'),
    ('a{job!="$job", b!~"[[c]]", d="e"}', 'a{d="e"}'),
    ("topk($k, sum by ($by) (a))", None),
    ("a{$filters}", "a"),
    ("avg_over_time(a[$__range:$__interval] offset $__interval)", "avg_over_time(a[5m:5m] offset 5m)"),
    ("rate($metric[5m])", ""),
    ("sum(rate(x[5m])", ""),
    ("a > 5", "a > 5"),
    ("a @ ${__to}", ""),
    ("rate(a[5m:1m] @ $__from)", ""),
    ("a @ 1700000000 + b @ end()", "a @ 1700000000.000 + b @ end()"),
    ('a{b=~"[$c]"}', ""),
    ('a{b=~"$c[^0-9$d]"}', ""),
    ('a{b=~"[[:alpha:]$c]"}', ""),
    ('a{b=~"[]$c]"}', ""),
    ('a{b=~"[]0]$c[1]"}', 'a{b=~"[]0].*[1]"}'),
    ('a{b=~"\\\\[$c"}', 'a{b=~"\\\\[.*"}'),
    ('a{b!~"[$c]"}', "a"),
])  # fmt: skip
def test_a_query_for_any_value_of_its_variables(text: str, asked: str | None) -> None:
    found = askable(text)
    if asked is not None:
        assert found == asked
    if found:
        parse(found)
        assert "$" not in found


@pytest.mark.parametrize("text", [
    'a{c="$c"} unless on () b{c="$c"}', 'sum(a{c="$c"}) < 100', 'absent(b{c="$c"})', "absent_over_time(b[$__interval])",
    'a{c="$c"} and on () (count(a{c=~"$c"}) == 1)', "a > $limit", "increase(a[$__range]) > 100", "sum by ($by) (a) > 5",
    'topk(3, a{c="$c"}) and b', '(a{c="$c"} or on () b) * c', 'label_replace(a{b!="$c"} < 5, "x", "y", "", "")',
])  # fmt: skip
def test_a_query_of_which_a_variable_takes_series_away_is_not_asked(text: str) -> None:
    """For all values at once it may give nothing, though it gives some for one of them."""
    assert askable(text) == ""


@pytest.mark.parametrize(("text", "asked"), [
    ('a{c="$c"} unless b > 5', "a unless b > 5"),
    ('sum(a{c="$c"}) < bool 100', "sum(a) < bool 100"),
    ('sum(a{c="$c"}) or vector(0)', "sum(a) or vector(0)"),
    ('topk($k, a{c="$c"})', "topk(5, a)"),
    ('sum(a{c="$c"}) / sum(b{c="$c"}) and c', "sum(a) / sum(b) and c"),
])  # fmt: skip
def test_a_query_that_gives_something_for_all_where_it_does_for_one_is_asked(text: str, asked: str) -> None:
    assert askable(text) == asked


def series(*values: float) -> Series:
    return Series({}, tuple((1_800_000_000.0 + 120 * index, value) for index, value in enumerate(values)))


def test_both_sides_are_drawn_over_the_same_axes() -> None:
    drawn = chart([series(1, 2), series(-5, 5)], [series(3)])
    tree = ElementTree.fromstring(drawn)
    key, plot = ["".join(each.itertext()) for each in tree if each.tag.endswith("text")], tree[-1]
    assert key == ["before", "after"]
    assert [each.get("class") for each in plot if each.get("class") in ("old", "new")] == ["old", "old", "new"]
    assert tree[0].text == "2 lines before, 1 line after, from 08:00 to 08:02 UTC"
    assert chart([], []) == chart([series(math.nan)], [series(math.inf)]) == ""
    assert chart(None, [series(0, 0)]).count('class="new"') == 1
    assert chart([series(1, 2)] * 50, []).count('class="old" d="M56.0') == MOST_LINES


def test_lines_are_told_apart_by_the_labels_in_which_they_differ() -> None:
    def lines(*given: dict[str, str]) -> list[Series]:
        return [Series(each | {"job": "shop"}, series(1, 2).points) for each in given]

    drawn = chart(
        lines({"__name__": "a", "pod": "x<"}), lines({"__name__": "b", "pod": "x<"}, {"__name__": "b", "pod": "y"})
    )
    assert ">1 pod=x&lt;</text>" in drawn
    assert 'class="whole"' in drawn  # colours stand for pods there
    assert ">2 pod=y</text>" in drawn
    assert drawn.count('class="old s1"') == drawn.count('class="new s1"') == drawn.count('class="new s2"') == 1
    tags = re.findall(r'class="t(\d)" x="\d+" y="([\d.]+)"', drawn)
    assert len({y for _, y in tags}) == len(tags) == 2
    assert ">2 without pod</text>" in chart(lines({}), lines({"pod": "x"}))
    assert ">1 a</text>" in chart(None, lines({"__name__": "a"}, {"__name__": "b"}))
    assert "and 15 more lines" in chart(None, lines(*({"pod": str(n)} for n in range(30))))
    alone = chart(lines({"pod": "x"}), lines({"pod": "x"}))
    assert 'class="new"' in alone
    assert "pod" not in alone


def test_the_caption_names_variables_only_where_there_are_some() -> None:
    def caption(text: str) -> str:
        query = QueryChange("A", "a", text, promql=True, chart="<svg/>")
        change = Change("changed", "panel", "Orders", queries=(query,))
        return body(FileDiff("a.json", diff=Diff("changed", "", changes=(change,)))).partition("<figcaption>")[2]

    assert caption('rate(a{job="$job"}[5m])').startswith("the last 6 hours, for any value of the variables<")
    assert caption("rate(a[$__rate_interval])").startswith("the last 6 hours<")


def test_a_chart_says_which_lines_are_which_and_where_there_are_none() -> None:
    blank = chart([series(1, 2)], [])
    assert '<text x="90" y="13">before</text>' in blank
    assert 'class="none">after: no data</text>' in blank
    assert 'class="none">before: no data</text>' in chart([], [series(1, 2)])
    new = chart(None, [series(1, 2)])
    assert "before" not in new
    assert "no data" not in new


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=6), st.floats(-1e300, 1e300))
@settings(max_examples=300, deadline=None)
def test_any_values_can_be_drawn(values: list[float], more: float) -> None:
    drawn = chart([series(*values)], [series(more, more)])
    assert drawn or not any(abs(each) < 1e100 for each in [*values, more])
    for each in ElementTree.fromstring(drawn or "<svg/>").iter():
        assert "nan" not in (each.get("d") or "")
        assert "inf" not in (each.get("d") or "")
    assert drawn.count('class="grid"') <= 8
