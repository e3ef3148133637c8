"""The workflows run what people run, and nothing that may change under them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard_diff.comment import MARKER
from tests.architecture.house import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CI = ROOT / ".github" / "workflows" / "ci.yml"
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


def steps(path: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    assert [step["uses"] for step in steps(path) if "uses" in step and not _PINNED.fullmatch(step["uses"])] == []


# Jobs that may write, each with all that it may, and why. None of them has our code or a fork's.
WRITING = {
    ("dashboard-diff.yml", "comment"): {"pull-requests": "write"},  # keeps one comment on the pull request
    # puts that comment right, and reads the names of the repository's files
    ("dashboard-diff-taken-back.yml", "comment"): {"contents": "read", "pull-requests": "write"},
}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_token_may_only_read(path: Path) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert content["permissions"] == {"contents": "read"}
    given = {(path.name, name): job["permissions"] for name, job in content["jobs"].items() if "permissions" in job}
    assert given == {job: rights for job, rights in WRITING.items() if job[0] == path.name}
    for _, name in given:
        job = content["jobs"][name]
        assert not [step for step in job["steps"] if "checkout" in step.get("uses", "")]
        assert "head.repo.full_name == github.repository" in job["if"]


def test_dashboards_are_compared_on_pull_requests() -> None:
    """The roadmap's trigger, and what Jsonnet is made of; no part of a pull request is put into a script as text."""
    path = ROOT / ".github" / "workflows" / "dashboard-diff.yml"
    triggers = yaml.safe_load(path.read_text(encoding="utf-8"))[True]  # YAML 1.1 reads `on` so
    assert triggers == {"pull_request": {"paths": list(DASHBOARDS)}}
    runs = "".join(step.get("run", "") for step in steps(path))
    assert "./kaizen dashboard_diff --format markdown git" in runs
    assert "jsonnetfmt --test" in runs
    assert "${{" not in runs
    assert MARKER in path.read_text(encoding="utf-8")


# What starts the comparison, each with names that match and names that do not.
DASHBOARDS = {
    "docs/dashboards/*.json": (["docs/dashboards/a.json"], ["docs/dashboards/b/a.json", "x/docs/dashboards/a.json"]),
    "grafana/dashboards/*.json": (["grafana/dashboards/a.json"], ["grafana/a.json", "grafana/dashboards/a.jsonx"]),
    "docs/dashboards/*.jsonnet": (["docs/dashboards/a.jsonnet"], ["docs/dashboards/b/a.jsonnet"]),
    "grafana/dashboards/*.jsonnet": (["grafana/dashboards/a.jsonnet"], ["a.jsonnet"]),
    "**/*.libsonnet": (["a.libsonnet", "lib/b/a.libsonnet"], ["lib/a.libsonnet.md"]),
    "**/jsonnetfile*.json": (["jsonnetfile.json", "a/jsonnetfile.lock.json"], ["a/myjsonnetfile.json"]),
    "**/vendor/**": (["vendor/a", "grafana/vendor/b/c.json"], ["vendored/a", "vendor"]),
}


def test_what_starts_no_comparison_any_more_is_put_right() -> None:
    """Each push starts one of both: names that the comparison's paths match, or none of them."""
    path = ROOT / ".github" / "workflows" / "dashboard-diff-taken-back.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert content[True] == {"pull_request": None}
    (step,) = steps(path)
    watched = re.compile(step["env"]["WATCHED"])
    assert [name for match, _ in DASHBOARDS.values() for name in match if not watched.search(name)] == []
    assert [name for _, other in DASHBOARDS.values() for name in other if watched.search(name)] == []
    assert step["env"]["MARKER"] == MARKER
    assert "${{" not in step["run"]


def test_rules_are_linted_on_pull_requests_without_rights() -> None:
    """promtool first, then ours; never `pull_request_target`, which would give a fork our token."""
    path = ROOT / ".github" / "workflows" / "prometheus-lint.yml"
    triggers = yaml.safe_load(path.read_text(encoding="utf-8"))[True]  # YAML 1.1 reads `on` so
    assert triggers == {"pull_request": {"paths": ["prometheus/rules/*.yml"]}}
    runs = [step["run"] for step in steps(path) if "run" in step]
    assert "promtool check rules" in runs[1]
    assert "./kaizen rule_lint check" in runs[2]
    assert "|| true" not in "".join(runs)


def test_no_workflow_gives_rights_to_forks() -> None:
    assert [path.name for path in WORKFLOWS if "pull_request_target:" in path.read_text(encoding="utf-8")] == []


def test_the_tests_are_the_makefiles() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    called = {step["run"] for step in steps(CI) if step.get("run", "").startswith("make ")}
    assert called == {"make test", "make demo"}
    for command in called:
        assert re.search(rf"^{command.removeprefix('make ')}:", makefile, re.MULTILINE)
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
