"""The scripts that write the workflows' comments, run with a `gh` that knows one pull request."""

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard_diff.comment import MARKER

WORKFLOWS = Path(__file__).parents[3] / ".github" / "workflows"
HEAD = "0123456789" * 4
# Each answer of GitHub's as files of JSON, one for each page, which the real jq reads as `gh --jq` does.
GH = """#!/bin/bash
case "$*" in
    "api repos/o/r/pulls/7 --jq "*) jq -r "$4" pull.json ;;
    "api repos/o/r/git/trees/$HEAD?recursive=1 --jq "*) jq -r "$4" tree.json ;;
    "api --paginate repos/o/r/issues/7/comments?per_page=100 --jq "*) jq -r "$5" comments-*.json ;;
    "api --paginate repos/o/r/pulls/7/files?per_page=100 --jq "*) jq -r "$5" files-*.json ;;
    "api --method PATCH repos/o/r/issues/comments/5 -F body=@"*" --silent") cp "${6#body=@}" updated ;;
    "api --method POST repos/o/r/issues/7/comments -F body=@"*" --silent") cp "${6#body=@}" created ;;
    *) echo "gh: not understood: $*" >&2; exit 1 ;;
esac
"""
OURS = {"id": 5, "user": {"login": "github-actions[bot]"}, "body": f"{MARKER}\nx"}
OTHERS = [
    {"id": 1, "user": {"login": "mallory"}, "body": f"{MARKER}\npasted"},
    {"id": 2, "user": {"login": "github-actions[bot]"}, "body": "of another workflow"},
]


@dataclass
class Pull:
    """The pull request, and where the script runs. `files` are pages as GitHub lists them, `count` is its own figure
    (None: as many as are listed), `paths` are those of the repository at the head."""

    folder: Path
    ours: bool = True
    newest: str = HEAD
    files: tuple[list[dict[str, str]], ...] = ([],)
    count: int | None = None
    paths: tuple[str, ...] = ("grafana/dashboards/a.json", "README.md")
    truncated: bool = False

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
        for name, answer in self._answers():
            (self.folder / name).write_text(json.dumps(answer), encoding="utf-8")
        environment = {"PATH": f"{gh.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", **given}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        subprocess.run(command, cwd=self.folder, env=environment, check=True)
        return {each: text.read_text(encoding="utf-8") for each in ("created", "updated")
                if (text := self.folder / each).exists()}  # fmt: skip

    def _answers(self) -> Iterator[tuple[str, Any]]:
        count = sum(map(len, self.files)) if self.count is None else self.count
        yield "pull.json", {"head": {"sha": self.newest}, "changed_files": count}
        yield "tree.json", {"tree": [{"path": each} for each in self.paths], "truncated": self.truncated}
        yield "comments-1.json", OTHERS
        yield "comments-2.json", [OURS] if self.ours else []
        for number, page in enumerate(self.files):
            yield f"files-{number}.json", page


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
    (COMPARED, False, {"created": COMPARED}), (COMPARED, True, {"updated": COMPARED}),
    (NOTHING, False, {}), (NOTHING, True, {"updated": NOTHING}),
])  # fmt: skip
def test_the_comment_is_written_once_and_kept_up_to_date(
    pull: Pull, compared: str, ours: bool, expected: dict[str, str]
) -> None:
    pull.ours = ours
    assert pull.run("dashboard-diff.yml", compared) == expected


@pytest.mark.parametrize("compared", [None, ""])
@pytest.mark.parametrize(("ours", "done"), [(False, "created"), (True, "updated")])
def test_a_comparison_that_failed_is_said(pull: Pull, compared: str | None, ours: bool, done: str) -> None:
    pull.ours = ours
    body = pull.run("dashboard-diff.yml", compared)[done]
    assert body.startswith(
        f"{MARKER}\n### Grafana dashboards\n⚪ **Not compared**: the comparison of `0123456` failed."
    )
    assert "[Its run](https://github.com/o/r/actions/runs/99) says why." in body


@pytest.mark.parametrize("workflow", ["dashboard-diff.yml", "dashboard-diff-taken-back.yml"])
def test_a_newer_push_is_left_to_its_own_run(pull: Pull, workflow: str) -> None:
    pull.newest = "f" * 40
    assert pull.run(workflow, COMPARED) == {}


OTHER, DASHBOARD = {"filename": "conf/panels.json"}, {"filename": "docs/dashboards/a.json"}
JSONNET = ("grafana/dashboards/a.jsonnet",)
MAYBE = "No dashboard is changed itself, but a Jsonnet source may read what is."


@pytest.mark.parametrize("files", [([],), ([OTHER],)])
def test_what_is_taken_back_is_said(pull: Pull, files: tuple[list[dict[str, str]], ...]) -> None:
    pull.files = files
    assert pull.run("dashboard-diff-taken-back.yml") == {"updated": f"{NOTHING}\n<sub>at 0123456</sub>\n"}


@pytest.mark.parametrize("files", [
    ([DASHBOARD],), ([OTHER], [OTHER, DASHBOARD]),
    ([{"filename": "old/a.json", "previous_filename": "docs/dashboards/a.json"}],),
])  # fmt: skip
def test_while_a_dashboard_is_changed_the_comment_is_the_comparisons(
    pull: Pull, files: tuple[list[dict[str, str]], ...]
) -> None:
    pull.files = files
    assert pull.run("dashboard-diff-taken-back.yml") == {}


def test_without_a_comment_of_ours_there_is_none_to_put_right(pull: Pull) -> None:
    pull.ours = False
    assert pull.run("dashboard-diff-taken-back.yml") == {}


@pytest.mark.parametrize(("given", "why"), [
    ({"count": 1}, "GitHub lists 0 of 1 changed files."),
    ({"files": ([OTHER] * 100, [OTHER] * 50), "count": 3001}, "GitHub lists 150 of 3001 changed files."),
    ({"files": ([OTHER],), "paths": JSONNET}, MAYBE),
    ({"files": ([OTHER],), "truncated": True}, MAYBE),
])  # fmt: skip
def test_what_may_still_differ_is_not_called_unchanged(pull: Pull, given: dict[str, Any], why: str) -> None:
    body = replace(pull, **given).run("dashboard-diff-taken-back.yml")["updated"]
    assert body.startswith(f"{MARKER}\n### Grafana dashboards\n⚪ **Not compared at this push**: {why}")
    assert "`./kaizen dashboard_diff git` compares." in body
    assert "No changes" not in body


def test_with_jsonnet_too_what_is_taken_back_whole_is_said(pull: Pull) -> None:
    pull.paths = JSONNET
    assert NOTHING in pull.run("dashboard-diff-taken-back.yml")["updated"]
