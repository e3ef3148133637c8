"""What changed, in words."""

from typing import Any

import pytest

from rule_lint.changes import Change, changes, moved_back
from rule_lint.files import read
from rule_lint.lint import DEFAULT
from rule_lint.severities import Ranks
from tests.unit.rule_lint.rule_samples import alert, content, file, record

RANKS = Ranks(DEFAULT.severities)


def found(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> tuple[Change, ...]:
    return changes([file(*before)], [file(*after)], RANKS)


def words(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Those of one change; what makes the alert fire less ends in `!`, what makes it less severe in `?`."""
    (change,) = found([one], [other])
    assert change.what == "changed"
    return [each.words + "!" * each.quieter + "?" * each.milder for each in change.words]


def test_the_example_of_the_issue() -> None:
    one = alert("HighLatency", 'rate(x{job="a"}[5m]) > 5', wait="10m")
    other = alert("HighLatency", 'rate(x{job=~"a|b"}[5m]) > 7', wait="5m")
    assert words(one, other) == ["threshold 5 → 7!", 'job widened job="a" → job=~"a|b"', "for 10m → 5m"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("x > 5", "x > 3", ["threshold 5 → 3"]),
        ("x < 5", "x < 3", ["threshold 5 → 3!"]),
        ("x > 5", "x >= 5", ["condition > 5 → >= 5"]),
        ("x == 5", "x == 6", ["threshold 5 → 6"]),
        ("x > 5", 'x{a="b"} > 5', ['a narrowed (any) → a="b"!']),
        ('x{a=~"b.*"} > 5', 'x{a=~"c.*"} > 5', ['a changed a=~"b.*" → a=~"c.*"']),
        ("rate(x[5m]) > 5", "rate(x[10m]) > 5", ["window 5m → 10m"]),
        ("x > 5", "x offset 1h > 5", ["offset 0s → 1h"]),
        ("x > 5", "y > 5", ["metric x → y"]),
        ("sum by (a) (x) > 5", "sum by (a, b) (x) > 5", ["sum by (a) → sum by (a, b)"]),
        ("sum by (a) (x) > 5", 'sum by (a) (x{b="c"}) > 5', ['b narrowed (any) → b="c"']),
        ("x > 5 and y > 1", "x > 6 and y > 2", ["threshold 5 → 6!", "threshold 1 → 2!"]),
        ("x > 5 unless y > 1", "x > 5 unless y > 2", ["threshold 1 → 2"]),
        ("x > 5", "x > 5 and y", ["another expression!"]),
        ("x > 5 and y", "x > 5", ["another expression"]),
        ('rate(x_total{a=~"b|c"}[5m]) > 5', 'rate(x_total{a="b"}[5m]) > 5', ['a narrowed a=~"b|c" → a="b"!']),
        ("sum(rate(x_total[5m])) > 5", 'sum(rate(x_total{a="b"}[5m])) > 5', ['a narrowed (any) → a="b"!']),
        ("sum(rate(x_total[5m])) < 5", 'sum(rate(x_total{a="b"}[5m])) < 5', ['a narrowed (any) → a="b"']),
        ("max(x) > 5", 'max(x{a="b"}) > 5', ['a narrowed (any) → a="b"!']),
        ("x > 1", "x > 1 unless on () maintenance == 1", ["another expression!"]),
        ("x > 1", "x > 1 and on () hour() > 8", ["another expression!"]),
        ("x > 1 or y > 1", "x > 1", ["another expression!"]),
        ("x > 1", "x > 1 or y > 1", ["another expression"]),
        ("x > 1 or y > 1", "x > 1 or y > 9", ["threshold 1 → 9!"]),
        ("x >= 1", "x > 1", ["condition >= 1 → > 1!"]),
        ("x > 1", "x == 5", ["condition > 1 → == 5!"]),
        ("x > 1", "x == 0", ["condition > 1 → == 0"]),
        ('x > 1 unless y{a="b"}', "x > 1 unless y", ['a widened a="b" → (any)!']),
        ("x > 1", "x > 1 and x < 1", ["another expression!"]),
        ("rate(x[5m]) > 5", "increase(x[5m]) > 5", ["another expression"]),
        ("x * 2 > 5", "x * 3 > 5", ["number 2 → 3"]),
    ],
)
def test_expressions(one: str, other: str, expected: list[str]) -> None:
    assert words(alert("A", one), alert("A", other)) == expected


def test_what_words_do_not_tell_is_shown() -> None:
    (change,) = found([alert("A", "x > 5")], [alert("A", "sum(y) > 5 or z")])
    assert (change.before, change.after) == ("x > 5", "sum(y) > 5 or z")


def test_labels_lengths_and_names() -> None:
    assert words(alert("A", "x > 5", "critical"), alert("A", "x > 5", "warning")) == ["severity critical → warning?"]
    assert words(alert("A", "x > 5", "warning"), alert("A", "x > 5", "critical")) == ["severity warning → critical"]
    assert words(alert("A", "x > 5", wait="5m"), alert("A", "x > 5", wait="10m")) == ["for 5m → 10m!"]
    assert words(alert("A", "x > 5", keep_firing_for="1h"), alert("A", "x > 5")) == ["keep_firing_for 1h → 0s!"]
    assert words(alert("A", "x > 5"), alert("A", "x > 5", keep_firing_for="1h")) == ["keep_firing_for 0s → 1h"]
    assert words(alert("A", "x > 5"), alert("A", "x > 5", labels={"team": "a"})) == ["label team a added"]
    assert words(alert("A", "x > 5"), alert("B", "x > 5")) == ["renamed from A"]
    assert words(alert("A", "x > 5"), alert("A", "x > 5", annotations={"a": "b"})) == ["annotation a"]
    assert words(record("a:b", "x > 5"), record("a:b", "x > 7")) == ["threshold 5 → 7"]


def test_times_of_the_group() -> None:
    def of(**times: str) -> list[str]:
        before, after = (read("r.yml", content(alert("A", "x > 5"), **more)) for more in ({}, times))
        (change,) = changes([before], [after], RANKS)
        return [each.words for each in change.words]

    assert of(interval="1m", query_offset="-30s") == ["interval default → 1m", "query_offset 0s → -30s"]


def test_only_a_severity_of_the_policy_is_known_to_be_lower() -> None:
    one = alert("A", "x > 5", "critical")
    for unknown in ("p0", "emergency", "{{ $labels.sev }}"):
        assert words(one, alert("A", "x > 5", unknown)) == [f"severity critical → {unknown}"]
    assert words(one, alert("A", "x > 5", "")) == ["label severity critical removed?"]
    assert words(alert("A", "x > 5", ""), one) == ["label severity critical added"]


def test_new_and_removed() -> None:
    both = found([alert("A", "x > 5"), alert("B", "y > 5")], [alert("A", "x > 5"), alert("C", "z > 5")])
    gone, new = sorted(both, key=lambda each: each.title)
    assert (gone.title, gone.what, gone.quieter) == ("B", "removed", True)
    assert (new.title, new.what, new.quieter) == ("C", "new", False)


def test_what_moved_or_is_only_written_otherwise_has_not_changed() -> None:
    one, other = alert("A", "x > 5"), alert("B", "y > 5")
    assert found([one, other], [other, one]) == ()
    assert found([one], [alert("A", "5 < (x) # more")]) == ()
    assert changes([file(one, path="a.yml")], [file(one, path="b.yml")], RANKS) == ()


def test_rules_of_one_name_are_told_by_their_labels() -> None:
    before = [alert("A", "x > 5", "warning"), alert("A", "x > 10", "critical")]
    after = [alert("A", "x > 12", "critical"), alert("A", "x > 5", "warning")]
    (change,) = found(before, after)
    assert [each.words for each in change.words] == ["threshold 10 → 12"]


def test_what_is_gone_is_shown_where_it_was() -> None:
    before = file(alert("A", "x > 5"), alert("B", "y > 5"), path="new.yml")
    after = file(alert("C", "z > 5"), path="new.yml")
    shown = moved_back(changes([before], [after], RANKS), {"old.yml": "new.yml"})
    assert {(each.title, each.place.path) for each in shown} == {("A", "old.yml"), ("B", "old.yml"), ("C", "new.yml")}


def test_rules_of_a_file_that_is_broken_are_not_gone() -> None:
    assert changes([file(alert("A", "x > 5"))], [read("rules.yml", b"groups: [")], RANKS) == ()
