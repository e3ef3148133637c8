"""The command: two files, or two commits of a repository."""

import json
import os
import subprocess
from pathlib import Path
from unittest.mock import patch

import pytest

from dashboard_diff import gitfiles
from dashboard_diff.command import DIFFERENT, SAME, USAGE, main
from tests.unit.dashboard_diff.dashboard_samples import dashboard, edited, panel

CapBinary = pytest.CaptureFixture[bytes]
BASE = dashboard(panel("Orders"))
NAME = "grafana/dashboards/checkout.json"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    git("init", "-q", "-b", "main")
    write(NAME, BASE)
    write("other/board.json", BASE)
    commit("one")
    git("checkout", "-q", "-b", "change")
    return tmp_path


def git(*arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments], check=True)


def write(name: str, content: object) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(json.dumps(content, indent=2), encoding="utf-8")


def commit(message: str) -> None:
    git("add", "-A")
    git("commit", "-q", "-m", message)


def test_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, same, after, wrong = (tmp_path / f"{name}.json" for name in ("before", "same", "after", "wrong"))
    before.write_text(json.dumps(BASE), encoding="utf-8")
    same.write_text(json.dumps(edited(BASE, "version", 9)), encoding="utf-8")
    after.write_text(json.dumps(edited(BASE, "panels.0.title", "Sales")), encoding="utf-8")
    wrong.write_text("{", encoding="utf-8")
    assert main([str(before), str(after)]) == SAME
    assert "renamed panel Orders → Sales: renamed" in capsys.readouterr().out
    assert main([str(before), str(after), "--exit-code"]) == DIFFERENT
    assert main([str(before), str(same), "--exit-code"]) == SAME
    assert main([str(before), str(wrong), "--exit-code"]) == USAGE
    assert main([str(before), str(tmp_path / "gone.json")]) == USAGE
    assert "gone.json" in capsys.readouterr().err
    assert main(["/dev/null", str(before), "--format", "json"]) == SAME
    assert json.loads(capsys.readouterr().out)["files"][0]["state"] == "added"


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_half_a_surrogate_pair_is_told_in_every_form(form: str, tmp_path: Path, capfdbinary: CapBinary) -> None:
    """No text with one can be written; two different ones are two titles."""
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    before.write_text(json.dumps(edited(BASE, "panels.0.title", "Orders\udfff")), encoding="utf-8")
    after.write_text(json.dumps(edited(BASE, "panels.0.title", "Orders\ud800 \U0001f600")), encoding="utf-8")
    assert main([str(before), str(after), "--format", form, "--exit-code"]) == DIFFERENT
    out = capfdbinary.readouterr().out.decode()
    assert "ud800" in out
    assert "udfff" in out


def test_a_repository_is_compared_with_the_merge_base(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(NAME, edited(BASE, "panels.0.title", "Sales"))
    write("other/board.json", edited(BASE, "title", "Other"))
    commit("two")
    git("checkout", "-q", "main")
    write(NAME, edited(BASE, "panels.0.targets.0.expr", "on_main"))
    commit("three")
    assert main(["git", "main..change", "--exit-code"]) == DIFFERENT
    out = capsys.readouterr().out
    assert "renamed panel Orders → Sales" in out
    assert "on_main" not in out
    assert "other/board.json" not in out
    assert main(["git", "main..change", "other", "--format", "markdown"]) == SAME
    assert "other/board.json" in capsys.readouterr().out


def test_renames_new_and_removed_files(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("mv", NAME, "grafana/dashboards/shop.json")
    write("docs/dashboards/new.json", dashboard(panel("Fresh"), uid="fresh", title="Fresh and quite different"))
    commit("two")
    main(["git", "main..change"])
    out = capsys.readouterr().out
    assert f"grafana/dashboards/shop.json (was {NAME})\n  no changes" in out
    assert "docs/dashboards/new.json\n  added   dashboard Fresh" in out
    git("rm", "-q", "grafana/dashboards/shop.json")
    commit("three")
    main(["git", "main..change"])
    assert "BREAKS  the dashboard is removed" in capsys.readouterr().out


def test_a_dashboard_in_a_new_file_is_the_same(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Written anew as well, so that git sees no rename; not where two are gone that it may have been."""
    moved = edited(BASE, "panels.0.targets.0.expr", "other_total")
    git("rm", "-q", NAME)
    Path("docs/dashboards").mkdir(parents=True)
    Path("docs/dashboards/a.json").write_text(json.dumps(moved), encoding="utf-8")
    commit("two")
    assert main(["git", "main..change"]) == SAME
    out = capsys.readouterr().out
    assert f"docs/dashboards/a.json (was {NAME})\n  changed panel Orders" in out
    assert "1 panel changed; nothing breaks" in out
    git("rm", "-q", "other/board.json")
    commit("three")
    main(["git", "main..change", "."])
    assert capsys.readouterr().out.count("the dashboard is removed") == 2


@pytest.mark.parametrize("pair", ["main", "main..gone", "--output=x..y", ".."])
def test_wrong_usage(repository: Path, pair: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--", "git", pair]) == USAGE
    assert capsys.readouterr().err.startswith("dashboard_diff: ")


def test_a_path_that_names_nothing_is_no_lack_of_changes(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("rm", "-q", NAME)
    commit("two")
    for nothing in ("grafana/dashboard", "*.jsn"):
        assert main(["git", "main..change", NAME, nothing]) == USAGE
        assert f"{nothing!r} names no file at either commit" in capsys.readouterr().err
    assert main(["git", "main..change", NAME, "other/*.json"]) == SAME
    assert "the dashboard is removed" in capsys.readouterr().out


def test_what_is_no_dashboard_is_said_in_words_for_a_repository(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A link has the name of its target for a content."""
    (repository / NAME).unlink()
    (repository / NAME).symlink_to("../../other/board.json")
    write("docs/dashboards/a.json", {})
    commit("two")
    assert main(["git", "main..change"]) == SAME
    out = capsys.readouterr().out
    assert f"{NAME}\n  Not compared: under this name there is a link.\n" in out
    assert "docs/dashboards/a.json\n  Not a dashboard" in out
    assert main(["git", "main..change", "--exit-code"]) == DIFFERENT


def test_what_is_left_out_is_shown_to_who_asks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    before.write_text(json.dumps(BASE), encoding="utf-8")
    noisy = edited(edited(BASE, "version", 9), "panels.0.transparent", False)
    after.write_text(json.dumps(edited(noisy, "panels.0.pluginVersion", "11.0.0")), encoding="utf-8")
    lines = [
        "default values: Orders: transparent nothing → false",
        "plugin versions: Orders: pluginVersion nothing → 11.0.0",
        "numbering: version 1 → 9",
    ]
    main([str(before), str(after)])
    assert not any(line in capsys.readouterr().out for line in lines)
    main([str(before), str(after), "--show-noise"])
    shown = capsys.readouterr().out
    assert all(line in shown for line in lines)
    main([str(before), str(after), "--show-noise", "--format", "json"])
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert sum(file["noise"].values()) == len(file["left_out"]) == 3
    main([str(before), str(after), "--format", "html"])
    assert "pluginVersion" in capsys.readouterr().out


def test_other_files_do_not_disturb(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A submodule, a name that is no UTF-8, and files that are no dashboards are not read at all."""
    git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor/sub")
    git("commit", "-q", "-m", "a submodule")
    git("branch", "-f", "main")
    write(NAME, edited(BASE, "panels.0.title", "Sales"))
    write("src/other.json", BASE)
    (repository / os.fsdecode(b"caf\xe9.txt")).write_text("x", encoding="utf-8")
    git("add", NAME, "src", os.fsdecode(b"caf\xe9.txt"))
    git("update-index", "--cacheinfo", f"160000,{'2' * 40},vendor/sub")
    git("commit", "-q", "-m", "two")
    with patch.object(gitfiles, "_git", side_effect=gitfiles._git) as asked:
        assert main(["git", "main..change"]) == SAME
    assert "renamed panel Orders → Sales" in capsys.readouterr().out
    assert sum(each.args[0] == "show" for each in asked.call_args_list) == 2
    assert main(["git", "main..change", "vendor", NAME]) == SAME
    assert "renamed panel Orders → Sales" in capsys.readouterr().out
