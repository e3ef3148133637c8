"""What changed in a query, in words; variables are read as what may stand there."""

import pytest

from kaizen.dashboards import marks
from kaizen.dashboards.meaning import words
from kaizen.dashboards.queries import query, variable_metrics
from kaizen.dashboards.sentences import plain
from kaizen.dashboards.variables import USE, Stand
from kaizen.promql import parse, write

CASES = [
    ("rate(x[5m])", "rate(x[10m])", ["window 5m → 10m"]),
    ("rate(x[$__rate_interval])", "rate(x[5m])", ["window $__rate_interval → 5m"]),
    ("sum by (a, b) (x)", "sum by (a) (x)", ["grouping by (a, b) → by (a)"]),
    ("sum(x)", "avg(x)", ["aggregation sum → avg"]),
    ('x{job="a"}', 'x{job=~"a|b"}', ['matcher job="a" → job=~"a|b" (widened)']),
    ('x{job=~"a|b"}', 'x{job="b"}', ['matcher job=~"a|b" → job="b" (narrowed)']),
    ('x{job="$job"}', 'x{job=~"$job"}', ['matcher job="$job" → job=~"$job"']),
    ("x", 'x{job="a"}', ['matcher job="a" added']),
    ('x{job="a"}', "x", ['matcher job="a" removed']),
    ("x > 5", "x > 7", ["threshold > 5 → > 7"]),
    ("x > 5", "x >= 5", ["threshold > 5 → >= 5"]),
    ("rate(x[5m])", "increase(x[5m])", ["function rate → increase"]),
    ("x", "y", ["metric x → y"]),
    ("x * 100", "x * 1000", ["number 100 → 1000"]),
    ("x", "ceil(x)", ["now within ceil(…)"]),
    ("x or vector(0)", "x", ["no longer with or vector(0) after it"]),
    ("x", "x offset 1h", ["offset 0s → 1h"]),
    ("topk($k, x)", "topk(5, x)", ["parameter $k → 5"]),
    ('x{a="1"} + y{a="1"}', 'x{a="2"} + y{a="2"}', ['matcher a="1" → a="2" (2 times)']),
    ("sum(x) / sum(y)", "max(z) > 1", ["query rewritten"]),
    ('x{job="a",b=~"c"}', 'x { b="c", job="a" }', []),
    ("x[[suffix]]", "x${suffix}", []),
    # A window is never the first variable here: each stand-in is made its own variable again.
    ('rate(x{job="$job"}[5m])', 'rate(x{job="$job"}[$__rate_interval])', ["window 5m → $__rate_interval"]),
    ('rate(x{a="$a",b="$b"}[$__interval])', 'rate(x{a="$a",b="$b"}[$window])', ["window $__interval → $window"]),
    ('rate(x{a="$a"}[${window}m])', 'rate(x{a="$a"}[5m])', ["window ${window}m → 5m"]),
    ("x{a='$a'} offset $shift", "x{a='$a'} offset $other", ["offset $shift → $other"]),
    ("topk($a, x) + topk($b, y)", "topk($a, x) + topk($c, y)", ["parameter $b → $c"]),
    ("$agg(rate(x[5m]))", "avg(rate(x[5m]))", ["aggregation $agg → avg"]),
    ("$agg(x) by (job)", "$other(x) by (job)", ["aggregation $agg → $other"]),
    ("$agg(x)", "ceil($agg(x))", ["now within ceil(…)"]),
    ("$agg(x)", "$agg(x) + $other(y)", ["now with + $other(y) after it"]),
    ("quantile($q, x)", "$q(x)", ["query rewritten"]),
    ('x{a="${__user.login}"}', 'x{a="${__user.email}"}', ['matcher a="${__user.login}" → a="${__user.email}"']),
    ('x{a="${v.text}"}', 'x{a="$v"}', ['matcher a="${v.text}" → a="$v"']),
    ('x{a="${v:regex}"}', 'x{a="$v"}', ['matcher a="${v:regex}" → a="$v"']),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), CASES)
def test_words(before: str, after: str, expected: list[str]) -> None:
    stand = Stand()
    one, other = query(before, True, stand), query(after, True, stand)
    assert not one.fault
    assert not other.fault
    assert [plain(each) for each in words(one, other)] == expected
    assert (one.canonical == other.canonical) == (not expected)


READ = [
    ('sum(rate(a_total{x="$x"}[$__rate_interval])) by ($label)', {"a_total"}),
    ("a offset $shift", {"a"}),
    ('a{$filters, b="c"}', {"a"}),
    ("avg_over_time(a[${window}m:$step])", {"a"}),
    ("a / $__interval_ms", {"a"}),
    ("$fn(a)", {"a"}),
    ("${prefix}_total", {"${prefix}_total"}),
    ("a > $limit", {"a"}),
]


@pytest.mark.parametrize(("text", "names"), READ)
def test_variables_are_read_wherever_they_stand(text: str, names: set[str]) -> None:
    found = query(text, True, Stand())
    assert not found.fault
    assert found.metrics == names


def test_what_is_no_promql_is_said_and_guessed_at() -> None:
    found = query('sum(rate(a_total{x="y"}[5m])', True, Stand())
    assert found.fault
    assert found.approximate
    assert found.metrics == {"a_total"}
    logs = query('{app="x"} |= "error"', False, Stand())
    assert not logs.fault
    assert not logs.metrics


def test_variables_name_metrics_too() -> None:
    for given in ("label_values(up{job=~'a'}, instance)", {"query": "query_result(up)", "refId": "x"}):
        assert variable_metrics({"type": "query", "query": given}, Stand()) == {"up"}
    assert variable_metrics({"type": "custom", "query": "label_values(up, a)"}, Stand()) == frozenset()


@pytest.mark.parametrize("text", ["${a:" * 250_000, "[[a:" * 250_000, "${a." * 250_000, "$" * 1_000_000])
def test_variables_without_an_end_are_found_in_one_pass(text: str) -> None:
    """Read again from each beginning, a megabyte of them would take hours."""
    assert list(USE.finditer(text)) == []


def test_many_variables_are_each_their_own_again() -> None:
    stand = Stand()
    for first in range(0, 1200, 50):
        given = " + ".join(f"rate(x[$w{number}])" for number in range(first, first + 50))
        assert stand.shown(write(parse(next(stand.filled(given))))) == given


def test_what_differs_is_seen_however_long_the_line_is() -> None:
    long = 'round(sum(increase(tickets_opened_total{component=~"$component", severity=~"$severity"}[1d])))'
    assert marks.lines(long, long[:-2], marks.Effort(), 84) == [
        '- round(sum(increase(tickets_opened_total{c…$component", severity=~"$severity"}[1d])))',
        "                                                                                    ^^",
        '+ round(sum(increase(tickets_opened_total{c…$component", severity=~"$severity"}[1d])',
    ]
    assert marks.lines(long, long[:-2], marks.Effort())[0] == f"- {long}"
    for new in (long.replace("1d", "7d"), long.replace("$component", "x"), f"a + {long} + b"):
        shown = marks.lines(long, new, marks.Effort(), 84)
        assert "^" in "".join(shown)
        assert 80 < max(map(len, shown)) <= 86
        assert "…" in shown[0]
