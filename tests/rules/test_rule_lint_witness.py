"""Each example that a finding gives is tried: Prometheus's own test runner must see both alerts fire."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kaizen.promql import parse, selectors
from rule_lint.files import read
from rule_lint.lint import DEFAULT, lint
from rule_lint.overlaps import Pair, pairs
from rule_lint.severities import Ranks
from tests.rules.tools import run
from tests.unit.rule_lint.rule_samples import alert, content

_WITNESS = re.compile(r"(?:\{(?P<labels>.*)\} =|the value) (?P<value>\S+)")
OVERLAPPING = [
    ("x > 10", "x > 5"),
    ("x >= 10", "x >= 10.5"),
    ("x < 0.05", "x <= 0.1"),
    ("x == 3", "x != 0"),
    ("x > 5", "x < 10"),
    ("x > -5", "x < 0"),
    ('x{job="a"} > 5', 'x{job=~"a|b"} > 5'),
    ('x{job=~"a|b"} > 5', 'x{job=~"b|c"} > 7'),
    ('x{job="a", zone!="b"} > 5', "x > 1"),
    ('rate(x_total{job="a"}[5m]) > 0.5', "rate(x_total[5m]) > 0.25"),
    ('sum by (job) (rate(x_total{job="a"}[5m])) > 10', "sum by (job) (rate(x_total[5m])) > 5"),
    ('max by (job) (x{job="a"}) >= 7', "max by (job) (x) > 5"),
    ('min(x{job="a"}) < 2', "min(x) < 3"),
    ('x{job="a"} * 2 > 6', "x * 2 > 4"),
    ("x > 10", "x > 5 or y > 1"),
    ('x{job!=""} > 10', "x > 5"),
    ('x{job!~"|a"} > 10', "x > 5"),
]
# The first implies the second, and has more than one condition: the example names a value for each.
TOGETHER = [
    ("x > 5 and y > 1", "x > 3"),
    ('x > 5 and on (job) y{job="a"} < 1', "x > 3"),
    ("x > 5 unless y > 1", "x > 3"),
]

# A critical alert, a warning that never fires without it, and where the critical one fires alone: labels and value.
INVERTED = [
    ("x > 5", "x > 10", "", 7),
    ("x >= 5", "x > 5", "", 5),
    ("x < 10", "x < 5", "", 7),
    ("x != 3", "x == 5", "", 4),
    ("x > 5", 'x{job="a"} > 10', 'job="a"', 7),
    ('x{job=~"a|b"} > 5', 'x{job="a"} > 5', 'job="b"', 7),
    ("sum by (job) (rate(x_total[5m])) > 5", 'sum by (job) (rate(x_total{job="a"}[5m])) > 10', 'job="a"', 7),
    ("max by (job) (x) > 5", 'max by (job) (x{job="a"}) > 7', 'job="a"', 6),
]


def judged(one: str, other: str) -> Pair:
    ((pair,), _) = pairs(read("r", content(alert("A", one), alert("B", other))).rules, Ranks(DEFAULT.severities))
    return pair


def series(expression: str, labels: str, value: float) -> dict[str, str]:
    """One series for which the expression has that value: a counter's rate, or the value itself."""
    (selector, *_) = selectors(parse(expression))
    value = value / 2 if "* 2" in expression else value
    shown = f"0+{value * 60:.9g}x20" if selector.range else f"{value:.9g}+0x20"
    return {"series": f"{selector.metric}{{{labels}}}", "values": shown}


def fires(name: str, labels: str, severity: str = "warning", *, silent: bool = False) -> dict[str, Any]:
    known = dict(re.findall(r'(\w+)="([^"]*)"', labels))
    alerts = [] if silent else [{"exp_labels": {"severity": severity} | known}]
    return {"eval_time": "15m", "alertname": name, "exp_alerts": alerts}


@pytest.mark.parametrize(("one", "other"), OVERLAPPING)
def test_both_fire_at_the_example(one: str, other: str, tmp_path: Path) -> None:
    pair = judged(one, other)
    assert pair.verdict in ("same", "partial")
    found = _WITNESS.fullmatch(pair.witness)
    assert found is not None, pair.witness
    labels, value = found["labels"] or "", float(found["value"])
    kept = labels if not one.startswith("min(") else ""
    (tmp_path / "rules.yml").write_bytes(content(alert("A", one), alert("B", other)))
    test = {
        "interval": "1m",
        "input_series": [series(one, labels, value)],
        "alert_rule_test": [fires("A", kept), fires("B", kept)],
    }
    (tmp_path / "test.yml").write_text(json.dumps({"rule_files": ["rules.yml"], "tests": [test]}), encoding="utf-8")
    assert "SUCCESS" in run("promtool", "test", "rules", tmp_path / "test.yml")


@pytest.mark.parametrize(("one", "other"), TOGETHER)
def test_both_fire_where_each_condition_holds(one: str, other: str, tmp_path: Path) -> None:
    pair = judged(one, other)
    assert pair.verdict == "same"
    values = re.findall(r"\b([xy])(?:\{.*?\})? = (\S+?)(?:,|\s|$)", pair.witness)
    assert values
    (tmp_path / "rules.yml").write_bytes(content(alert("A", one), alert("B", other)))
    test = {
        "interval": "1m",
        "input_series": [{"series": f'{name}{{job="a"}}', "values": f"{value}+0x20"} for name, value in values],
        "alert_rule_test": [fires("A", 'job="a"'), fires("B", 'job="a"')],
    }
    (tmp_path / "test.yml").write_text(json.dumps({"rule_files": ["rules.yml"], "tests": [test]}), encoding="utf-8")
    assert "SUCCESS" in run("promtool", "test", "rules", tmp_path / "test.yml")


@pytest.mark.parametrize(("critical", "warning", "labels", "value"), INVERTED)
def test_both_rungs_of_an_inverted_ladder_fire_and_the_critical_one_before(
    critical: str, warning: str, labels: str, value: float, tmp_path: Path
) -> None:
    rules = content(alert("C", critical, "critical"), alert("W", warning))
    ((pair,), _) = pairs(read("r", rules).rules, Ranks(DEFAULT.severities))
    assert (pair.one.name, pair.verdict) == ("W", "inverted")
    assert [each.check for each in lint({"r": rules}).findings] == ["inverted-ladder"]
    found = _WITNESS.fullmatch(pair.witness)
    assert found is not None, pair.witness
    there = found["labels"] or ""
    (tmp_path / "rules.yml").write_bytes(rules)
    both = {
        "interval": "1m",
        "input_series": [series(warning, there, float(found["value"]))],
        "alert_rule_test": [fires("C", there, "critical"), fires("W", there)],
    }
    early = {
        "interval": "1m",
        "input_series": [series(critical, labels, value)],
        "alert_rule_test": [fires("C", labels, "critical"), fires("W", labels, silent=True)],
    }
    (tmp_path / "test.yml").write_text(
        json.dumps({"rule_files": ["rules.yml"], "tests": [both, early]}), encoding="utf-8"
    )
    assert "SUCCESS" in run("promtool", "test", "rules", tmp_path / "test.yml")
