"""What stops working is told first."""

import json
from dataclasses import replace
from typing import Any

import pytest

from kaizen.dashboards import Diff, NoDashboardError, NotComparedError, markdown, read
from kaizen.dashboards.files import FileDiff
from kaizen.dashboards.markup import body
from kaizen.dashboards.sentences import plain
from tests.unit.dashboard_diff.dashboard_samples import Json, dashboard, diff, edited, panel

JOB = {"name": "job", "type": "query", "query": "label_values(up, job)"}
SOURCE = {"name": "datasource", "type": "datasource", "query": "prometheus"}
BASE = dashboard(
    panel("Orders", 'rate(orders_total{job="$job"}[5m])'), panel("Errors", number=2, y=8),
    templating={"list": [SOURCE, JOB]},
)  # fmt: skip


def broken(found: Diff) -> list[str]:
    return [plain(each) for each in found.breaking]


CASES: list[tuple[str, Any, str]] = [
    ("uid", "shop", "the uid changes: checkout → shop. Links, alerts and bookmarks to the old one no longer lead here"),
    ("uid", ..., "the uid checkout is gone. Links, alerts and bookmarks to the old one no longer lead here"),
    ("templating.list", [SOURCE], "variable $job is removed, and 1 part uses it: Orders"),
    ("templating.list", [JOB], "variable $datasource is removed, and 2 parts use it: Orders, Errors"),
    ("panels.0.targets.0.expr", "a{b='$new'}", "variable $new is not defined, and 1 part uses it: Orders"),
    ("panels.0.datasource.uid", "PBFA97CFB590B2093",
     "data source PBFA97CFB590B2093 is hard-coded now in 1 panel, which elsewhere will find none: Orders"),
    ("panels.0.targets.0.expr", "rate(orders_total[5m]", "query A of panel Orders is no PromQL: '(' is never closed"),
    ("panels.0.datasource", ...,
     "1 panel named a data source and name none now, so that the default one is asked: Orders"),
    ("templating.list.1.query", "label_values(up{, job)",
     "the query of variable job is no PromQL: '{' is never closed"),
    ("annotations", {"list": [{"name": "Deploys", "expr": "changes(version[1m]"}]},
     "the query of annotation Deploys is no PromQL: '(' is never closed"),
]  # fmt: skip


@pytest.mark.parametrize("more", [
    {"panels": [*BASE["panels"], panel("Text", number=5, y=20, options={"content": "see ${job:raw}"})]},
    {"panels": [*BASE["panels"], panel("Text", number=5, y=20, links=[{"url": "/d/x?var-job=$job"}])]},
    {"panels": [*BASE["panels"], panel("Text", number=5, y=20, repeat="job")]},
    {"links": [{"title": "Text", "url": "/d/x?${job:queryparam}"}]},
    {"templating": {"list": [SOURCE, JOB, {"name": "Text", "type": "custom", "query": "[[job]],b"}]}},
])  # fmt: skip
def test_a_removed_variable_is_found_wherever_it_is_used(more: dict[str, Any]) -> None:
    before = edited(BASE | more, "panels.0.targets.0.expr", "orders_total")
    kept = [each for each in before["templating"]["list"] if each["name"] != "job"]
    (words,) = broken(diff(before, edited(before, "templating.list", kept)))
    assert words.startswith("variable $job is removed, and 1 part uses it: ")
    assert words.endswith("Text")


@pytest.mark.parametrize(("path", "value", "expected"), CASES)
def test_breaking(path: str, value: Any, expected: str) -> None:
    found = diff(BASE, edited(BASE, path, value))
    assert broken(found) == [expected]
    assert not found.empty


def test_what_was_broken_before_is_not_told_again() -> None:
    old = edited(BASE, "panels.0.targets.0.expr", "rate(orders_total{x='$gone'}[5m]")
    assert broken(diff(old, edited(old, "panels.0.targets.0.expr", "rate(orders_total{x='$gone'}[6m]"))) == []
    assert broken(diff(old, edited(old, "panels.1.title", "Faults"))) == []


def test_a_title_is_identity_only_without_a_uid() -> None:
    bare = edited(BASE, "uid", ...)
    assert "Grafana takes it for another dashboard" in broken(diff(bare, edited(bare, "title", "Shop")))[0]
    assert broken(diff(BASE, edited(BASE, "title", "Shop"))) == []


def test_a_panel_that_others_point_to() -> None:
    sharing = panel(
        "Copy", number=3, y=16, datasource={"uid": "-- Dashboard --"}, targets=[{"refId": "A", "panelId": 2}]
    )
    linking = panel("Link", number=4, y=24, links=[{"title": "x", "url": "/d/checkout?viewPanel=2"}])
    before = dashboard(*BASE["panels"], sharing, linking, templating=BASE["templating"])
    after = dashboard(BASE["panels"][0], sharing, linking, templating=BASE["templating"])
    assert broken(diff(before, after)) == [
        "panel Copy points to panel Errors (2), which is gone",
        "panel Link points to panel Errors (2), which is gone",
    ]


def test_a_dashboard_that_is_removed_or_new() -> None:
    gone = diff(BASE, None)
    assert broken(gone) == ["the dashboard is removed, with 2 panels"]
    assert gone.metrics.removed == ("errors_total", "orders_total", "up")
    new = diff(None, edited(BASE, "templating.list", [SOURCE]))
    assert broken(new) == ["variable $job is not defined, and 1 part uses it: Orders"]
    assert new.metrics.added == ("errors_total", "orders_total")


def test_metrics_added_removed_and_affected() -> None:
    after = edited(BASE, "panels.0.targets.0.expr", 'rate(orders_total{job=~"$job"}[5m]) / new_total')
    found = diff(BASE, edited(after, "panels.1.targets.0.expr", "sales"))
    assert (found.metrics.added, found.metrics.removed, found.metrics.affected) == (
        ("new_total", "sales"), ("errors_total",), ("orders_total",))  # fmt: skip
    text = markdown.write([FileDiff("a.json", diff=found)], whole="")
    assert (
        "**Metrics** new on this dashboard: `new_total`, `sales` · no longer used on it: `errors_total` · "
        "in changed queries, before or after: `orders_total`\n"
    ) in text
    guessed = replace(found, metrics=replace(found.metrics, approximate=1))
    for shown in (markdown.write([FileDiff("a.json", diff=guessed)], whole=""), body(FileDiff("a.json", diff=guessed))):
        assert "(1 query could not be read: names from there are a guess)" in shown


NONE = [
    (b"{", "not JSON"),
    (b"\xff\xfe", "not UTF-8"),
    (b"[]", "no JSON object"),
    (b'{"title": "x"}', "no title with panels"),
    (b'{"title": "x", "panels": {}}', "panels are no list"),
    (b'{"title": "x", "panels": [1]}', "panels are no list"),
    (b'{"title": "x", "panels": [], "v": NaN}', "safely"),
    (b'{"a":' * 100_000, "safely"),
    (b'{"title": "x", "panels": [], "v":' + b'{"a":' * 70 + b"1" + b"}" * 71, "levels deep"),
    (b'{"title": "x", "panels": [], "v": ' + b"9" * 5000 + b"}", "safely"),
    (b'{"apiVersion": "v1", "kind": "ConfigMap", "data": {}}', "ConfigMap"),
    (b'{"title": "x", "panels": [], "templating": {"list": [' + b"{}," * 2000 + b"{}]}}", "more than 2000 variables"),
    (b'{"title": "x", "panels": [{"targets": [' + b"{}," * 5000 + b"{}]}]}", "more than 5000 queries"),
    (b" " * (10 * 1024 * 1024 + 1), "larger than 10 MiB"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "words"), NONE, ids=[words for _, words in NONE])
def test_what_is_no_dashboard_is_said_to_be_none(content: bytes, words: str) -> None:
    with pytest.raises(NoDashboardError, match=words):
        read(content)


def test_schema_v2_is_named_and_never_taken_for_empty() -> None:
    resource = b'{"apiVersion": "dashboard.grafana.app/v2", "kind": "Dashboard", "spec": {"elements": {}}}'
    for content in (b'{"title": "x", "elements": {}, "layout": {}}', resource):
        with pytest.raises(NotComparedError, match="schema v2"):
            read(content)


def operators(spec: dict[str, object]) -> bytes:
    return json.dumps(
        {"apiVersion": "grafana.integreatly.org/v1beta1", "kind": "GrafanaDashboard", "spec": spec}
    ).encode()


def test_the_operator_s_dashboard_is_read_where_it_is_text() -> None:
    found = read(operators({"json": json.dumps(BASE), "url": "https://example.org/x"}))
    assert (found.uid, found.title, len(found.panels)) == (BASE["uid"], BASE["title"], len(BASE["panels"]))
    assert read(operators({"json": json.dumps(BASE), "uid": "other"})).uid == "other"
    with pytest.raises(NoDashboardError, match=r"in spec\.json, it is not JSON: .* \(line 1\)"):
        read(operators({"json": "{"}))


@pytest.mark.parametrize(("spec", "where"), [
    ({"jsonnet": "{}"}, "spec.jsonnet,"), ({"gzipJson": "H4sI"}, "spec.gzipJson,"), ({"url": "https://x"}, "spec.url,"),
    ({"grafanaCom": {"id": 1}}, "spec.grafanaCom,"), ({}, "no place that is known,"),
])  # fmt: skip
def test_the_operator_s_other_forms_are_named(spec: dict[str, object], where: str) -> None:
    with pytest.raises(NotComparedError, match=f"a GrafanaDashboard with its dashboard in {where}"):
        read(operators(spec))


def test_keys_that_are_there_twice_are_noted() -> None:
    content = b'{"title": "x", "panels": [], "uid": "a", "uid": "b"}'
    assert read(content).twice == ("uid",)
    assert read(content).uid == "b"


LOGS = '{job="a"} |= "x"'
INPUTS = [{"name": "DS_LOGS", "type": "datasource", "pluginId": "loki"}]


@pytest.mark.parametrize("source", ["${DS_LOGS}", {"uid": "${DS_LOGS}"}, "Logs", {"uid": "x"}], ids=str)
def test_a_query_of_a_source_that_may_be_lokis_breaks_nothing(source: Any) -> None:
    annotation = {"list": [{"name": "Deploys", "expr": LOGS, "datasource": source}]}
    new = dashboard(panel("Logs", LOGS, datasource=source), __inputs=INPUTS, annotations=annotation)
    assert diff(None, new).breaking == diff(dashboard(), new).breaking == ()


def test_what_a_source_of_no_kind_was_asked_tells_its_kind() -> None:
    def asking(*texts: str, uid: str = "x") -> Json:
        shown = [panel(f"P{at}", each, at, 8 * at, datasource={"uid": uid}) for at, each in enumerate(texts)]
        note = {"name": "Deploys", "expr": texts[0], "datasource": {"uid": uid}}
        return dashboard(*shown, annotations={"list": [note]})

    said = [plain(each) for each in diff(asking("sum(up)"), asking("sum(up")).breaking]
    assert [each.partition(":")[0] for each in said] == [
        "query A of panel P0 is no PromQL", "the query of annotation Deploys is no PromQL",
    ]  # fmt: skip
    assert len(diff(None, asking("sum(up", "up")).breaking) == 2
    assert not diff(asking("up", uid="y"), asking("sum(up")).breaking
    assert not diff(asking('{job="a"}'), asking(LOGS)).breaking


def test_what_a_pattern_names_is_no_variable() -> None:
    named = 'label_replace(up, "a", "${name}$other", "b", "(?P<name>.*)")'
    (said,) = diff(dashboard(panel("Up", "up")), dashboard(panel("Up", named))).breaking
    assert plain(said).startswith("variable $other is not defined")
