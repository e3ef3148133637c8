"""Canaries: one that is over its budget is paged for and resolved; one within it only shows on `/metrics`."""

import hashlib
import html
import json
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from kaizen.durations import human
from kaizen.times import format_instant, utc_now
from local.demo import deliveries
from local.demo.deliveries import Delivery
from local.demo.looking import need, post, scrape
from local.errors import LocalError
from local.outside.github.service import GithubService
from local.outside.pager.incidents import Incident
from local.outside.pager.service import PagerService
from local.outside.slack.people import USER
from local.outside.slack.service import Slack
from local.stack import Stack

REPOSITORY, REPOSITORY_ID, ENVIRONMENT = "example-org/checkout", 640001, "production"
# Deployments: the last good one, one over its budget, one within it, one that was over it and is finished by now.
GOOD, FORGOTTEN, YOUNG, FINISHED = 7000, 7001, 7002, 7003
LATE = timedelta(seconds=5)  # until the forgotten one's budget ends
_PATIENCE = 60  # seconds for a schedule to fire


def play(stack: Stack, ended: threading.Event) -> None:
    """One canary that began so long ago that its budget ends in a few seconds: its alarm fires and pages."""
    now = utc_now()
    budget = stack.policy.canary.budget(REPOSITORY, ENVIRONMENT, "deploy", {})
    assert budget is not None
    began = now - timedelta(seconds=budget) + LATE
    tell(stack, GOOD, "success", began - timedelta(days=1))
    tell(stack, FORGOTTEN, "in_progress", began)
    tell(stack, YOUNG, "in_progress", now - timedelta(minutes=20), repository="example-org/search", number=640002)
    late = now - timedelta(seconds=budget) - timedelta(minutes=12)
    tell(stack, FINISHED, "in_progress", late, repository="example-org/ledger", number=640003)
    stack.drain()
    tell(stack, FINISHED, "success", now, repository="example-org/ledger", number=640003)
    if _waited(ended, lambda: len(stack.outside.of(PagerService).incidents.listed()) == 2):
        stack.drain()
        stack.say(f"two canaries ran over their budget of {human(budget)}: one was finished, one pages")


def left_out(stack: Stack) -> str:
    if stack.policy.canary.budget(REPOSITORY, ENVIRONMENT, "deploy", {}) is None:
        return f"the policy has no canary budget for {REPOSITORY} in {ENVIRONMENT}"
    return ""


def tell(
    stack: Stack, deployment: int, state: str, at: datetime, repository: str = REPOSITORY, number: int = REPOSITORY_ID
) -> None:
    """A status that GitHub knows, and its signed delivery through the door. Raises LocalError unless it is taken."""
    github = stack.outside.of(GithubService).world
    github.repository(repository).deployment_status(deployment, state, ENVIRONMENT)
    headers = {
        "X-GitHub-Event": "deployment_status",
        "X-GitHub-Delivery": f"canary-{deployment}-{state.replace('_', '-')}-{int(at.timestamp())}",
        "X-GitHub-Hook-ID": "480001",
    }
    sample = Delivery(
        f"canary {deployment} {state}", headers, json.dumps(payload(deployment, state, at, repository, number)).encode()
    )
    status, answer = deliveries.post(sample, stack.addresses.api, stack.secrets["webhook"])
    if status != 202:
        raise LocalError(f"the delivery {sample.name} was answered with {status}: {answer}")


def payload(deployment: int, state: str, at: datetime, repository: str, number: int) -> dict[str, Any]:
    """A `deployment_status` payload with what is read of it, shaped as GitHub's."""
    person = {"login": "octo-dev", "id": 91001, "type": "User"}
    created = format_instant(at - timedelta(seconds=30))
    sha = hashlib.sha256(str(deployment).encode()).hexdigest()[:40]
    return {
        "action": "created",
        "deployment_status": {
            "id": deployment * 10 + len(state), "state": state, "creator": person, "description": "",
            "environment": ENVIRONMENT, "created_at": format_instant(at), "updated_at": format_instant(at),
            "target_url": "", "log_url": f"https://ci.example.org/runs/{deployment}",
        },
        "deployment": {
            "id": deployment, "sha": sha, "ref": "main", "task": "deploy", "payload": {},
            "original_environment": ENVIRONMENT, "environment": ENVIRONMENT, "description": None, "creator": person,
            "created_at": created, "updated_at": format_instant(at), "production_environment": True,
            "transient_environment": False,
        },
        "repository": {"id": number, "full_name": repository, "html_url": f"https://github.com/{repository}"},
        "sender": person,
    }  # fmt: skip


def links(stack: Stack) -> Sequence[tuple[str, str]]:
    return ()


def card(stack: Stack, now: datetime) -> str:
    starts = [each for each in scrape(stack) if each.name == "kaizen_canary_start_timestamp_seconds"]
    rows = "".join(
        f"<tr><td>{html.escape(each.labels['repository'])}</td><td>{html.escape(each.labels['environment'])}</td>"
        f"<td>{human(now.timestamp() - each.value)}</td></tr>"
        for each in sorted(starts, key=lambda each: float(each.value))
    )
    table = f"<table><tr><th>Repository</th><th>Environment</th><th>In flight for</th></tr>{rows}</table>"
    return f"<article><h2>Canaries in flight</h2>{table if rows else '<p>None.</p>'}</article>"


def _waited(ended: threading.Event, met: Any) -> bool:
    """Whether it came about in time; False too when the session has ended."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and not ended.is_set():
        if met():
            return True
        ended.wait(0.2)
    return False


def _gauge(stack: Stack) -> str:
    found = {each.labels["deployment"] for each in scrape(stack) if each.name == "canary_deployment_start_time"}
    need({str(FORGOTTEN), str(YOUNG)} <= found, f"in flight: {sorted(found)}")
    return f"{len(found)} in flight"


def _paged(stack: Stack) -> str:
    pager = stack.outside.of(PagerService).incidents
    need(not pager.refused, f"refused: {pager.refused}")
    mine = [each for each in pager.listed() if each.key.endswith(f"/{FORGOTTEN}")]
    need(len(mine) == 1 and mine[0].status == "triggered", [f"{each.key} {each.status}" for each in mine])
    need(len(_messages(stack)) == 1, f"{len(_messages(stack))} messages")
    need(len(pager.listed()) == 2, f"{len(pager.listed())} incidents")
    return str(mine[0].payload["summary"])


def _alerted(stack: Stack) -> str:
    """Prometheus says the same by way of Alertmanager: it stays one incident. Without the token it says nothing."""
    labels = {
        "alertname": "KaizenCanaryBudgetExceeded", "repository": REPOSITORY, "environment": ENVIRONMENT,
        "deployment": str(FORGOTTEN),
    }  # fmt: skip
    alert = {"status": "firing", "labels": labels, "startsAt": format_instant(utc_now())}
    body = json.dumps({"version": "4", "status": "firing", "alerts": [alert]}).encode()
    tokens = (stack.secrets["alerts"], "wrong")
    statuses = [post(f"{stack.addresses.api}/alerts", body, token)[0] for token in tokens]
    need(statuses == [202, 401], statuses)
    stack.drain()
    need([action for _, action in _mine(stack).log] == ["trigger"], _mine(stack).log)
    return "one canary, two paths, one incident"


def _extended(stack: Stack) -> str:
    """A press of *Extend 1 h* resolves the incident and moves the alarm; the same button again does nothing."""
    if stack.policy.canary.channel is None:
        return "the message goes by a webhook, which has no buttons"
    slack = stack.outside.of(Slack)
    (message,) = [each for each in slack.workspace.listed() if _is_about_it(each)]
    buttons = {
        each["action_id"]: each["value"]
        for block in message["blocks"]
        if block["type"] == "actions"
        for each in block["elements"]
    }
    need(set(buttons) == {"canary.extend", "canary.done"}, sorted(buttons))
    for _ in range(2):
        answered = slack.press(message["channel"], message["ts"], "canary.extend", buttons["canary.extend"])
        need(answered.status == 200, f"{answered.status}: {answered.body}")
        stack.drain()
    need(_mine(stack).status == "resolved", _mine(stack).status)
    (text,) = _messages(stack)
    need("may run until" in text and f"<@{USER}>" in text, text)
    (budget,) = [
        each.value
        for each in scrape(stack)
        if each.name == "kaizen_canary_budget_seconds" and each.labels["deployment"] == str(FORGOTTEN)
    ]
    wanted = stack.policy.canary.budget(REPOSITORY, ENVIRONMENT, "deploy", {})
    assert wanted is not None
    need(wanted + 3600 <= budget < wanted + 3600 + 600, f"its budget is {budget:.0f} s")
    return f"one hour more by a press: the incident is resolved, its budget is {human(budget)}"


def _mine(stack: Stack) -> Incident:
    (found,) = [
        each for each in stack.outside.of(PagerService).incidents.listed() if each.key.endswith(f"/{FORGOTTEN}")
    ]
    return found


def _resolved(stack: Stack) -> str:
    """Its success edits the message; told twice, nothing more happens. The incident stays resolved."""
    for _ in range(2):
        tell(stack, FORGOTTEN, "success", utc_now())
        stack.drain()
    mine = _mine(stack)
    need(mine.status == "resolved", mine.status)
    need([action for _, action in mine.log] == ["trigger", "resolve"], mine.log)
    texts = _messages(stack)
    need("Canary finished" in texts[-1], texts)
    found = {each.labels["deployment"] for each in scrape(stack) if each.name == "canary_deployment_start_time"}
    need(str(FORGOTTEN) not in found, "the gauge is still there")
    return "the incident is resolved, the message says so, the gauge is gone"


def _messages(stack: Stack) -> list[str]:
    """What Slack shows of the forgotten canary."""
    return [each["text"] for each in stack.outside.of(Slack).workspace.listed() if _is_about_it(each)]


def _is_about_it(message: Mapping[str, Any]) -> bool:
    return "Canary" in message["text"] and REPOSITORY in message["text"]


CHECKS = (
    ("canaries in flight", _gauge),
    ("a forgotten canary pages", _paged),
    ("an alert of Prometheus for it", _alerted),
    ("a press gives it an hour more", _extended),
    ("its end resolves", _resolved),
)
