"""Comments that turn a check off: whose they are, how long they hold, and that none is left by mistake."""

from datetime import date

import pytest

from rule_lint.lint import Around, Report, lint

TODAY = date(2026, 11, 28)
OFF = "# kaizen: disable no-comparison until 2026-12-01 the exporter is being changed"


def rules(top: str = "", above: str = "", inside: str = "", between: str = "") -> str:
    return (
        f"{top}\ngroups:\n- name: g\n  rules:\n  {above}\n  # another comment\n\n  - alert: A\n    {inside}\n"
        f"    expr: x\n    labels: {{a: b}}\n  {between}\n  - alert: B\n    expr: y\n"
    )


def linted(text: str, today: date = TODAY) -> Report:
    return lint({"r.yml": text.encode()}, around=Around(today))


def told(report: Report) -> list[str]:
    return [each.members[0].title or each.check for each in report.findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rules(), ["alert A", "alert B"]),
        (rules(above=OFF), ["alert B"]),
        (rules(inside=OFF), ["alert B"]),
        (rules(between=OFF), ["alert A"]),
        (rules(top=OFF), []),
    ],
)
def test_a_comment_is_for_its_rule_or_for_the_file(text: str, expected: list[str]) -> None:
    report = linted(text)
    assert told(report) == expected
    assert report.disabled == 2 - len(expected)


def test_the_last_day_holds_and_then_it_is_a_finding() -> None:
    assert told(linted(rules(top=OFF), date(2026, 12, 1))) == []
    report = linted(rules(top=OFF), date(2026, 12, 2))
    assert sorted(told(report)) == ["alert A", "alert B", "disable"]
    (over,) = [each for each in report.findings if each.check == "disable"]
    assert over.message == (
        "no-comparison was turned off until 2026-12-01, which is over: the exporter is being changed"
    )
    assert over.place.line == 1


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ("# kaizen: disable no-comparison until 2026-12-01", "the reason is missing"),
        ("# kaizen: disable no-comparison until 2026-13-01 why", "is no date"),
        ("# kaizen: disable no-comparison until soon why", "is no date"),
        ("# kaizen: disable no-comparison", "not as it should be"),
        ("# kaizen: disable nothing until 2026-12-01 why", "there is no check"),
        ("# kaizen: disable promql until 2026-12-01 why", "cannot be turned off"),
        ("# kaizen: disable disable until 2026-12-01 why", "cannot be turned off"),
        ("#kaizen:", "not as it should be"),
    ],
)
def test_a_comment_that_is_not_right_turns_nothing_off_and_is_said(comment: str, fault: str) -> None:
    report = linted(rules(top=comment))
    assert sorted(told(report)) == ["alert A", "alert B", "disable"]
    assert any(fault in each.message for each in report.findings)


def test_of_two_one_is_enough() -> None:
    """What is said of two rules is not said where one of them is left out; of three, two are left."""
    twice = "groups:\n- name: g\n  rules:\n{}  - {{alert: A, expr: x > 1}}\n  - {{alert: B, expr: x > 2}}\n{}"
    off = "  # kaizen: disable redundant until 2026-12-01 why\n"
    assert [each.check for each in linted(twice.format("", "")).findings] == ["redundant"]
    assert linted(twice.format(off, "")).findings == ()
    third = "  - {alert: C, expr: x > 3}\n"
    assert [each.check for each in linted(twice.format(off, third)).findings] == ["redundant"]


@pytest.mark.parametrize("check", ["removed", "undefined", "untested"])
def test_a_comment_above_one_user_says_nothing_of_the_others(check: str) -> None:
    off = f"  # kaizen: disable {check} until 2026-12-01 why\n"
    user = "  - {{alert: A, expr: job:x:rate5m > {}, for: 5m, labels: {{team: '{}'}}}}\n"
    around = Around(
        TODAY,
        before=frozenset({("record", "job:x:rate5m")}) if check == "removed" else frozenset(),
        tests={} if check == "untested" else None,
    )

    def found(first: str, second: str) -> tuple[list[list[int]], int]:
        text = f"groups:\n- name: g\n  rules:\n{first}{user.format(1, 'a')}{second}{user.format(9, 'b')}"
        report = lint({"r.yml": text.encode()}, around=around)
        lines = [[at.place.line for at in each.members] for each in report.findings if each.check == check]
        return lines, report.disabled

    assert found("", "") == ([[4, 5]], 0)
    assert found(off, "") == ([[6]], 0)
    assert found("", off) == ([[4]], 0)
    assert found(off, off) == ([], 1)


GROUPS = (
    "{}groups:\n  {}\n  - name: a\n    rules:\n    - alert: A\n      expr: x{}\n    {}\n  {}\n  - name: b\n    rules:\n"
    "    - alert: B\n      expr: y\n"
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (GROUPS.format("", "", "", "", OFF), 8),  # above a group: of no rule, and not of the one before
        (GROUPS.format("", "", "", OFF, ""), 7),
        (GROUPS.format("", OFF, "", "", ""), 2),
        (GROUPS.format("", "", f" {OFF}", "", ""), 6),  # behind something
    ],
)
def test_a_comment_that_is_of_no_rule_turns_nothing_off_and_is_said(text: str, line: int) -> None:
    report = linted(text)
    assert sorted(told(report)) == ["alert A", "alert B", "disable"]
    assert [each.place.line for each in report.findings if each.check == "disable"] == [line]


def test_a_comment_of_a_rule_or_of_the_file_may_stand_in_many_places() -> None:
    assert told(linted(GROUPS.format("", "", "", f"  {OFF}", ""))) == ["alert B"]  # as far in as the rule
    assert told(linted(GROUPS.format(f"# Of the team\n---\n{OFF}\n", "", "", "", ""))) == []
    quoted = f"\n      annotations: {{a: 'write x {OFF}'}}"
    assert told(linted(GROUPS.format("", "", quoted, "", ""))) == ["alert A", "alert B"]
