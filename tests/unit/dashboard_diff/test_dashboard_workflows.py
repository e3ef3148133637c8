"""The scripts that write the workflows' comments, run with a `gh` that knows one pull request."""

import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard_diff.comment import MARKER

WORKFLOWS = Path(__file__).parents[3] / ".github" / "workflows"
HEAD = "0123456789" * 4
GH = """#!/bin/bash
case "$*" in
    "api repos/o/r/pulls/7 --jq .head.sha") echo "$NEWEST" ;;
    "api --paginate repos/o/r/issues/7/comments?per_page=100 --jq "*) [ -z "$OURS" ] || echo "$OURS" ;;
    "api --paginate repos/o/r/pulls/7/files?per_page=100 --jq "*) [ -z "$NAMES" ] || echo "$NAMES" ;;
    "api --method PATCH repos/o/r/issues/comments/$OURS -F body=@"*" --silent") cp "${6#body=@}" updated ;;
    "api --method POST repos/o/r/issues/7/comments -F body=@"*" --silent") cp "${6#body=@}" created ;;
    *) echo "gh: not understood: $*" >&2; exit 1 ;;
esac
"""


@dataclass
class Pull:
    """The pull request, and where the script runs."""

    folder: Path
    ours: str = ""
    newest: str = HEAD
    names: str = ""

    def run(self, workflow: str, compared: str | None = None) -> dict[str, str]:
        """The comments that were written, by what was done."""
        (step,) = [each for each in steps(workflow) if "MARKER" in each.get("env", {})]
        given = {name: resolved(value) for name, value in step["env"].items()}
        gh = self.folder / "bin" / "gh"
        gh.parent.mkdir()
        gh.write_text(GH, encoding="utf-8")
        gh.chmod(gh.stat().st_mode | stat.S_IXUSR)
        if compared is not None:
            (self.folder / "dashboard-diff.md").write_text(compared, encoding="utf-8")
        environment = {"PATH": f"{gh.parent}:{os.environ['PATH']}", "OURS": self.ours, "NEWEST": self.newest,
                       "NAMES": self.names, "LC_ALL": "C.UTF-8", **given}  # fmt: skip
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        subprocess.run(command, cwd=self.folder, env=environment, check=True)
        return {each: text.read_text(encoding="utf-8") for each in ("created", "updated")
                if (text := self.folder / each).exists()}  # fmt: skip


def steps(workflow: str) -> list[dict[str, Any]]:
    content = yaml.safe_load((WORKFLOWS / workflow).read_text(encoding="utf-8"))
    return list(content["jobs"]["comment"]["steps"])


def resolved(value: str) -> str:
    """A value of `env` as GitHub fills it in; KeyError for what it would not know."""
    known = {"github.token": "t", "github.repository": "o/r", "github.event.pull_request.number": "7",
             "github.event.pull_request.head.sha": HEAD, "github.server_url": "https://github.com",
             "github.run_id": "99"}  # fmt: skip
    parts = value.split("${{")
    found = parts[0]
    for each in parts[1:]:
        name, _, rest = each.partition("}}")
        found += known[name.strip()] + rest
    return found


@pytest.fixture
def pull(tmp_path: Path) -> Pull:
    return Pull(tmp_path)


COMPARED = f"{MARKER}\n### Grafana dashboards\n🟡 **1 panel changed**\n\n#### `a.json`\n"
NOTHING = f"{MARKER}\n### Grafana dashboards\n🟢 **No changes**\n"


@pytest.mark.parametrize(("compared", "ours", "expected"), [
    (COMPARED, "", {"created": COMPARED}), (COMPARED, "5", {"updated": COMPARED}),
    (NOTHING, "", {}), (NOTHING, "5", {"updated": NOTHING}),
])  # fmt: skip
def test_the_comment_is_written_once_and_kept_up_to_date(
    pull: Pull, compared: str, ours: str, expected: dict[str, str]
) -> None:
    pull.ours = ours
    assert pull.run("dashboard-diff.yml", compared) == expected


@pytest.mark.parametrize("compared", [None, ""])
@pytest.mark.parametrize(("ours", "done"), [("", "created"), ("5", "updated")])
def test_a_comparison_that_failed_is_said(pull: Pull, compared: str | None, ours: str, done: str) -> None:
    pull.ours = ours
    body = pull.run("dashboard-diff.yml", compared)[done]
    assert body.startswith(
        f"{MARKER}\n### Grafana dashboards\n⚪ **Not compared**: the comparison of `0123456` failed."
    )
    assert "[Its run](https://github.com/o/r/actions/runs/99) says why." in body


def test_a_newer_push_is_left_to_its_own_run(pull: Pull) -> None:
    pull.newest = "f" * 40
    assert pull.run("dashboard-diff.yml", COMPARED) == {}


@pytest.mark.parametrize(("ours", "names", "updated"), [
    ("5", "", True), ("5", "docs/dashboards/a.json", False), ("", "", False),
])  # fmt: skip
def test_what_is_taken_back_is_said(pull: Pull, ours: str, names: str, updated: bool) -> None:
    pull.ours, pull.names = ours, names
    done = pull.run("dashboard-diff-taken-back.yml")
    assert done == ({"updated": f"{NOTHING}\n<sub>at 0123456</sub>\n"} if updated else {})
