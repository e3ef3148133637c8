"""What Grafana writes by itself is left out and counted; what a person means is told."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.dashboards import noise
from kaizen.dashboards.drops import unlisted
from tests.unit.dashboard_diff.dashboard_samples import dashboard, diff, edited, panel, row, told

STEPS = [{"color": "green", "value": None}, {"color": "red", "value": 80}]
BASE = dashboard(
    panel("Orders", fieldConfig={"defaults": {"unit": "s", "thresholds": {"steps": STEPS}}, "overrides": []}),
    row("More", 8),
    panel("Errors", y=9, number=2),
    panel("Old", y=9, x=12, number=3, type="graph", lines=True),
)

OWN = {
    "builtIn": 1, "name": "Annotations & Alerts", "type": "dashboard", "enable": True, "hide": True,
    "iconColor": "rgba(0, 211, 255, 1)", "datasource": {"type": "grafana", "uid": "-- Grafana --"},
}  # fmt: skip
TARGET = {"limit": 100, "matchAny": False, "tags": [], "type": "dashboard"}

QUIET: list[tuple[str, Any, str]] = [
    ("id", 12, noise.OWN),
    ("version", 7, noise.OWN),
    ("iteration", 1700000000000, noise.OWN),
    ("panels.0.id", 77, noise.RENUMBERED),
    ("panels.0.pluginVersion", "11.2.0", noise.PLUGIN),
    ("panels.0.links", [], noise.EMPTY),
    ("panels.0.description", "", noise.EMPTY),
    ("panels.0.targets.0.editorMode", "code", noise.EDITOR),
    ("panels.0.targets.0.format", "time_series", noise.DEFAULT),
    ("panels.0.targets.0.range", True, noise.DEFAULT),
    ("panels.0.fieldConfig.defaults.custom.hideFrom.legend", False, noise.DEFAULT),
    ("panels.0.fieldConfig.defaults.custom.axisCenteredZero", False, noise.DEFAULT),
    ("panels.0.fieldConfig.defaults.thresholds.mode", "absolute", noise.DEFAULT),
    ("panels.3.lines", ..., noise.DEFAULT),
    ("panels.0.targets.0.expr", "rate( orders_total [5m] )", noise.FORMAT),
    ("panels.0.targets.0.refId", "B", noise.RENUMBERED),
    ("panels.0.datasource", "$datasource", noise.MIGRATED),
    ("templating.list.0.current", {"text": "prod", "value": "abc"}, noise.VIEW),
    ("templating.list.0.hide", 0, noise.DEFAULT),
    ("panels.0.targets.0.legendFormat", "", noise.EMPTY),
    ("timezone", "browser", noise.DEFAULT),
    ("timepicker.hidden", False, noise.DEFAULT),
    ("timepicker.refresh_intervals", ["5s", "1m"], noise.VIEW),
    ("annotations.list", [{"builtIn": 1, "name": "Annotations & Alerts"}], noise.DEFAULT),
    ("annotations.list", [OWN], noise.DEFAULT),
    ("annotations.list", [OWN | {"datasource": "-- Grafana --", "target": TARGET}], noise.DEFAULT),
]


@pytest.mark.parametrize(("path", "value", "kind"), QUIET, ids=[path for path, _, _ in QUIET])
def test_noise_is_counted_and_no_change(path: str, value: Any, kind: str) -> None:
    after = edited(BASE, path, value)
    for found in (diff(BASE, after), diff(after, BASE)):
        assert found.empty
        assert told(found) == []
        assert found.state == "same"
        assert found.noise == {kind: 1}


NOTES = [
    ("schemaVersion", 41),
    ("refresh", "1m"),
    ("time", {"from": "now-1h", "to": "now"}),
    ("__requires", [{"id": "x"}]),
]


@pytest.mark.parametrize(("path", "value"), NOTES, ids=[path for path, _ in NOTES])
def test_notes_are_one_line_and_no_change(path: str, value: Any) -> None:
    found = diff(BASE, edited(BASE, path, value))
    assert found.empty
    assert len(found.notes) == 1


MEANT = [
    ("panels.0.fieldConfig.defaults.unit", "ms", "changed panel Orders: unit s → ms"),
    ("panels.0.fieldConfig.defaults.thresholds.steps.1.value", 90, "changed panel Orders: threshold 80 s → 90 s (red)"),
    ("panels.0.fieldConfig.defaults.thresholds.steps.1.color", "blue",
     "changed panel Orders: colour from 80 s on: red → blue"),
    ("panels.0.fieldConfig.defaults.custom.lineWidth", 3, "changed panel Orders: line width nothing → 3"),
    ("panels.3.lines", False, "changed panel Old: lines true → false"),
    ("panels.0.targets.0.legendFormat", "{{job}}", "changed panel Orders: query A: legend nothing → {{job}}"),
    ("panels.0.targets.0.legendFormat", "__auto", "changed panel Orders: query A: legend nothing → __auto"),
    ("panels.0.targets.0.hide", True, "changed panel Orders: query A: hidden nothing → true"),
    ("panels.0.datasource.uid", "${logs}", "changed panel Orders: data source $datasource → $logs"),
    ("panels.0.title", "Sales", "renamed panel Orders → Sales: renamed"),
    ("panels.0.gridPos.w", 6, "changed panel Orders: width 12 → 6"),
    ("panels.0.type", "stat", "changed panel Orders: kind timeseries → stat"),
    ("panels.1.title", "Faults", "renamed row More → Faults: renamed"),
    ("templating.list.0.query", "loki", "changed variable datasource: query prometheus → loki"),
    ("title", "Shop", "changed dashboard Shop: title Checkout → Shop"),
    ("timepicker", {"hidden": True, "refresh_intervals": ["5s"]},
     "changed dashboard Checkout: time picker hidden nothing → true"),
    ("tags", ["a"], 'changed dashboard Checkout: tags nothing → ["a"]'),
    ("links", [{"title": "Runbook", "url": "https://example.org"}], "added link Runbook: https://example.org"),
    ("annotations.list", [OWN | {"enable": False, "target": TARGET}],
     "changed annotation Annotations & Alerts: enabled true → false"),
    ("annotations.list", [{"name": "Deploys", "expr": "deploys"}], "added annotation Deploys: deploys"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "line"), MEANT, ids=[path for path, _, _ in MEANT])
def test_what_a_person_means_is_one_line(path: str, value: Any, line: str) -> None:
    assert told(diff(BASE, edited(BASE, path, value))) == [line]


def test_a_built_in_annotation_that_somebody_changed_is_told() -> None:
    def noted(*given: dict[str, Any]) -> dict[str, Any]:
        return edited(BASE, "annotations.list", list(given))

    off, asking = OWN | {"enable": False}, OWN | {"name": "Deploys", "datasource": "prom", "expr": "deploys"}
    assert told(diff(noted(OWN), noted(off))) == ["changed annotation Annotations & Alerts: enabled true → false"]
    assert told(diff(noted(off), BASE)) == ["changed annotation Annotations & Alerts: enabled false → true"]
    assert diff(noted(OWN | {"target": TARGET}), noted(OWN)).noise == {noise.DEFAULT: 1}
    assert told(diff(noted(asking), noted(asking | {"expr": "other"}))) == [
        "changed annotation Deploys: expr deploys → other"]  # fmt: skip


def test_the_first_step_of_thresholds_is_content() -> None:
    path = "panels.0.fieldConfig.defaults.thresholds.steps"
    assert told(diff(BASE, edited(BASE, path, STEPS[:1]))) == ["changed panel Orders: threshold 80 s (red) removed"]


def test_the_table_names_every_path_once() -> None:
    listed = list(noise.paths())
    assert len(listed) == len(set(listed))
    assert ("targets.*.format", "any panel") in listed


@settings(deadline=None)
@given(st.lists(st.sampled_from(QUIET), unique_by=lambda each: each[0]))
def test_any_noise_together_is_no_change(edits: list[tuple[str, Any, str]]) -> None:
    after = BASE
    for path, value, _ in edits:
        after = edited(after, path, value)
    assert diff(BASE, after).empty
    assert told(diff(after, after)) == []


def test_each_kind_of_noise_has_words() -> None:
    kinds = {value for name, value in vars(noise).items() if name.isupper() and isinstance(value, str)}
    assert kinds - {noise.BUILT_IN} == noise.WORDS.keys()
    assert unlisted({noise.SHIFTED: 2, noise.RENUMBERED: 1}).endswith(
        ": 2 panels that only others pushed up or down, 1 internal number of a panel or query")  # fmt: skip
