"""The steps that `make demo` checks: each looks at the system from outside, as its users do."""

import json
import re
from collections.abc import Callable
from typing import Any

from kaizen.tickets import open_tickets
from kaizen.times import utc_now
from local import deliveries, paths, phase_checks
from local.looking import get, need, scrape
from local.stack import Stack


def tickets(stack: Stack) -> str:
    """As many as the samples leave open, each readable."""
    table = stack.aws.environments["TicketTracker"]["TICKETS_TABLE"]
    found, unreadable = open_tickets(stack.aws.client("dynamodb"), table)
    need(not unreadable, f"unreadable: {unreadable}")
    seen, expected = {ticket.id for ticket in found}, deliveries.left_open(deliveries.load(paths.DELIVERIES, utc_now()))
    need(seen == expected, f"{len(seen)} open instead of {len(expected)}")
    return f"{len(found)} open"


def metrics(stack: Stack) -> str:
    samples = scrape(stack)
    counts = {
        (sample.labels["component"], sample.labels["severity"]): sample.value
        for sample in samples
        if sample.name == "kaizen_mttr_seconds_count"
    }
    observed = ", ".join(f"{'/'.join(pair)} {count:.0f}" for pair, count in sorted(counts.items()) if count)
    need(observed, "no MTTR observation")
    need(len(counts) > 20, f"only {len(counts)} pairs of component and severity are there from the start")
    return f"{len(samples)} samples, MTTR observations: {observed}"


def locked_metrics(stack: Stack) -> str:
    status, _ = get(f"{stack.addresses.api}/metrics")
    need(status == 401, f"status {status}")
    return "401 without the token"


def digest(stack: Stack) -> str:
    messages = stack.inbox.listed()
    need(not stack.inbox.refused, f"refused: {stack.inbox.refused}")
    need(messages, "nothing was posted")
    first = messages[0]["blocks"][0]
    need(first == {"type": "header"} | first and first["text"]["text"] == "Daily Kaizen Ticket Digest", first)
    text = json.dumps(messages, ensure_ascii=False)
    components = re.findall(r"\*Component: (\w+)\*", text)
    need(components and "SLA: " in text, "no component or no countdown")
    return f"{len(messages)} message(s), components {', '.join(components)}"


def feed(stack: Stack) -> str:
    import feedparser

    counts = []
    for form in ("rss", "atom"):
        status, body = get(f"{stack.addresses.api}/feed.{form}")
        parsed: Any = feedparser.parse(body)
        fault = parsed.get("bozo_exception")
        need(status == 200 and not fault and parsed.entries, f"{form}: status {status}, {fault or 'no items'}")
        counts.append(len(parsed.entries))
    return f"{counts[0]} items in RSS, {counts[1]} in Atom"


def redelivery(stack: Stack) -> str:
    """All samples once more: the totals stay, only the count of duplicates grows."""

    def totals() -> set[str]:
        return {str(each) for each in scrape(stack) if re.match(r"kaizen_(mttr|tickets?|sla)_", each.name)}

    samples = deliveries.load(paths.DELIVERIES, utc_now())
    before = totals()
    for sample in samples:
        status, _ = deliveries.post(sample, stack.addresses.api, stack.webhook_secret)
        need(status == 202, f"{sample.name}: status {status}")
    stack.drain()
    changed = sorted(totals() ^ before)
    need(not changed, f"changed: {changed[:4]}")
    return f"all {len(samples)} deliveries again, no total changed"


def forgery(stack: Stack) -> str:
    sample = deliveries.load(paths.DELIVERIES, utc_now())[0]
    status, _ = deliveries.post(sample, stack.addresses.api, "a wrong secret")
    need(status == 401, f"status {status}")
    return "401 for a wrong signature"


def quiet(stack: Stack) -> str:
    """No function failed, none logged an error, nothing waits in a dead-letter queue."""
    failing = {name: each.errors for name, each in stack.functions().items() if each.errors}
    need(not failing, f"failed invocations: {failing}")
    logged = [path.name for path in stack.logs.glob("*.log") if '"level":"ERROR"' in path.read_text(encoding="utf-8")]
    need(not logged, f"errors in {', '.join(logged)}")
    dead = {name: count for name, count in stack.queues.dead().items() if count}
    need(not dead, f"dead letters: {dead}")
    return "no failed invocation, no error in a log, no dead letter"


CHECKS: tuple[tuple[str, Callable[[Stack], str]], ...] = (
    ("tickets", tickets),
    ("metrics", metrics),
    ("metrics are locked", locked_metrics),
    ("digest", digest),
    ("feed", feed),
    ("redelivery", redelivery),
    ("forged delivery", forgery),
    ("phase handshake", phase_checks.handshake),
    ("phase stream", phase_checks.stream),
    ("phase history", phase_checks.levels),
    ("phase savings", phase_checks.savings),
    ("posts are locked", phase_checks.refused_posts),
    ("nothing failed", quiet),
)
