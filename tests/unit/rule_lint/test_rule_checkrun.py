"""The check run: its verdict, and its annotations."""

from typing import Any

import pytest

from kaizen.github.checks import Report
from rule_lint import checkrun, comment
from rule_lint.changes import Change
from rule_lint.comment import Subject
from rule_lint.model import Place
from tests.unit.rule_lint.rule_samples import alert, linted


def made(*rules: dict[str, Any], left_out: tuple[str, ...] = ()) -> Report:
    found = linted(*rules)
    return checkrun.report(Subject(found, found.findings, (), lambda place, gone: "", "c" * 40, left_out))


@pytest.mark.parametrize(
    ("rules", "conclusion", "level"),
    [
        ([alert("A", "x > 5")], "success", None),
        ([alert("A", "x")], "neutral", "warning"),
        ([alert("A", "x >"), alert("B", "x")], "failure", "failure"),
    ],
)
def test_errors_fail_and_warnings_do_not(rules: list[dict[str, Any]], conclusion: str, level: str | None) -> None:
    report = made(*rules)
    assert report.conclusion == conclusion
    assert next((each.level for each in report.annotations), None) == level


def test_what_was_not_read_is_no_success() -> None:
    report = made(alert("A", "x > 5"), left_out=("b.yml was not read.",))
    assert report.conclusion == "neutral"
    assert "was not read" in report.summary


def test_annotations_say_what_where_and_what_to_do_and_are_counted_when_cut() -> None:
    report = made(alert("C", "x > 5", "critical"), alert("W", "x > 9"))
    (found,) = report.annotations
    assert found.title == "inverted-ladder: alert C"
    assert "Also at rules.yml:" in found.message
    assert "To do: Let the less severe alert fire first" in found.message
    many = made(*(alert(f"A{number}", f"x{number} >") for number in range(250)))
    assert len(many.annotations) == checkrun.MOST
    assert "50 more findings" in many.summary


def test_replays_are_told_and_names_in_them_do_nothing() -> None:
    found = linted()
    replay = "could not be replayed: it reads <img src=x>@octo, which this change records otherwise"
    changed = [Change(name, "changed", Place("r.yml"), replay=replay) for name in ("A`<b>", "B")]
    subject = Subject(found, (), (*changed, Change("C", "new", Place("r.yml"))), lambda place, gone: "")
    for text in (checkrun.report(subject).summary, comment.write(subject)):
        assert text.count("could not be replayed: it reads &lt;img src=x&gt;@\u200bocto") == 2
        assert "``A`<b>``" in text
    quiet = checkrun.report(Subject(found, (), (), lambda place, gone: "", not_replayed="alerts not replayed"))
    assert "(alerts not replayed)" in quiet.summary
    assert "7 days" not in quiet.summary
