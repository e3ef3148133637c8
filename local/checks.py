"""The steps that `make demo` checks: each looks at the system from outside, as its users do."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from kaizen.tickets import open_tickets
from kaizen.times import utc_now
from local import deliveries, paths
from local.stack import Stack


class Unmet(Exception):
    """A step does not hold; the message says what was seen instead."""


def _need(condition: object, seen: object) -> None:
    if not condition:
        raise Unmet(str(seen))


def _get(url: str, token: str = "") -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own loopback address
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def tickets(stack: Stack) -> str:
    table = stack.aws.environments["TicketTracker"]["TICKETS_TABLE"]
    found, unreadable = open_tickets(stack.aws.client("dynamodb"), table)
    _need(len(found) >= 5 and not unreadable, f"{len(found)} open, {len(unreadable)} unreadable")
    return f"{len(found)} open"


def metrics(stack: Stack) -> str:
    from prometheus_client.parser import text_string_to_metric_families

    status, body = _get(f"{stack.addresses.api}/metrics", stack.metrics_token)
    _need(status == 200, f"status {status}")
    samples = [sample for family in text_string_to_metric_families(body) for sample in family.samples]
    counts = {
        (sample.labels["component"], sample.labels["severity"]): sample.value
        for sample in samples
        if sample.name == "kaizen_mttr_seconds_count" and sample.value
    }
    _need(counts, "no MTTR observation")
    return f"{len(samples)} samples, MTTR by component and severity: {', '.join('/'.join(each) for each in counts)}"


def locked_metrics(stack: Stack) -> str:
    status, _ = _get(f"{stack.addresses.api}/metrics")
    _need(status == 401, f"status {status}")
    return "401 without the token"


def digest(stack: Stack) -> str:
    messages = stack.inbox.listed()
    _need(messages and not stack.inbox.refused, f"{len(messages)} messages, refused: {stack.inbox.refused}")
    text = json.dumps(messages, ensure_ascii=False)
    _need("Daily Kaizen Ticket Digest" in text, "no header")
    _need(re.search(r"\*Component: \w+\*", text) and "SLA: " in text, "no component or no countdown")
    return f"{len(messages)} message(s), components {', '.join(re.findall(r'Component: (\w+)', text))}"


def feed(stack: Stack) -> str:
    import feedparser

    counts = []
    for form in ("rss", "atom"):
        status, body = _get(f"{stack.addresses.api}/feed.{form}")
        parsed: Any = feedparser.parse(body)
        _need(status == 200 and not parsed.bozo and parsed.entries, f"{form}: status {status}, {parsed.get('bozo')}")
        counts.append(len(parsed.entries))
    return f"{counts[0]} items in RSS, {counts[1]} in Atom"


def redelivery(stack: Stack) -> str:
    def counted() -> list[str]:
        _, body = _get(f"{stack.addresses.api}/metrics", stack.metrics_token)
        return sorted(line for line in body.splitlines() if re.match(r"kaizen_(mttr|tickets?|sla)_", line))

    before = counted()
    for sample in deliveries.load(paths.DELIVERIES, utc_now())[:3]:
        deliveries.post(sample, stack.addresses.api, stack.webhook_secret)
    stack.drain()
    _need(counted() == before, "the totals changed")
    return "three deliveries again, no total changed"


def forgery(stack: Stack) -> str:
    sample = deliveries.load(paths.DELIVERIES, utc_now())[0]
    status, _ = deliveries.post(sample, stack.addresses.api, "a wrong secret")
    _need(status == 401, f"status {status}")
    return "401 for a wrong signature"


def quiet(stack: Stack) -> str:
    failing = {name: each.errors for name, each in stack.functions().items() if each.errors}
    _need(not failing and not stack.dead, f"errors {failing}, dead letters {stack.dead}")
    return "no function failed, no dead letters"


CHECKS: tuple[tuple[str, Callable[[Stack], str]], ...] = (
    ("tickets", tickets),
    ("metrics", metrics),
    ("metrics are locked", locked_metrics),
    ("digest", digest),
    ("feed", feed),
    ("redelivery", redelivery),
    ("forged delivery", forgery),
    ("nothing failed", quiet),
)
