"""A pull request that changes a Grafana dashboard: its comment says what, panel by panel, and follows pushes."""

import copy
import html
import json
import re
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kaizen.dashboards.asking import askable
from kaizen.github.comments import length
from kaizen.times import utc_now
from local.demo import pulls
from local.demo.looking import get, need, scrape
from local.outside.github.service import LOGIN, GithubService
from local.outside.github.world import Comment, Repository
from local.outside.prometheus.service import PrometheusService
from local.paths import ROOT
from local.stack import Stack

REPOSITORY, REPOSITORY_ID = "example-org/dashboards", 640300
FLOW = "Opened, closed, reopened"  # the last panel of the tickets
PAUSED = "sum by (component) (kaizen_tickets_paused)"
FILE = "grafana/dashboards/kaizen.json"
_REVIEWS = "kaizen_dashboard_diff_reviews_total"
Json = dict[str, Any]


def play(stack: Stack, ended: threading.Event) -> None:
    _history(stack.outside.of(PrometheusService))
    number = _repository(stack).pull_request("Tune the ticket dashboard", {FILE: _text(changed())}, branch="tune")
    pulls.tell(stack, REPOSITORY, REPOSITORY_ID, number, "opened", utc_now())
    stack.drain()
    stack.say("a pull request changes a dashboard: one comment says what, panel by panel")


def _history(prometheus: PrometheusService) -> None:
    """What Prometheus knows of the queries before and after the change; the new panel's metric never had a value."""
    expression = before()["panels"][-1]["targets"][0]["expr"]
    for text, height in ((expression, 3), (expression.replace("[1d]", "[7d]"), 15)):
        prometheus.expression(askable(text), {}, lambda at, height=height: height + at // 3600 % 4)  # type: ignore[misc]
    prometheus.expression(askable(PAUSED), {}, lambda _: None)


def left_out(stack: Stack) -> str:
    return "" if stack.policy.dashboard_diff.watches(FILE) else f"the policy does not watch {FILE}"


def before() -> Json:
    """The tickets' part of the repository's own dashboard, in two rows and with a threshold."""
    found: Json = json.loads((ROOT / FILE).read_text(encoding="utf-8"))
    last = next(index for index, each in enumerate(found["panels"]) if each["title"] == FLOW)
    panels: list[Json] = found["panels"][: last + 1]
    _steps(panels[0]).append({"color": "red", "value": 172_800})
    found["panels"] = _stacked([_row("Resolution"), *panels[:-2], _row("Flow"), *panels[-2:]], 1)
    return found


def changed() -> Json:
    """A row moved, a threshold, a query's window, a panel's name, and a panel more; panels have other numbers."""
    found = before()
    panels: list[Json] = found["panels"]
    _steps(panels[1])[-1]["value"] = 86_400
    target = panels[-1]["targets"][0]
    assert "[1d]" in target["expr"]
    target["expr"] = target["expr"].replace("[1d]", "[7d]")
    panels[2]["title"] = "Tickets in the window"
    new = copy.deepcopy(panels[-1]) | {"title": "Tickets paused", "gridPos": {"x": 0, "y": 999, "w": 24, "h": 6}}
    new["targets"] = [{"refId": "A", "expr": PAUSED, "legendFormat": "paused"}]
    found["panels"] = _stacked([*panels[-3:], new, *panels[:-3]], 100)
    found["version"] = int(found.get("version", 1)) + 1
    return found


def _row(title: str) -> Json:
    return {"type": "row", "title": title, "collapsed": False, "panels": [],
            "gridPos": {"x": 0, "y": -1, "w": 24, "h": 1}}  # fmt: skip


def _stacked(panels: list[Json], first: int) -> list[Json]:
    """In this order, those that were side by side still so; numbered from the first on."""
    y, bottom, old = 0, 0, -2
    for index, each in enumerate(panels):
        place = each["gridPos"]
        if place["y"] != old:
            y, old = bottom, place["y"]
        place["y"] = y
        bottom = max(bottom, y + place["h"])
        each["id"] = first + index
    return panels


def _steps(panel: Json) -> list[Json]:
    found: list[Json] = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return found


def _text(given: Json) -> str:
    return json.dumps(given, indent=2) + "\n"


def _repository(stack: Stack) -> Repository:
    world = stack.outside.of(GithubService).world
    return world.repository(REPOSITORY, {"README.md": "# Dashboards\n", FILE: _text(before())})


def _number(stack: Stack) -> int:
    return min(_repository(stack).pulls)


def _comments(stack: Stack) -> list[Comment]:
    return [each for each in _repository(stack).comments.values() if each.number == _number(stack)]


def links(stack: Stack) -> Sequence[tuple[str, str]]:
    page = _page(stack)
    return ((page, "A pull request's dashboards: the report"),) if page else ()


def _page(stack: Stack) -> str:
    """The report's address in the comment; empty while there is none."""
    found = [
        re.search(r"\((http[^)]+/reviews/[0-9a-f]{32})\)", each.body) for each in _repository(stack).comments.values()
    ]
    return next((each[1] for each in found if each is not None), "")


def card(stack: Stack, now: datetime) -> str:
    page = _page(stack)
    link = f'<nav><a href="{html.escape(page)}">The report</a></nav>' if page else ""
    results = {each.labels["result"]: int(each.value) for each in scrape(stack) if each.name == _REVIEWS and each.value}
    words = ", ".join(f"{name} {count}" for name, count in sorted(results.items())) or "none"
    return f"<article><h2>Dashboard comparisons</h2><p>{words}</p>{link}</article>"


def _commented(stack: Stack) -> str:
    (comment,) = _comments(stack)
    need(comment.author.login == LOGIN, comment.author.login)
    need(length(comment.body) <= 65_536, length(comment.body))
    for words in ("threshold", "window", "7d", "renamed", "Tickets paused", "Layout"):
        need(words in comment.body, f"no {words!r} in {comment.body}")
    need("removed" not in comment.body, comment.body)
    need("Flow" in comment.body and "moved, with its" in comment.body, comment.body)
    return next(line for line in comment.body.splitlines() if "**" in line)


def _reported(stack: Stack) -> str:
    """The page opens by its link alone, draws the layout, and another id finds nothing."""
    page = _page(stack)
    status, text = get(page)
    need(status == 200 and "Tickets paused" in text and "<svg" in text, f"{status} {text[:300]}")
    status, _ = get(page[:-32] + "0" * 32)
    need(status == 404, f"{status} for an id that is none")
    return "the report opens by its link, with the layout before and after"


def _followed(stack: Stack) -> str:
    """A push that leaves nothing but Grafana's own noise: the same comment says so."""
    noise = before() | {"version": 99, "id": 7}
    _repository(stack).push(_number(stack), {FILE: _text(noise)})
    pulls.tell(stack, REPOSITORY, REPOSITORY_ID, _number(stack), "synchronize", utc_now())
    stack.drain()
    (comment,) = _comments(stack)
    need("No changes" in comment.body, comment.body)
    found = {each.labels["result"] for each in scrape(stack) if each.name == _REVIEWS and each.value}
    need({"created", "updated"} <= found, found)
    return "the comment follows the last push: no changes"


CHECKS = (
    ("dashboards are compared", _commented),
    ("the report is served", _reported),
    ("noise is left out", _followed),
)
