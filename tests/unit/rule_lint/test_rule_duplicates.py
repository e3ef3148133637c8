"""D1 to D4: each with what is one, what is none, and what is left undecided.

| branch | found | none | undecided, so that nothing is said |
|---|---|---|---|
| D1 rules | twice, in two files, labels of the group | other labels | no common form; no PromQL |
| D2 records | series in common | labels and groupings apart | other metrics, patterns, `label_replace` |
| D3 alerts | two expressions with the same labels | labels or severities apart | other metrics; patterns |
| D4 names | the same condition | an escalation, a constant, other people | unknown severities; no common form |
"""

from typing import Any

import pytest

from rule_lint.lint import Report, lint
from rule_lint.report import text
from tests.unit.rule_lint.rule_samples import alert, checks, content, linted, record


def test_d1_the_same_rule_twice() -> None:
    (found,) = linted(alert("A", "x > 5"), alert("A", "5 < (x)", wait="5m")).findings
    assert (found.check, found.level) == ("duplicate", "error")
    assert "with `for` 0s and 5m" in found.message
    assert [each.place.line for each in found.members] == sorted(each.place.line for each in found.members)
    assert checks(record("a:b", "sum(x)", team="a"), record("a:b", "sum(x)", team="a")) == ["duplicate"]


def test_d1_in_two_files_and_with_labels_of_the_group() -> None:
    one = content(alert("A", "x > 5", labels={"team": "a"}))
    other = content(alert("A", "x > 5"), labels={"team": "a"})
    (found,) = lint({"a.yml": one, "b.yml": other}).findings
    assert found.check == "duplicate"
    assert {each.place.path for each in found.members} == {"a.yml", "b.yml"}


def test_d1_not_with_other_labels_or_another_meaning() -> None:
    assert checks(record("a:b", "sum(x)", team="a"), record("a:b", "sum(x)", team="b")) == []
    assert checks(alert("A", "x > 5", labels={"team": "a"}), alert("A", "x > 5", labels={"team": "b"})) == []


def test_d1_undecided_is_left_to_others() -> None:
    """Nobody has shown that these are equal, or what they mean at all."""
    assert "duplicate" not in checks(alert("A", "x > 5"), alert("A", "x - 5 > 0"))
    assert "duplicate" not in checks(record("a:b", "sum(x) + sum(x)"), record("a:b", "2 * sum(x)"))
    assert checks(alert("A", "x >"), alert("A", "x >", wait="5m")) == ["promql"]


def test_d2_one_name_recorded_by_two_expressions() -> None:
    (found,) = linted(record("a:b", "sum by (job) (x)"), record("a:b", "sum by (job) (y)")).findings
    assert (found.check, found.level) == ("record-clash", "error")
    assert found.code == "sum by (job) (x)\nsum by (job) (y)"
    assert checks(record("a:b", 'x{job="a"}'), record("a:b", 'x{job=~"a|b"} * 2')) == ["record-clash"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('x{job="a"}', 'y{job="b"}'),
        ('sum by (job) (x{job="a"})', 'sum by (job) (y{job!="a"})'),
        ('sum by (job) (x{job=~"a|b"})', 'sum by (job) (y{job!~"a|b"})'),
        ("sum(x)", 'sum by (job) (y{job="a"})'),
        ('absent(x{job="a"})', 'absent(x{job="b"})'),
        ('a{job="a"} / on (job) b', 'a{job="b"} / on (job) b'),
        ('label_replace(a{job="a"}, "b", "c", "", "")', 'a{job="b"}'),
    ],
)
def test_d2_not_where_labels_are_apart(one: str, other: str) -> None:
    assert checks(record("a:b", one), record("a:b", other)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("x", "y"), ('x{job=~"a.*"}', 'x{job=~"b.*"} * 2'), ('label_replace(x, "job", "a", "", "")', 'x{job="b"}')],
)
def test_d2_undecided_says_nothing(one: str, other: str) -> None:
    assert checks(record("a:b", one), record("a:b", other)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x > 5", "x <= 5"),
        ("(x >= 0.99) * 0 + 1", "(x < 0.99) * 0"),
        ("sum by (job) (x) and on (job) y == 1", "sum by (job) (x) * 0 unless on (job) y == 1"),
        ("(sum by (job) (x) and on (job) z) and on (job) y == 1", "sum by (job) (x) * 0 unless on (job) y == 1"),
        ("sum(x)", "absent(sum(x)) * 0"),
        ("topk(1, x) * 0", "bottomk(1, x)"),
        ("max_over_time(x[3h]) == 0", "time() - (x > 0) > 10800"),  # never at once, by what a sample in 3 h means
    ],
)
def test_d2_not_where_both_never_hold_at_once(one: str, other: str) -> None:
    assert checks(record("a:b", one), record("a:b", other)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x > 5", "x > 7"),
        ("x > 5", "x * 2"),
        ("sum by (job) (x) > 5", "sum by (job) (y) > 5"),
        ("sum by (job) (x) and on (job) y == 1", "sum by (job) (z) unless on (job) w == 1"),
        ("absent(sum(x)) * 0", "sum(y)"),
        ("sum(x)", "sum(max_over_time(x[5m]))"),
    ],
)
def test_d2_where_both_can_hold_at_once(one: str, other: str) -> None:
    assert checks(record("a:b", one), record("a:b", other)) == ["record-clash"]


def test_d3_not_where_both_never_hold_at_once_and_a_doubt_is_in_the_words() -> None:
    assert checks(alert("OutOfRange", "sum by (job) (x) > 90"), alert("OutOfRange", "sum by (job) (x) < 10")) == []
    (found,) = linted(alert("A", "sum by (a) (rate(x[5m])) > 5"), alert("A", "sum by (a) (rate(x[1h])) > 3")).findings
    assert found.check == "alert-clash"
    assert "where more than one of them holds" in found.message


def test_d3_one_alert_of_two_expressions() -> None:
    (found,) = linted(alert("A", "sum by (job) (x) > 5"), alert("A", "max by (job) (y) > 1")).findings
    assert (found.check, found.level) == ("alert-clash", "warning")


def test_d3_not_with_labels_that_tell_them_apart() -> None:
    assert checks(alert("A", 'x{job="a"} > 5'), alert("A", 'y{job="b"} > 5')) == []
    assert checks(alert("A", "sum by (job) (x) > 5"), alert("A", "max by (job) (y) > 1", "critical")) == []


def test_d3_undecided_says_nothing() -> None:
    assert checks(alert("A", "x > 5"), alert("A", "y > 5")) == []
    assert checks(alert("A", 'x{job=~"a.*"} > 5'), alert("A", 'y{job=~".*b"} > 5')) == []


def test_d4_a_copy_under_another_name() -> None:
    (found,) = linted(alert("A", "x > 5", wait="5m"), alert("B", "5 < x", wait="10m")).findings
    assert (found.check, found.level) == ("copy", "warning")
    assert "A for 5m, B for 10m" in found.message


def test_d4_copies_are_one_finding() -> None:
    (found,) = linted(*(alert(f"A{number}", "x > 5") for number in range(30))).findings
    assert len(found.members) == 30


def test_d4_not_for_an_escalation_a_constant_or_other_people() -> None:
    assert checks(alert("A", "x > 5", "warning", "5m"), alert("B", "x > 5", "critical", "1h")) == []
    assert checks(alert("A", "vector(1)"), alert("B", "vector(1)")) == []
    assert checks(alert("A", "x > 5", labels={"team": "a"}), alert("B", "x > 5", labels={"team": "b"})) == []


def test_d4_undecided_severities_say_nothing() -> None:
    assert checks(alert("A", "x > 5", "gold"), alert("B", "x > 5", "silver")) == []
    assert "copy" not in checks(alert("A", "x > 5"), alert("B", "x - 5 > 0"))


def test_files_that_are_packaged_twice_are_one() -> None:
    rules = [alert("A", "x > 5"), record("a:b", "sum(x)")]
    report = lint({"one/rules.yml": content(*rules), "two/rules.yml": content(*rules)})
    assert report.findings == ()
    assert report.copies == (("one/rules.yml", "two/rules.yml"),)
    assert [each.check for each in lint({"one/a.yml": content(*rules), "two/b.yml": content(*rules)}).findings] == [
        "duplicate",
        "duplicate",
    ]


SHARED = alert("Down", "up == 0", "critical", "5m")
LADDER = [alert("W", "load1 > 10"), alert("C", "load1 > 5", "critical")]


def twins(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> Report:
    return lint({"a/alerts.yml": content(*one), "b/alerts.yml": content(*other)})


def test_a_file_that_shares_a_rule_or_two_is_no_copy() -> None:
    report = twins([SHARED], [SHARED, *LADDER])
    assert report.copies == ()
    assert {each.check for each in report.findings} == {"duplicate", "inverted-ladder"}


def test_of_a_copy_all_is_said_but_comparisons_with_its_twin() -> None:
    more = [record(f"a:b{number}", f"x{number}") for number in range(4)]
    report = twins([SHARED, *more], [SHARED, *more, *LADDER, alert("Always", "up == bool 0")])
    assert report.copies == (("a/alerts.yml", "b/alerts.yml"),)
    assert [each.check for each in report.findings] == ["inverted-ladder", "bool"]
    assert "b/alerts.yml is taken for a/alerts.yml, packaged once more." in text(report)
    assert [each.check for each in twins(more, [*more, more[0]]).findings] == ["duplicate"]
    with_both = twins([*more, LADDER[0]], [*more, *LADDER])  # the warning is in both: it stands for both
    assert [each.check for each in with_both.findings] == ["inverted-ladder"]


def test_versions_of_one_file_are_not_compared() -> None:
    """The thresholds have been lowered: the old warning is not above the new critical alert."""
    more = [record(f"a:b{number}", f"x{number}") for number in range(4)]
    old = [alert("W", "x > 10"), alert("C", "x > 20", "critical")]
    new = [alert("W", "x > 5"), alert("C", "x > 8", "critical"), alert("D", "x > 10", labels={"a": "b"})]
    assert twins([*more, *old], [*more, *new]).findings == ()
    assert [each.check for each in lint({"a.yml": content(*old), "b.yml": content(*new)}).findings] != []


def test_an_id_is_about_the_fault_not_the_line() -> None:
    (one,) = linted(alert("A", "x > 5"), alert("A", "x > 5")).findings
    (two,) = linted(record("z:z", "sum(z)"), alert("A", "x > 5"), alert("A", "5 < x")).findings
    (three,) = linted(alert("A", "x > 6"), alert("A", "x > 6")).findings
    assert one.id == two.id != three.id
