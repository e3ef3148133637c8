"""Snapshots of Grafana: two dashboards and an alert rule are edited in the UI.

One note says by whom, with a page that shows what, and another one that they differ from git.
"""

import html
import json
import re
import threading
import urllib.parse
import urllib.request
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from local.demo.looking import get, need, scrape
from local.errors import LocalError
from local.outside.github.service import GithubService
from local.outside.grafana.service import GrafanaService
from local.outside.slack.service import Slack
from local.stack import Stack

CHECKOUT, LATENCY = "checkout", "search-latency"
DEPLOYMENT = 880001  # of the two dashboards as git has them
WAS, IS = 'sum(rate(http_requests_total{status=~"5.."}[5m]))', 'sum(rate(http_requests_total{status=~"5.."}[1h]))'
_RUNS, _DRIFTED = "kaizen_dashboard_snapshot_runs_total", "kaizen_dashboard_snapshot_drifted"
DRIFT = "Dashboards that differ from git"
_LINK = re.compile(r"<(http[^|>]*/reports/dashboards[^|>]*)\|")
Json = dict[str, Any]


def play(stack: Stack, ended: threading.Event) -> None:
    """A run, an edit by each of two people on Grafana's page, and a run."""
    seed(stack)
    _run(stack)
    for uid, panel, title, expression, user in (
        (CHECKOUT, 1, "Errors", IS, "ana"),
        (LATENCY, 0, "Search, 95th percentile", "", "ben"),
    ):
        if ended.is_set():
            return
        _edit(stack, uid=uid, panel=str(panel), title=title, expression=expression, user=user)
    _rule(stack, "30m")
    _run(stack)
    stack.say("two dashboards and an alert rule were edited in Grafana: a note says by whom, another that git differs")


def seed(stack: Stack) -> None:
    """A team's folders and dashboards, besides this repository's own, which are provisioned."""
    world = stack.outside.of(GrafanaService).world
    world.folder("shop", "Shop")
    world.folder("payments", "Payments", "shop")
    orders = _panel("Orders", "sum(rate(orders_total[5m]))", 0, 0)
    errors = _panel("Errors", WAS, 12, 0)
    checkout = _dashboard(CHECKOUT, "Checkout", orders, errors)
    world.save(checkout, "ana", folder="payments")
    quantile = "histogram_quantile(0.95, sum by (le) (rate(search_seconds_bucket[5m])))"
    latency = _dashboard(LATENCY, "Search latency", _panel("Search, p95", quantile, 0, 0))
    world.save(latency, "ben", folder="shop")
    _rule(stack, "5m")
    policy = stack.policy.dashboard_snapshot
    if policy.repository and policy.path:
        files = {f"{policy.path}/{each['uid']}.json": json.dumps(each, indent=2) + "\n" for each in (checkout, latency)}
        repository = stack.outside.of(GithubService).world.repository(policy.repository, files)
        repository.deployment(DEPLOYMENT)
        repository.deployment_status(DEPLOYMENT, "success")


def _rule(stack: Stack, pending: str) -> None:
    world = stack.outside.of(GrafanaService).world
    world.alert_rule("orders-stopped", "Orders stopped", "sum(rate(orders_total[5m])) == 0", pending, "shop")


def _dashboard(uid: str, title: str, *panels: Json) -> Json:
    numbered = [each | {"id": number} for number, each in enumerate(panels, 1)]
    return {"uid": uid, "title": title, "schemaVersion": 39, "tags": ["shop"], "panels": numbered}


def _panel(title: str, expression: str, x: int, y: int) -> Json:
    return {
        "type": "timeseries", "title": title, "gridPos": {"x": x, "y": y, "w": 12, "h": 8},
        "datasource": {"type": "prometheus", "uid": "prometheus"}, "targets": [{"refId": "A", "expr": expression}],
    }  # fmt: skip


def _edit(stack: Stack, **form: str) -> None:
    """What a person does on the page. Raises LocalError unless it is saved."""
    body = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(f"{stack.addresses.outside}/grafana/edit", body, method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own loopback address
        if answer.status != 200 or form["title"] not in html.unescape(answer.read().decode()):
            raise LocalError(f"Grafana did not save {form['uid']}")


def _run(stack: Stack) -> Json:
    result = stack.invoke("DashboardSnapshot", {})
    if result.error or not isinstance(result.payload, dict):
        raise LocalError(f"DashboardSnapshot failed: {result.error}; see {stack.logs}/DashboardSnapshot.log")
    return result.payload


def _notes(stack: Stack) -> list[str]:
    listed = stack.outside.of(Slack).workspace.listed()
    return [each["text"] for each in listed if "Dashboards edited in Grafana" in each["text"]]


def _page(stack: Stack) -> str:
    """The address in the note; empty before there is one."""
    found = [_LINK.search(each) for each in _notes(stack)]
    return html.unescape(found[-1][1]) if found and found[-1] else ""


def links(stack: Stack) -> Sequence[tuple[str, str]]:
    page = _page(stack)
    return ((page, "Dashboards: before and after"),) if page else ()


def card(stack: Stack, now: datetime) -> str:
    found = scrape(stack)
    outcomes = ", ".join(
        f"{each.labels['outcome']} {int(each.value)}" for each in found if each.name == _RUNS and each.value
    )
    kept = [int(each.value) for each in found if each.name == "kaizen_dashboard_snapshot_dashboards"]
    words = f"{kept[0]} dashboards kept; runs: {outcomes}" if kept else "No run yet."
    page = _page(stack)
    link = f'<nav><a href="{html.escape(page)}">Before and after</a></nav>' if page else ""
    return f"<article><h2>Dashboard snapshots</h2><p>{html.escape(words)}</p>{link}</article>"


def _told(stack: Stack) -> str:
    notes = _notes(stack)
    need(len(notes) == 1, f"{len(notes)} notes")
    for words in (
        "*2 dashboards and 1 alert rule*",
        "for: 5m → 30m",
        "by *ana*",
        "window 5m → 1h",
        "by *ben*",
        "renamed",
    ):
        need(words in notes[0], f"no {words!r} in {notes[0]}")
    return "2 dashboards edited in the UI, by ana and ben, and an alert rule"


def _shown(stack: Stack) -> str:
    """The page opens by the link alone, and not without its key."""
    page = _page(stack)
    status, text = get(page)
    need(
        status == 200 and "2 dashboards and 1 alert rule differ" in text and "last saved by ana" in text,
        f"{status} {text[:300]}",
    )
    status, _ = get(page.partition("&key=")[0])
    need(status == 401, f"{status} without the key")
    status, text = get(f"{page}&format=md")
    need(status == 200 and "### Grafana dashboards" in text, f"{status} {text[:300]}")
    return "the page opens by its link alone"


def _quiet(stack: Stack) -> str:
    """A run that finds nothing new stores one manifest and tells nobody."""
    bucket = stack.aws.physical["SnapshotsBucket"]
    before = _objects(stack, bucket)
    made = _run(stack)
    need(made["outcome"] == "complete", json.dumps(made))
    after = _objects(stack, bucket)
    need([each for each in after if each not in before] == [f"runs/{made['run']}-complete.json.gz"], after)
    need(len(_notes(stack)) == 1, f"{len(_notes(stack))} notes")
    return f"{made['dashboards']} dashboards, one manifest, no object"


def _objects(stack: Stack, bucket: str) -> list[str]:
    return [each["Key"] for each in stack.aws.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]


def _drifted(stack: Stack) -> str:
    """Both differ from what was deployed, and git is as it was."""
    if not stack.policy.dashboard_snapshot.path:
        return "the policy names no path"
    notes = [each["text"] for each in stack.outside.of(Slack).workspace.listed() if DRIFT in each["text"]]
    need(len(notes) == 1, f"{len(notes)} notes of drift")
    for words in ("*2 dashboards* differ from *example-org/shop-dashboards/shop*", "edited in the UI by *ana*"):
        need(words in notes[0], f"no {words!r} in {notes[0]}")
    edited = [each.value for each in scrape(stack) if each.name == _DRIFTED and each.labels["class"] == "edited"]
    need(edited == [2], f"{edited} edited by the metric")
    return "2 dashboards differ from what git deployed"


CHECKS = (
    ("an edit in Grafana is told", _told),
    ("git and Grafana are compared", _drifted),
    ("two runs are compared", _shown),
    ("nothing new costs nothing", _quiet),
)
