"""A run as files in a folder."""

import subprocess
from dataclasses import replace
from pathlib import Path

from dashboard_snapshot.layout import Held, compared, file_names, laid_out
from tests.unit.dashboard_snapshot.snapshot_samples import entry

OLD = Held("20261128T140000Z-0000000", "complete", "v1", {"a.json": b'{\n  "x": 1\n}\n', "gone.json": b"{}\n"})
NEW = Held("20261128T150000Z-0000000", "complete", "v2", {"a.json": b'{\n  "x": 2\n}\n', "new.json": b"{}\n"})


def test_the_layout_is_that_of_the_roadmap() -> None:
    files = laid_out(NEW, OLD)
    assert sorted(files) == [
        ".git_ref", ".previous_git_ref", ".run", "a.json", "diffs/a.json.diff", "diffs/gone.json.diff",
        "diffs/new.json.diff", "new.json", "previous/.run", "previous/a.json", "previous/gone.json",
    ]  # fmt: skip
    assert (files[".git_ref"], files[".previous_git_ref"]) == (b"v2\n", b"v1\n")
    assert b'-  "x": 1\n+  "x": 2\n' in files["diffs/a.json.diff"]


def test_the_first_export_has_nothing_before_it() -> None:
    assert sorted(laid_out(NEW, Held())) == [".git_ref", ".run", "a.json", "new.json"]
    assert ".git_ref" not in laid_out(replace(NEW, git_ref=""), Held())


def test_what_a_partial_run_did_not_read_is_neither_new_nor_gone() -> None:
    assert "diffs/gone.json.diff" not in laid_out(replace(NEW, outcome="partial"), OLD)
    assert "diffs/new.json.diff" not in laid_out(NEW, replace(OLD, outcome="partial"))
    assert "diffs/a.json.diff" in laid_out(replace(NEW, outcome="partial"), OLD)


def test_diffs_are_those_of_diff(tmp_path: Path) -> None:
    """Separators that Python takes for ends of lines are none in a file."""
    old, new = "a\n\u2028b\n\x0cc\nd\n", "a\n\u2028b\nx\x85\nd\n"
    (tmp_path / "previous").mkdir()
    (tmp_path / "previous" / "n.json").write_bytes(old.encode())
    (tmp_path / "n.json").write_bytes(new.encode())
    said = subprocess.run(["diff", "-u", "previous/n.json", "n.json"], cwd=tmp_path, capture_output=True).stdout
    ours = compared("n.json", old.encode(), new.encode())
    assert ours.splitlines()[2:] == said.splitlines()[2:]
    assert compared("n.json", old.encode(), old.encode()) == b""


def test_no_uid_leaves_the_folder_or_writes_over_another() -> None:
    names = file_names([entry(uid) for uid in ("../x", "a", "A", "ok-1")])
    assert names["ok-1"] == "ok-1.json"
    assert len({each.lower() for each in names.values()}) == 4
    assert not [each for each in names.values() if "/" in each]
