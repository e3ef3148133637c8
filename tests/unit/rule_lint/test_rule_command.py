"""The command: what it prints, and its exit codes."""

import json
from pathlib import Path

import pytest

from rule_lint.command import main
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


def test_the_default_is_what_the_policy_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "prometheus" / "rules").mkdir(parents=True)
    (tmp_path / "prometheus" / "rules" / "a.yml").write_bytes(ERROR)
    monkeypatch.chdir(tmp_path)
    assert main(["check"]) == 1


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
