"""Deliveries that GitHub's webhook lost: one is sent again, one is too old for that and is found by comparing."""

import json
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from kaizen.tickets import open_tickets
from kaizen.times import format_instant, utc_now
from local.demo import deliveries
from local.demo.deliveries import Delivery
from local.demo.looking import need, scrape
from local.errors import LocalError
from local.outside.github.service import GithubService
from local.outside.github.world import Hook
from local.stack import Stack

AFTER = ("tickets",)  # whose own figures are told before more tickets come
REPOSITORY, HOOK = "example-org/status-page", "orgs/example-org/hooks/480002"
SENT_AGAIN, COMPARED = 2900002801, 2900002802
TITLES = {SENT_AGAIN: "Status page shows yesterday's incident", COMPARED: "Maintenance banner stays for a day too long"}


def play(stack: Stack, ended: threading.Event) -> None:
    """Two issues are opened while nobody answers; then the sweep runs as the clock would let it."""
    world = stack.outside.of(GithubService).world
    repository = world.repository(REPOSITORY)

    def send(event: str, guid: str, body: bytes) -> int:
        headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": guid, "X-GitHub-Hook-ID": "480002"}
        return deliveries.post(Delivery(guid, headers, body), stack.addresses.api, stack.secrets["webhook"])[0]

    with world.lock:
        hook = world.hooks.setdefault(HOOK, Hook(send, world))
        for number, issue in enumerate(TITLES, start=1):
            repository.issues[number] = _issue(issue, number, utc_now() - timedelta(hours=1))
    body = {
        "action": "opened",
        "issue": repository.issues[1],
        "repository": {"id": repository.repository_id, "full_name": REPOSITORY},
    }
    lost = hook.deliver("issues", f"sweep-{SENT_AGAIN}", json.dumps(body).encode(), lost=True)
    lost.at -= timedelta(minutes=30)
    for part in ("deliveries", "issues"):
        if ended.is_set():
            return
        result = stack.invoke("WebhookSweep", {"do": part})
        if result.error:
            raise LocalError(f"WebhookSweep failed: {result.error}; see {stack.logs / 'WebhookSweep'}.log")
        stack.drain()
    stack.say("two deliveries of GitHub were lost: one was sent again, one ticket was found by comparing")


def left_out(stack: Stack) -> str:
    if HOOK not in stack.policy.sweep.hooks or REPOSITORY not in stack.policy.sweep.repositories:
        return f"the policy's [sweep] names neither {HOOK} nor {REPOSITORY}"
    return "the policy wants a label of its own on tickets" if stack.policy.ticket_labels else ""


def _issue(issue: int, number: int, at: datetime) -> dict[str, Any]:
    person = {"login": "octo-dev", "id": 91001, "type": "User"}
    return {
        "id": issue, "number": number, "title": TITLES[issue], "user": person, "assignees": [], "state": "open",
        "html_url": f"https://github.com/{REPOSITORY}/issues/{number}",
        "repository_url": f"https://api.github.com/repos/{REPOSITORY}",
        "labels": [{"id": 1, "name": "component:web"}, {"id": 2, "name": "sev3"}], "state_reason": None,
        "created_at": format_instant(at), "updated_at": format_instant(at), "closed_at": None,
    }  # fmt: skip


def links(stack: Stack) -> Sequence[tuple[str, str]]:
    return ()


def card(stack: Stack, now: datetime) -> str:
    return ""


def _found(stack: Stack) -> str:
    table = stack.aws.environments["TicketTracker"]["TICKETS_TABLE"]
    found, _ = open_tickets(stack.aws.client("dynamodb"), table)
    titles = {each.id: each.title for each in found}
    for issue, title in TITLES.items():
        need(titles.get(issue) == title, f"{title} is no open ticket")
    hook = stack.outside.of(GithubService).world.hooks[HOOK]
    need([each.status for each in hook.deliveries] == [0, 202], f"{[each.status for each in hook.deliveries]}")
    figures = {each.name + each.labels.get("kind", ""): each.value for each in scrape(stack)}
    need(figures.get("kaizen_sweep_redeliveries_total") == 1, "no redelivery is counted")
    need(figures.get("kaizen_sweep_repairs_totalmissed") == 1, "no repair is counted")
    need(figures.get("kaizen_sweep_deliveries_lost") == 0, "deliveries are called lost")
    return "one delivery sent again, one ticket found by comparing"


CHECKS = (("lost deliveries come back", _found),)
