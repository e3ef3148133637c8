"""Tickets: sample deliveries of GitHub's webhook, and what Slack, readers and Prometheus get of them."""

import html
import json
import re
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kaizen.tickets import open_tickets
from kaizen.times import utc_now
from local import paths
from local.demo import deliveries
from local.demo.deliveries import Delivery
from local.demo.looking import get, need, scrape
from local.demo.ticket_table import ticket_table
from local.errors import LocalError
from local.outside.slack.service import Slack, webhook
from local.stack import Stack

# What the clock would play later: a person wants to see it now.
SCHEDULED: tuple[tuple[str, dict[str, Any]], ...] = (("TicketStatistics", {}), ("TicketDigest", {"force": True}))


def play(stack: Stack, ended: threading.Event) -> None:
    """Post the sample deliveries through the door, wait for the tickets, then run what the clock would."""
    for route in stack.policy.routes:  # each webhook of the policy leads to the one Slack that there is
        if route.webhook_parameter:
            stack.aws.put_secret(route.webhook_parameter, webhook(stack.addresses.outside))
    samples = _samples(stack)
    for sample in samples:
        if ended.is_set():
            return
        status, answer = deliveries.post(sample, stack.addresses.api, stack.secrets["webhook"])
        if status != 202:
            raise LocalError(f"the delivery {sample.name} was answered with {status}: {answer}")
    stack.drain()
    stack.say(f"{len(samples)} signed sample deliveries posted and applied")
    for name, event in SCHEDULED:
        result = stack.invoke(name, event)
        if result.error:
            raise LocalError(f"{name} failed: {result.error}; see {stack.logs / name}.log")
    stack.say("statistics computed, digest posted")


def links(stack: Stack) -> Sequence[tuple[str, str]]:
    api = stack.addresses.api
    return ((f"{api}/feed.rss", "Feed (RSS)"), (f"{api}/feed.atom", "Feed (Atom)"))


def card(stack: Stack, now: datetime) -> str:
    table = stack.aws.environments["TicketTracker"]["TICKETS_TABLE"]
    tickets, unreadable = open_tickets(stack.aws.client("dynamodb"), table)
    faults = f'<p class="bad">Unreadable: {html.escape(", ".join(unreadable))}</p>' if unreadable else ""
    return f"""<article><h2>Open tickets</h2>{ticket_table(tickets, stack.policy, now)}{faults}
<table><tr><th>GitHub's webhook</th><td><code>{stack.addresses.api}/github/webhook</code></td></tr>
<tr><th>Its secret</th><td><code>{html.escape(stack.secrets["webhook"])}</code></td></tr></table></article>"""


def _samples(stack: Stack) -> list[Delivery]:
    return deliveries.load(paths.DELIVERIES, utc_now(), stack.policy.ticket_labels)


def _open(stack: Stack) -> str:
    """As many as the samples leave open, each readable."""
    table = stack.aws.environments["TicketTracker"]["TICKETS_TABLE"]
    found, unreadable = open_tickets(stack.aws.client("dynamodb"), table)
    need(not unreadable, f"unreadable: {unreadable}")
    seen, expected = {ticket.id for ticket in found}, deliveries.left_open(_samples(stack))
    need(expected <= seen, f"{len(expected - seen)} of {len(expected)} are not open")
    return f"{len(found)} open"


def _metrics(stack: Stack) -> str:
    samples = scrape(stack)
    counts = {
        (sample.labels["component"], sample.labels["severity"]): sample.value
        for sample in samples
        if sample.name == "kaizen_mttr_seconds_count"
    }
    observed = ", ".join(f"{'/'.join(pair)} {count:.0f}" for pair, count in sorted(counts.items()) if count)
    need(observed, "no MTTR observation")
    pairs = len(stack.policy.component_names) * len(stack.policy.severity_names)
    need(len(counts) == pairs, f"only {len(counts)} of {pairs} pairs of component and severity are there")
    return f"{len(samples)} samples, MTTR observations: {observed}"


def _digest(stack: Stack) -> str:
    if not stack.policy.routes:
        return "the policy has no route that it could go to"
    workspace = stack.outside.of(Slack).workspace
    messages = workspace.listed()
    need(not workspace.refused, f"refused: {workspace.refused}")
    headers = [each["blocks"][0].get("text", {}).get("text") for each in messages if each["blocks"]]
    need("Daily Kaizen Ticket Digest" in headers, f"no digest among {headers}")
    components = re.findall(r"\*Component: (\w+)\*", text := json.dumps(messages, ensure_ascii=False))
    need(components and "SLA: " in text, "no component or no countdown")
    return f"{len(messages)} message(s), components {', '.join(components)}"


def _feed(stack: Stack) -> str:
    import feedparser

    counts = []
    for form in ("rss", "atom"):
        status, body = get(f"{stack.addresses.api}/feed.{form}")
        if stack.policy.feed.tokens:
            need(status == 401, f"{form}: status {status} without a reader's token")
            continue
        parsed: Any = feedparser.parse(body)
        fault = parsed.get("bozo_exception")
        need(status == 200 and not fault and parsed.entries, f"{form}: status {status}, {fault or 'no items'}")
        counts.append(len(parsed.entries))
    return f"{counts[0]} items in RSS, {counts[1]} in Atom" if counts else "401 without a reader's token"


def _redelivery(stack: Stack) -> str:
    """All samples once more: the totals stay, only the count of duplicates grows."""

    def totals() -> set[str]:
        return {str(each) for each in scrape(stack) if re.match(r"kaizen_(mttr|tickets?|sla)_", each.name)}

    samples = _samples(stack)
    before = totals()
    for sample in samples:
        status, _ = deliveries.post(sample, stack.addresses.api, stack.secrets["webhook"])
        need(status == 202, f"{sample.name}: status {status}")
    stack.drain()
    changed = sorted(totals() ^ before)
    need(not changed, f"changed: {changed[:4]}")
    return f"all {len(samples)} deliveries again, no total changed"


def _forgery(stack: Stack) -> str:
    status, _ = deliveries.post(_samples(stack)[0], stack.addresses.api, "a wrong secret")
    need(status == 401, f"status {status}")
    return "401 for a wrong signature"


CHECKS = (
    ("tickets", _open),
    ("metrics", _metrics),
    ("digest", _digest),
    ("feed", _feed),
    ("redelivery", _redelivery),
    ("forged delivery", _forgery),
)
