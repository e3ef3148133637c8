"""A channel subscribes, a ticket gets its label later, and its card follows it to the end; buttons work."""

import json
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from kaizen.times import format_instant, utc_now
from local.demo import deliveries
from local.demo.deliveries import Delivery
from local.demo.looking import need
from local.errors import LocalError
from local.outside.slack.service import Slack
from local.stack import Stack

AFTER = ("tickets",)  # whose own figures are told before more tickets come
CHANNEL, EXPRESSION = "C0TICKETS", "severity:sev1 and component:api"
REPOSITORY, REPOSITORY_ID = "example-org/checkout", 640001
# Issues: one that is open, one that is closed in the end, both triaged after they were opened.
OPEN, CLOSED = 2900001901, 2900001902
TITLES = {OPEN: "Payment by invoice fails for new customers", CLOSED: "Gift cards are charged twice"}


def play(stack: Stack, ended: threading.Event) -> None:
    """Subscribe, open two issues, give them their labels later, close one."""
    slack = stack.outside.of(Slack)
    answered = slack.say(CHANNEL, f"subscribe {EXPRESSION}")
    if answered.status != 200:
        raise LocalError(f"/kaizen subscribe was answered with {answered.status}: {answered.body}")
    slack.say(CHANNEL, "subscribe severity:sev1 and component")
    began = utc_now() - timedelta(hours=3, minutes=10)  # of the four that sev1 has
    for issue in (OPEN, CLOSED):
        tell(stack, issue, "opened", began, [])
        stack.drain()
        tell(stack, issue, "labeled", began + timedelta(minutes=30), ["component:api"], "component:api")
        stack.drain()
        tell(stack, issue, "labeled", began + timedelta(minutes=31), ["component:api", "sev1"], "sev1")
        stack.drain()
    tell(stack, CLOSED, "closed", began + timedelta(minutes=90), ["component:api", "sev1"])
    stack.drain()
    result = stack.invoke("TicketCards", {})
    if result.error:
        raise LocalError(f"TicketCards failed: {result.error}; see {stack.logs / 'TicketCards'}.log")
    stack.say("a channel subscribed; two tickets that got their labels later have a card there, one of them is closed")


def left_out(stack: Stack) -> str:
    policy, labels = stack.policy, ["component:api", "sev1"]
    if (policy.component_of(labels), policy.severity_of(labels)) != ("api", "sev1"):
        return "the policy knows no component api or no severity sev1"
    return "the policy wants a label of its own on tickets" if policy.ticket_labels else ""


def tell(stack: Stack, issue: int, action: str, at: datetime, labels: list[str], label: str = "") -> None:
    """A signed `issues` delivery through the door. Raises LocalError unless it is taken."""
    closed = action == "closed"
    person = {"login": "octo-dev", "id": 91001, "type": "User"}
    number = issue % 1000
    payload: dict[str, Any] = {
        "action": action,
        "issue": {
            "id": issue, "number": number, "title": TITLES[issue], "user": person, "assignees": [person],
            "html_url": f"https://github.com/{REPOSITORY}/issues/{number}",
            "labels": [{"id": 1, "name": each} for each in labels], "state": "closed" if closed else "open",
            "state_reason": "completed" if closed else None, "created_at": format_instant(at - _age(action)),
            "updated_at": format_instant(at), "closed_at": format_instant(at) if closed else None,
        },
        "repository": {"id": REPOSITORY_ID, "full_name": REPOSITORY},
        "sender": person,
    }  # fmt: skip
    if label:
        payload["label"] = {"id": 1, "name": label}
    headers = {
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": f"cards-{issue}-{action}-{int(at.timestamp())}",
        "X-GitHub-Hook-ID": "480001",
    }
    sample = Delivery(f"{issue} {action}", headers, json.dumps(payload).encode())
    status, answer = deliveries.post(sample, stack.addresses.api, stack.secrets["webhook"])
    if status != 202:
        raise LocalError(f"the delivery of {issue} {action} was answered with {status}: {answer}")


def _age(action: str) -> timedelta:
    """How long before a delivery the issue was opened."""
    return {"opened": timedelta(), "closed": timedelta(minutes=90)}.get(action, timedelta(minutes=30))


def links(stack: Stack) -> Sequence[tuple[str, str]]:
    return ((f"{stack.addresses.outside}/slack/say", "Type /kaizen"),)


def card(stack: Stack, now: datetime) -> str:
    return ""


def _cards(stack: Stack, issue: int) -> list[dict[str, Any]]:
    """The messages of the channel that tell of an issue, leads only."""
    listed = stack.outside.of(Slack).workspace.listed()
    return [
        each for each in listed
        if each["channel"] == CHANNEL and TITLES[issue] in each["text"] and "answer_to" not in each
    ]  # fmt: skip


def _late_label(stack: Stack) -> str:
    need(not stack.outside.of(Slack).workspace.refused, f"refused: {stack.outside.of(Slack).workspace.refused}")
    for issue in (OPEN, CLOSED):
        need(len(_cards(stack, issue)) == 1, f"{len(_cards(stack, issue))} cards of {TITLES[issue]}")
    (closed,) = _cards(stack, CLOSED)
    need("closed as completed after 1h 30m" in closed["text"], closed["text"])
    replies = [each for each in stack.outside.of(Slack).workspace.listed() if each.get("thread_ts") == closed["ts"]]
    need(len(replies) == 1, f"{len(replies)} lines in its thread")
    return "one card each; the closed one says so, and so does its thread"


def _button(stack: Stack) -> str:
    """Pressed twice: the card and its thread say once who is on it. A forged value does nothing."""
    slack = stack.outside.of(Slack)
    (mine,) = _cards(stack, OPEN)
    (press,) = [
        each
        for block in mine["blocks"]
        for each in block.get("elements", [])
        if each.get("action_id") == "cards.acknowledge"
    ]
    for value in (press["value"][:-4] + "AAAA", press["value"], press["value"]):
        answered = slack.press(CHANNEL, mine["ts"], press["action_id"], value)
        need(answered.status == 200, f"status {answered.status}: {answered.body}")
        stack.drain()
    (mine,) = _cards(stack, OPEN)
    shown = json.dumps(mine["blocks"], ensure_ascii=False)
    need("is on it" in shown and "cards.acknowledge" not in shown, shown)
    thread = [each["text"] for each in slack.workspace.listed() if each.get("thread_ts") == mine["ts"]]
    said = [text for text in thread if "is on it" in text]
    need(len(said) == 1, f"{len(said)} lines in its thread")
    return "the card and its thread say who is on it"


def _reminder(stack: Stack) -> str:
    """Three quarters of its SLA are used; then somebody snoozes it, and the card says so."""
    slack = stack.outside.of(Slack)
    (mine,) = _cards(stack, OPEN)
    thread = [each["text"] for each in slack.workspace.listed() if each.get("thread_ts") == mine["ts"]]
    (line,) = [text for text in thread if "Three quarters" in text]
    (press,) = [
        each
        for block in mine["blocks"]
        for each in block.get("elements", [])
        if each.get("action_id") == "cards.snooze"
    ]
    need(slack.press(CHANNEL, mine["ts"], press["action_id"], press["value"]).status == 200, "the press failed")
    stack.drain()
    (mine,) = _cards(stack, OPEN)
    need("No reminders until" in json.dumps(mine["blocks"], ensure_ascii=False), "the card does not say so")
    return f"{line} Snoozed by a press."


def _one(stack: Stack) -> str:
    slack = stack.outside.of(Slack)
    need(slack.say(CHANNEL, f"ticket {REPOSITORY}#{OPEN % 1000}").status == 200, "the command failed")
    stack.drain()  # its answer follows by the command's response_url
    text = slack.workspace.messages[-1]["text"]
    need(TITLES[OPEN] in text, text[:300])
    return "how one ticket stands, on demand"


def _summary(stack: Stack) -> str:
    slack = stack.outside.of(Slack)
    need(slack.say(CHANNEL, "summary").status == 200, "the summary failed")
    stack.drain()
    text = slack.workspace.messages[-1]["text"]
    need("Daily Kaizen Ticket Digest" in text and TITLES[OPEN] in text, text[:300])
    return "the digest on demand, with the ticket in it"


CHECKS = (
    ("cards of late labels", _late_label),
    ("a card's button", _button),
    ("a reminder, and its snooze", _reminder),
    ("one ticket on demand", _one),
    ("summary on demand", _summary),
)
