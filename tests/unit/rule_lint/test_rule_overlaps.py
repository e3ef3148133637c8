"""O1 to O6 and the verdicts on ladders: what is one, what is none, and what is left undecided.

| branch | implies | apart, or none | undecided |
|---|---|---|---|
| O1 thresholds | each operator, within | each operator, apart; `partial` below | NaN, no constant |
| O2 series | literals, lists, one pattern, arithmetic | literals and lists apart, `!~` | other patterns or labels |
| O2 `max` `count` `group` `sum` `min` | the way that fits; labels that stay | those apart | the other way |
| O2 `avg` `quantile` `topk` | labels that stay | those apart | any other matcher |
| O2 windows, offsets, `@` | equal ones | equal ones, apart | other ones |
| O3 `and` | either from `X and Y` | left sides apart | Y alone, one side less |
| O3 `or` | X to `X or Y`, part by part | all parts apart | from `X or Y` to X |
| O3 `unless` | X from `X unless Y`; less taken away | left sides apart | more taken away |
| O4 time | waits as long, keeps as short, looked at as often | waits less or keeps longer: `other` | undecided ones |
| O5 severity | good, inverted, redundant | other people: `other` | a severity without a rank |
| O6 the rest | counted as decided | never reported | counted as not decided |
"""

from typing import Any

import pytest

from rule_lint.files import read
from rule_lint.lint import DEFAULT, lint
from rule_lint.overlaps import pairs
from rule_lint.severities import Ranks
from tests.unit.rule_lint.rule_samples import alert, checks, content, linted


def verdict(one: dict[str, Any], other: dict[str, Any]) -> str:
    """Of two alerts; which of them implies the other stands before it."""
    found, _ = pairs(read("rules.yml", content(one, other)).rules, Ranks(DEFAULT.severities))
    if not found:  # told apart by a label at first sight
        return "apart"
    (pair,) = found
    return f"{pair.one.name} {pair.verdict}" if pair.verdict in ("good", "inverted", "same") else pair.verdict


def of(one: str, other: str) -> str:
    """The verdict on a critical C and a warning W: `C good` where C implies W, `W inverted` the other way round."""
    return verdict(alert("C", one, "critical"), alert("W", other, "warning"))


@pytest.mark.parametrize(
    ("critical", "warning", "expected"),
    [
        # O1: one expression, two thresholds.
        ("x > 10", "x > 5", "C good"),
        ("x > 5", "x > 10", "W inverted"),
        ("x >= 5", "x > 5", "W inverted"),
        ("x < 5", "x < 10", "C good"),
        ("x == 3", "x >= 3", "C good"),
        ("x == 3", "x != 0", "C good"),
        ("x > 5", "x < 3", "apart"),
        ("x == 1", "x == 2", "apart"),
        ("x > 5", "x <= 5", "apart"),
        ("x > 5", "5 < x", "C same"),
        ("x < 5", "x <= 5", "C good"),
        ("x > 5", "x != 3", "C good"),
        ("x != 3", "x > 5", "W inverted"),
        ("x != 3", "x == 3", "apart"),
        ("x > 10", "x > scalar(y)", "undecided"),
        ("x > NaN", "x > 5", "undecided"),
        # O2: selectors that differ, series by series.
        ('x{job="a"} > 5', "x > 5", "C good"),
        ('x{job="a"} > 5', 'x{job=~"a|b"} > 1', "C good"),
        ('x{job!~"a|b"} > 5', 'x{job!="a"} > 5', "C good"),
        ('x{job="a"} > 5', 'x{job!=""} > 5', "C good"),
        ('rate(x_total{job="a"}[5m]) * 60 > 5', "rate(x_total[5m]) * 60 > 1", "C good"),
        ('a{job="a"} / b{job="a"} > 0.5', "a / b > 0.1", "C good"),
        ('x{job="a"} > 5', 'x{job="b"} > 5', "apart"),
        ('x{job="a"} > 5', 'x{job=~"b|c"} > 5', "apart"),
        ('x{job="a"} > 5', 'x{job=""} > 5', "apart"),
        ('x{job=~"a.*"} > 5', 'x{job=~"a.*"} > 1', "C good"),
        ('x{job=~"a.*"} > 5', 'x{job!~"a.*"} > 1', "apart"),
        ('x{job="abc"} > 5', 'x{job=~"a.*"} > 5', "undecided"),
        ('x{job=~"a.*"} > 5', 'x{job=~".*b"} > 5', "undecided"),
        ('x{job="a"} > 5', 'x{zone="b"} > 5', "undecided"),
        ('a{job="a"} / (b{job="a"} != -1) > 80', "a / (b != -1) > 70", "C good"),
        ('a{job="a"} / (b{job="a"} > 1) > 80', "a / (b > 2) > 70", "undecided"),
        ('a{job="a"} / b{job="a"} > 0.5', 'a{job="b"} / b{job="b"} > 0.1', "apart"),
        # O2: aggregations.
        ('sum by (job) (x{job="a"}) > 5', 'sum by (job) (x{job="b"}) > 5', "apart"),
        ('max by (job) (x{job="a"}) > 5', 'max by (job) (x{job="b"}) > 1', "apart"),
        ('avg by (job) (x{job="a"}) > 5', 'avg by (job) (x{job="b"}) > 5', "apart"),
        ('sum(x{job="a"}) > 5', 'sum(x{job="b"}) > 5', "undecided"),
        ('group by (job) (x{zone="a"}) > 0', "group by (job) (x) > 0", "C good"),
        ('group by (job) (x{zone="a"}) < 2', "group by (job) (x) < 2", "undecided"),
        ('min by (job) (x{zone="a"}) > 5', "min by (job) (x) > 5", "undecided"),
        ('count(x{zone="a"}) < 5', "count(x) < 5", "undecided"),
        ('quantile(0.9, x{zone="a"}) > 5', "quantile(0.9, x) > 5", "undecided"),
        ('topk(3, x{zone="a"}) > 5', "topk(3, x) > 5", "undecided"),
        ("sum(x) > 5", "max(x) > 1", "undecided"),
        ('sum by (job) (x{job="a"}) > 5', "sum by (job) (x) > 5", "C good"),
        ('avg by (job) (x{job="a"}) > 5', "avg by (job) (x) > 5", "C good"),
        ('avg by (job) (x{zone="a"}) > 5', "avg by (job) (x) > 5", "undecided"),
        ('max by (job) (x{zone="a"}) > 5', "max by (job) (x) > 5", "C good"),
        ('max by (job) (x{zone="a"}) < 5', "max by (job) (x) < 5", "undecided"),
        ('min by (job) (x{zone="a"}) < 5', "min by (job) (x) < 5", "C good"),
        ('count(x{zone="a"}) > 5', "count(x) > 5", "C good"),
        ('sum(rate(x_total{zone="a"}[5m])) > 5', "sum(rate(x_total[5m])) > 5", "C good"),
        ('sum(rate(x_total{zone="a"}[5m])) * -1 > 5', "sum(rate(x_total[5m])) * -1 > 5", "undecided"),
        ('sum(rate(x_total{zone="a"}[5m]) * 60 / 2) > 5', "sum(rate(x_total[5m]) * 60 / 2) > 5", "C good"),
        ('sum(changes(x{zone="a"}[5m])) > 5', "sum(changes(x[5m])) > 5", "C good"),
        # One path without traffic, 0 / 0, makes the whole sum NaN.
        ('sum(a_total{zone="a"} / b_total{zone="a"}) > 5', "sum(a_total / b_total) > 5", "undecided"),
        ('sum(a_total{zone="a"} * b_total{zone="a"}) > 5', "sum(a_total * b_total) > 5", "undecided"),
        ('sum(sqrt(x{zone="a"})) > 5', "sum(sqrt(x)) > 5", "undecided"),
        ('sum(abs(x{zone="a"})) > 5', "sum(abs(x)) > 5", "undecided"),
        ('sum(x{zone="a"}) > 5', "sum(x) > 5", "undecided"),
        ('sum(delta(x{zone="a"}[5m])) > 5', "sum(delta(x[5m])) > 5", "undecided"),
        ('sum without (zone) (x{zone="a"}) > 5', "sum without (zone) (x) > 5", "undecided"),
        ('sum without (pod) (x{zone="a"}) > 5', "sum without (pod) (x) > 5", "C good"),
        (
            'histogram_quantile(0.9, sum by (le, job) (rate(x_bucket{job="a"}[5m]))) > 2',
            "histogram_quantile(0.9, sum by (le, job) (rate(x_bucket[5m]))) > 1",
            "C good",
        ),
        # Windows and offsets are never compared: burn rates are meant.
        ("rate(x_total[5m]) > 10", "rate(x_total[10m]) > 5", "undecided"),
        ("x > 10", "x offset 1d > 5", "undecided"),
        ("x @ 100 > 10", "x > 5", "undecided"),
        ("x @ 100 > 10", "x @ 100 > 5", "C good"),
        ("rate(x_total[5m]) > 5", "rate(x_total[5m]) < 3", "apart"),
        # O3: logic.
        ("x > 10 and y > 1", "x > 5", "C good"),
        ("x > 10 unless y", "x > 5", "C good"),
        ("x > 10", "x > 5 or y > 1", "C good"),
        ("x > 10 or y > 3", "x > 5 or y > 1", "C good"),
        ("x > 10 and y > 3", "x > 5 and y > 1", "C good"),
        ("x > 10 and on (job) y", "x > 5 and on (job) y", "C good"),
        ("x > 10 unless y > 1", "x > 5 unless y > 3", "C good"),
        ("x > 10 unless y > 3", "x > 5 unless y > 1", "undecided"),
        ('x{job="a"} > 10 and y', 'x{job="b"} > 5', "apart"),
        ('x{job="a"} > 10 unless y', 'x{job="b"} > 5', "apart"),
        ('x{job="a"} > 10 or y{job="a"}', 'x{job="b"} > 5', "apart"),
        ("x > 10 and y > 1", "x < 5", "undecided"),
        ("x > 10", "x > 5 unless y > 1", "undecided"),
        ("x > 10 and y > 1", "y > 0", "undecided"),
        ("x > 10", "x > 5 and y > 1", "undecided"),
        ("x > 10 or y > 3", "x > 5", "undecided"),
        ("x > 10 and on (job) y", "x > 5 and on (zone) y", "undecided"),
        # O6: what is no comparison with a constant.
        ("x > y", "x > y * 0.5", "undecided"),
        ("x > bool 10", "x > bool 5", "undecided"),
    ],
)
def test_verdicts(critical: str, warning: str, expected: str) -> None:
    assert of(critical, warning) == expected


def test_o4_time() -> None:
    def waiting(critical: str, warning: str) -> str:
        return verdict(alert("C", "x > 10", "critical", critical), alert("W", "x > 5", "warning", warning))

    assert waiting("10m", "10m") == waiting("10m", "5m") == "C good"
    assert waiting("5m", "10m") == "other"  # they wait together, and the critical one may fire alone
    late = alert("C", "x > 10", "critical", keep_firing_for="5m")
    assert verdict(late, alert("W", "x > 5", "warning")) == "other"
    assert verdict(late, alert("W", "x > 5", "warning", keep_firing_for="10m")) == "C good"


def test_o4_an_alert_that_is_looked_at_more_rarely_may_be_late() -> None:
    warning, critical = alert("W", "x > 10", "warning", "5m"), alert("C", "x > 5", "critical")

    def of(first: dict[str, str], second: dict[str, str]) -> list[str]:
        files = {"a.yml": content(warning, **first), "b.yml": content(critical, **second)}
        return [each.check for each in lint(files).findings]

    assert of({"interval": "1m"}, {"interval": "1h"}) == []
    assert of({"interval": "1m"}, {}) == of({}, {"interval": "1m"}) == []  # nobody knows the server's own
    assert of({"interval": "1h"}, {"interval": "1m"}) == of({}, {}) == ["inverted-ladder"]
    assert of({"query_offset": "1m"}, {}) == of({"query_offset": "-1m"}, {"query_offset": "1m"}) == []
    assert of({"query_offset": "1m"}, {"query_offset": "60s"}) == ["inverted-ladder"]


def test_o4_the_same_condition_at_two_intervals() -> None:
    one, other = alert("A", "x > 5", "critical"), alert("A", "x > 5", "warning")

    def verdict_of(first: str, second: str) -> str:
        rules = [*read("a", content(one, interval=first)).rules, *read("b", content(other, interval=second)).rules]
        ((pair,), _) = pairs(rules, Ranks(DEFAULT.severities))
        return f"{pair.one.labels['severity']} {pair.verdict}"

    assert verdict_of("1m", "1m").endswith(" same")
    assert verdict_of("1h", "1m") == "critical good"
    assert verdict_of("1m", "1h") == "warning inverted"


def test_o4_undecided_conditions_stay_so_whatever_the_times() -> None:
    for critical, warning in (("5m", "5m"), ("10m", "5m"), ("5m", "10m")):
        one, other = alert("C", "x > y", "critical", critical), alert("W", "x > y * 0.5", "warning", warning)
        assert verdict(one, other) == "undecided"


def test_o5_other_people_and_unknown_severities() -> None:
    one, other = alert("A", "x > 10", labels={"team": "a"}), alert("B", "x > 5", labels={"team": "b"})
    assert verdict(one, other) == "other"
    assert verdict(alert("A", "x > 10", "gold"), alert("B", "x > 5", "silver")) == "undecided"


def test_o5_an_inverted_ladder_is_an_error() -> None:
    (found,) = linted(alert("C", "x > 5", "critical"), alert("W", 'x{job="a"} > 10', "warning")).findings
    assert (found.check, found.level) == ("inverted-ladder", "error")
    assert "W (warning) never fires without C (critical)" in found.message
    assert 'both fire at {job="a"} = 11' in found.message


def test_o5_a_warning_that_waits_longer_is_inverted_too() -> None:
    assert checks(alert("C", "x > 5", "critical", "5m"), alert("W", "x > 5", "warning", "15m")) == ["inverted-ladder"]


def test_o5_equal_severities_make_one_redundant() -> None:
    (found,) = linted(alert("A", "x > 10"), alert("B", "x > 5")).findings
    assert (found.check, found.level) == ("redundant", "warning")
    assert "A (warning) never fires without B (warning)" in found.message


def test_o5_the_same_condition_at_two_severities() -> None:
    (found,) = linted(alert("A", "x > 5", "critical"), alert("A", "x > 5", "warning")).findings
    assert found.check == "redundant"
    assert "always fire together" in found.message


@pytest.mark.parametrize(
    "rules",
    [
        (alert("W", "x > 5"), alert("C", "x > 10", "critical")),
        (alert("A", "x > 5", "warning", "5m"), alert("A", "x > 5", "critical", "1h")),
        (alert("A", "x > 5", "warning", "5m"), alert("B", "x > 10", "critical", "1m")),
        (alert("A", "x > 5", labels={"team": "a"}), alert("B", "x > 10", labels={"team": "b"})),
        (alert("A", "x > 5", "gold"), alert("B", "x > 10", "silver")),
        (alert("A", "x > 5", "{{ $labels.severity }}"), alert("B", "x > 10")),
        (
            alert("Fast", "rate(e_total[1h]) > 14.4 and rate(e_total[5m]) > 14.4", "page"),
            alert("Slow", "rate(e_total[6h]) > 6 and rate(e_total[30m]) > 6", "page"),
        ),
        (alert("A", "x == 1"), alert("B", "x == 2"), alert("C", "x == 3")),
        (alert("A", 'up{job="a"} == 0'), alert("A", 'up{job="b"} == 0')),
    ],
)
def test_what_is_meant_gives_no_finding(rules: tuple[dict[str, Any], ...]) -> None:
    assert checks(*rules) == []


def test_partial_overlaps_are_shown_with_an_example() -> None:
    (found,) = linted(alert("A", "x > 5"), alert("B", "x < 10")).findings
    assert found.check == "overlap"
    assert "at the value" in found.message
    (found,) = linted(alert("A", 'x{job=~"a|b"} > 5'), alert("B", 'x{job=~"b|c"} > 5')).findings
    assert 'at {job="b"} = ' in found.message


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ('x{job=~"api|web", job=~"w.*"} > 7', 'x{job=~"w.*"} > 5', ""),  # `api` does not fit
        ('x{job=~"w.*", zone="a"} > 7', 'x{job=~"w.*"} > 5', "the value 8"),
        ('x{job=~"w.*", job=~".*a"} > 7', 'x{job=~"w.*"} > 5', ""),
        ('x{job!=""} > 7', "x > 5", '{job="a"} = 8'),
        ('x{job!=""} > 7 and y{job="b"} > 1', "x > 5", 'x{job!=""} = 8 and y{job="b"} = 2, with equal labels'),
        ('x{job="a"} > 7 and y{job="b"} > 1', "x > 5", ""),
        ('x{job="a"} > 7 and on (zone) y{job="b"} > 1', "x > 5", 'x{job="a"} = 8 and y{job="b"} = 2, with equal zone'),
        ("x > 7 and on () y > 1", "x > 5", "x = 8 and y = 2"),
        ("x > 7 and x < 9", "x > 5", ""),
        ("x > 7 unless on () y", "x > 5", "x = 8 without y"),
        ("x > 7", "x > 5 or y > 5", "the value 8"),
        ("x > 7 or y > 7", "x > 5 or y > 5", "the value 8"),
    ],
)
def test_an_example_fires_both_or_is_left_out(one: str, other: str, expected: str) -> None:
    (pair,), _ = pairs(read("r", content(alert("A", one), alert("B", other))).rules, Ranks(DEFAULT.severities))
    assert (pair.verdict, pair.witness) == ("same", expected)


def test_a_cluster_is_one_finding() -> None:
    (found,) = linted(*(alert(f"A{number}", f"x > {number}") for number in range(20))).findings
    assert len(found.members) == 20
    assert "189 more" in found.message


def test_the_share_that_is_decided_is_counted() -> None:
    report = linted(alert("A", "x > 5"), alert("B", "x > 10", "critical"), alert("C", "x > y", "critical"))
    assert (report.compared, report.decided, report.ladders) == (3, 1, 1)


def test_redundant_says_it_and_the_clash_does_not_repeat_it() -> None:
    assert checks(alert("A", "sum by (a) (x_total) > 5"), alert("A", "sum by (a) (x_total) > 7")) == ["redundant"]


def test_hostile_logic_is_answered_in_time() -> None:
    """`and` against `or`, each of many parts: without memory that would be millions of millions of questions."""
    one = " and ".join(f"a{number} > 1" for number in range(45))
    other = " or ".join(f"(a{number} > 2 and b)" for number in range(20))
    report = linted(alert("A", one), alert("B", other), alert("C", f"{one} and b"))
    assert report.compared == 3


def test_too_many_pairs_are_left_out_and_counted() -> None:
    report = linted(*(alert(f"A{number}", f"x > y + {number}") for number in range(500)))
    assert report.compared + report.skipped == 2 * (500 * 499 // 2)  # by each of two metrics
    assert report.skipped > 0


def test_a_fleet_is_compared_service_by_service() -> None:
    """What differs in the value of a label is not looked at; what has no value of it is compared with all."""
    fleet = [
        alert(f"{name}{number}", f'x{{job="s{number}"}} > {bound}', severity)
        for number in range(800)
        for name, bound, severity in (("W", 5, "warning"), ("C", 9, "critical"))
    ]
    report = linted(*fleet, alert("All", "x > 20", "page"))
    assert (report.compared, report.skipped) == (800 + 1600, 0)
    assert report.ladders == 800
    assert [each.check for each in report.findings] == []


def test_labels_that_a_rule_sets_itself_tell_nothing_apart() -> None:
    one = alert("A", 'x{job="a"} > 5', labels={"job": "c"})
    assert [each.check for each in linted(one, alert("B", 'x{job=~"a|b"} > 5', labels={"job": "c"})).findings] == [
        "redundant"
    ]
