"""The command: what it prints, and its exit codes."""

import json
from pathlib import Path

import pytest

from kaizen.metrics.catalogue.rule_lint import CHECKS
from rule_lint.checks import ALL
from rule_lint.command import main
from rule_lint.model import REFUSED, Finding, Level, Member, Place, ordered
from tests.architecture.house import ROOT
from tests.unit.rule_lint.rule_samples import alert, content

CLEAN = content(alert("A", "x > 5"))
WARNING = content(alert("A", "x > 5"), alert("B", "x > 9"))
ERROR = content(alert("A", "x >"))


@pytest.mark.parametrize(
    ("rules", "options", "code"),
    [
        (CLEAN, [], 0),
        (CLEAN, ["--strict"], 0),
        (WARNING, [], 0),
        (WARNING, ["--strict"], 3),
        (ERROR, [], 1),
        (ERROR, ["--strict"], 1),
    ],
)
def test_exit_codes(rules: bytes, options: list[str], code: int, tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_bytes(rules)
    assert main(["check", str(tmp_path), *options]) == code
    assert main(["check", str(tmp_path / "rules.yml"), *options]) == code


def test_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["check", str(tmp_path / "no.yml")]) == 2
    assert "no such file" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    assert main(["check"]) == 2
    for wrong in ([], ["chek"], ["check", "--format", "xml"]):
        with pytest.raises(SystemExit) as caught:
            main(wrong)
        assert caught.value.code == 2


def test_what_cannot_be_read_or_written_is_a_line_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, tests = tmp_path / "rules.yml", tmp_path / "tests" / "deep" / "t.yml"
    rules.write_bytes(CLEAN)
    assert main(["check", str(rules), "--summary", str(tmp_path / "none" / "x.md")]) == 2
    assert capsys.readouterr().err.startswith("rule_lint: No such file or directory: ")
    assert main(["check", str(rules), "--summary", str(tmp_path)]) == 2
    assert main(["check", str(rules), "--tests", str(tmp_path / "tests" / "**" / "*.yml")]) == 2
    assert "there are no tests like" in capsys.readouterr().err
    tests.parent.mkdir(parents=True)
    tests.write_text("tests:\n- alert_rule_test:\n  - alertname: A\n", encoding="utf-8")
    for pattern in ("**/*.yml", "deep/*.yml"):
        assert main(["check", str(rules), "--tests", str(tmp_path / "tests" / pattern), "--strict"]) == 0
    capsys.readouterr()
    assert main(["check", str(tmp_path)]) == 1
    assert "this is no rule file: it has `tests`, as a test of promtool has" in capsys.readouterr().out


def test_the_default_is_what_the_policy_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "prometheus" / "rules").mkdir(parents=True)
    (tmp_path / "prometheus" / "rules" / "a.yml").write_bytes(ERROR)
    monkeypatch.chdir(tmp_path)
    assert main(["check"]) == 1


def test_a_baseline_leaves_out_what_it_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules, baseline = tmp_path / "rules.yml", tmp_path / "baseline.json"
    rules.write_bytes(content(alert("A", "x >")))
    assert main(["check", str(rules), "--format", "json"]) == 1
    baseline.write_text(capsys.readouterr().out, encoding="utf-8")
    rules.write_bytes(content(alert("New", "y > 1"), alert("A", "x >")))  # the old fault has moved
    assert main(["check", str(rules), "--baseline", str(baseline)]) == 0
    assert "1 findings of the baseline are left out" in capsys.readouterr().out
    rules.write_bytes(content(alert("A", "x >"), alert("B", "y >")))
    assert main(["check", str(rules), "--baseline", str(baseline)]) == 1
    baseline.write_text("[]", encoding="utf-8")
    assert main(["check", str(rules), "--baseline", str(baseline)]) == 2
    assert main(["check", str(rules), "--baseline", str(tmp_path / "none.json")]) == 2


def test_policy_and_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.yml").write_bytes(WARNING)
    default = (ROOT / "examples" / "policy.toml").read_text(encoding="utf-8")
    (tmp_path / "policy.toml").write_text(default.replace("[rule_lint]", '[rule_lint.checks]\nredundant = "error"\n'
                                          '[rule_lint]'), encoding="utf-8")  # fmt: skip
    assert main(["check", "r.yml", "--policy", "policy.toml"]) == 1
    (tmp_path / "policy.toml").write_text("[rule_lint]\npaths = 5\n", encoding="utf-8")
    assert main(["check", "r.yml", "--policy", "policy.toml"]) == 2
    assert "rule_lint.paths" in capsys.readouterr().err
    (tmp_path / "t.yml").write_text("tests:\n- alert_rule_test:\n  - alertname: A\n", encoding="utf-8")
    assert main(["check", "r.yml", "--tests", "t.yml", "--strict"]) == 3
    assert "No promtool test names B" in capsys.readouterr().out
    assert main(["check", "r.yml", "--tests", "none*.yml"]) == 2


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    for each in ALL:
        assert main(["explain", each.name]) == 0
        text = capsys.readouterr().out
        assert each.finds in text
        assert (f"disable {each.name} until" in text) != each.fixed
    assert main(["explain"]) == 0
    assert capsys.readouterr().out.count("\n") == len(ALL)
    assert main(["explain", "nothing"]) == 2


def test_every_check_that_is_counted_is_explained() -> None:
    assert tuple(sorted(each.name for each in ALL)) == CHECKS


def test_formats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rules.yml"
    path.write_bytes(content(alert("A\n::error::x", "x >")))
    summary = tmp_path / "summary.md"
    main(["check", str(path), "--summary", str(summary)])
    text = capsys.readouterr().out
    assert f"{path}:" in text
    assert "error [promql]" in text
    assert "1 errors" in text
    assert "**1 error** in these files" in summary.read_text(encoding="utf-8")
    main(["check", str(path), "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert found["id"].startswith("promql-")
    assert found["places"][0]["path"] == str(path)
    main(["check", str(path), "--format", "actions"])
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"::error file={path},line=")


def test_what_keeps_a_file_from_being_loaded_comes_first() -> None:
    """Nothing else of the file matters until it is mended."""
    assert set(REFUSED) == {each.name for each in ALL if each.fixed}
    first, last = (Member(Place(path, 1, 1)) for path in ("a.yml", "z.yml"))
    given: tuple[tuple[str, Level, Member], ...] = (
        ("copy", "warning", first), ("inverted-ladder", "error", first), ("promql", "error", last),
    )  # fmt: skip
    found = ordered(Finding(check, level, "", "", (member,), (check,)) for check, level, member in given)
    assert [each.check for each in found] == ["promql", "inverted-ladder", "copy"]
