"""The rules, by Prometheus's own judgement; and that each alert is explained and tested."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rules.names import existing, named
from tests.rules.rule_files import alerts, rules
from tests.rules.tools import PROMETHEUS, RULES, run

TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
SEVERITIES = {"page", "ticket", "heartbeat", "warning", "silent"}


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_promtool_finds_no_fault(path: Path) -> None:
    assert "SUCCESS" in run("promtool", "check", "rules", "--lint=all", "--lint-fatal", path)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_promtool_tests_pass(path: Path) -> None:
    assert "SUCCESS" in run("promtool", "test", "rules", path)


def test_the_sample_configuration_is_valid(tmp_path: Path) -> None:
    shutil.copytree(PROMETHEUS, tmp_path, dirs_exist_ok=True)
    (tmp_path / "metrics-token").write_text("sample", encoding="utf-8")
    assert "is valid" in run("promtool", "check", "config", "--lint-fatal", tmp_path / "prometheus.yml")
    assert "SUCCESS" in run("amtool", "check-config", tmp_path / "alertmanager.yml")


def rule_name(rule: dict[str, Any]) -> str:
    return str(rule.get("alert") or rule["record"])


@pytest.mark.parametrize("rule", rules(), ids=rule_name)
def test_rules_use_metrics_that_there_are(rule: dict[str, Any]) -> None:
    names = named(rule["expr"])
    assert names <= existing()
    assert names or rule["expr"] == "vector(1)"


def asserted(kind: str) -> str:
    """All that the promtool tests assert of one kind."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in TESTS]
    return "\n".join(str(each) for file in files for test in file["tests"] for each in test.get(kind, []))


@pytest.mark.parametrize("alert", alerts(), ids=rule_name)
def test_each_alert_fires_in_a_test_and_is_silent_in_another(alert: dict[str, Any]) -> None:
    cases = [
        case
        for path in TESTS
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for case in test.get("alert_rule_test", [])
        if case["alertname"] == alert["alert"]
    ]
    assert any(case["exp_alerts"] for case in cases)
    assert alert["alert"] == "KaizenHeartbeat" or any(not case["exp_alerts"] for case in cases)


@pytest.mark.parametrize("rule", [rule for rule in rules() if "record" in rule], ids=rule_name)
def test_each_recording_rule_is_tested(rule: dict[str, Any]) -> None:
    expressions = asserted("promql_expr_test")
    if rule["record"].startswith("component_le:"):  # an intermediate step: tested through what is made of it
        expressions += "".join(other["expr"] for other in rules())
    assert rule["record"] in expressions


@pytest.mark.parametrize("rule", [rule for rule in rules() if "record" in rule], ids=rule_name)
def test_recording_rules_say_level_metric_operation(rule: dict[str, Any]) -> None:
    level, _, rest = rule["record"].partition(":")
    metric, _, operation = rest.partition(":")
    assert set(level.split("_")) <= {"component", "severity", "le", "stream"}
    assert metric.startswith(("kaizen_", "phase_", "bytes_saved"))
    assert re.fullmatch(r"[a-z0-9_]*(5m|10m|1h|1d|7d|30d)", operation)


@pytest.mark.parametrize("alert", alerts(), ids=rule_name)
def test_alerts_are_explained(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in SEVERITIES
    assert set(alert["annotations"]) == {"summary", "description", "runbook"}
    page, _, heading = alert["annotations"]["runbook"].partition("#")
    assert page == "docs/operate.md" or page.startswith("docs/features/")
    assert heading == alert["alert"].lower()


def test_names_are_found_in_expressions() -> None:
    """The checks above are worth as much as this."""
    assert named('sum by (a, b) (rate(x_total{c="d_total"}[5m])) / on (a) group_left (e) (y > 0)') == {"x_total", "y"}
    assert named("time() - max(z offset 3d) > 7 * 86400 or absent(up) unless q:r:s7d") == {"z", "up", "q:r:s7d"}
    assert named("rate(no_such_total[5m])") - existing() == {"no_such_total"}
