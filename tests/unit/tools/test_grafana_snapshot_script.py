"""tools/grafana-snapshot.sh: what it hands to the command line."""

import subprocess
from pathlib import Path

from local.paths import ROOT


def script(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script beside a `kaizen` that prints what it is given, a line each."""
    (tmp_path / "tools").mkdir()
    copy = tmp_path / "tools" / "grafana-snapshot.sh"
    copy.write_bytes((ROOT / "tools" / "grafana-snapshot.sh").read_bytes())
    command = tmp_path / "kaizen"
    command.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    command.chmod(0o755)
    return subprocess.run(["sh", str(copy), *arguments], capture_output=True, text=True, env=environment)


def test_the_last_complete_run_by_default(tmp_path: Path) -> None:
    found = script(tmp_path, SNAPSHOTS_BUCKET="b")
    assert found.stdout.splitlines() == ["dashboard_snapshot", "export", "latest", "grafana-snapshot", "--bucket", "b"]


def test_a_ref_and_a_folder_with_spaces_stay_whole(tmp_path: Path) -> None:
    found = script(tmp_path, "20261128T140000Z-1c73f2a", SNAPSHOTS_BUCKET="b", OUTPUT_DIR="a b", GIT_REF="v 1")
    assert found.stdout.splitlines()[2:] == ["20261128T140000Z-1c73f2a", "a b", "--bucket", "b", "--git-ref=v 1"]


def test_without_a_bucket_it_says_what_is_missing(tmp_path: Path) -> None:
    found = script(tmp_path)
    assert (found.returncode != 0, "SnapshotsBucketName" in found.stderr) == (True, True)
