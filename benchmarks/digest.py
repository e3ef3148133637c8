"""Does the digest slow down with history? Its time with 100,000 closed tickets against none, at 200 open ones.

    PYTHONPATH=layers/common:functions:. python -m benchmarks.digest [--json]

The handler runs whole (pointer, open tickets, windows, rendering, claim, the note of what was posted) on a store in
memory that answers as DynamoDB does: a scan of an index reads what is in the index, a scan of the table everything,
in pages of 1 MB. (moto walks through the whole table for either, so that it would measure itself.) Slack takes all.
CPU time, both sides interleaved, medians; a ratio above the bar fails. `read` counts items that left the store.
"""

import json
import statistics
import sys
from collections import Counter
from datetime import datetime, timedelta
from time import process_time
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from kaizen.mttr import WINDOW_METRIC, window, window_attributes
from kaizen.policy.document import parse
from kaizen.policy.store import DEFAULT_FILE
from kaizen.runtime.log import logger
from kaizen.slack.blocks import Message
from kaizen.storage.items import Item, to_item
from kaizen.tickets import LogEntry, Ticket, ticket_attributes
from kaizen.times import utc_now
from ticket_digest import handler, parts

BAR = 1.1
OPEN, CLOSED = 200, 100_000
ROUNDS = 21
PAGE_BYTES = 1_000_000
COMPONENTS = ("api", "web", "data", "infra")
SEVERITIES = ("sev1", "sev2", "sev3", "sev4", "unknown")


class Store:
    """The tables of one installation. Items are kept as they travel."""

    def __init__(self, tickets: list[Item]) -> None:
        self._tickets = tickets
        self._open = [item for item in tickets if "open_component" in item]
        self._windows = [to_item(window_attributes(window(name, "*", [3600, 7200], []))) for name in ("*", *COMPONENTS)]
        self._page = PAGE_BYTES // len(json.dumps(tickets[0]))
        self.exceptions = SimpleNamespace(
            ConditionalCheckFailedException=KeyError, TransactionCanceledException=KeyError
        )
        self.read = 0

    def scan(self, **request: Any) -> dict[str, Any]:
        items = self._open if request.get("IndexName") == "open" else self._tickets
        start = request.get("ExclusiveStartKey", 0)
        page = items[start : start + self._page]
        self.read += len(page)
        end = start + len(page)
        return {"Items": page} | ({"LastEvaluatedKey": end} if end < len(items) else {})

    def query(self, **request: Any) -> dict[str, Any]:
        """The MTTR windows; of late canaries there are none."""
        (asked,) = request["ExpressionAttributeValues"].values()
        items = self._windows if asked["S"] == WINDOW_METRIC else []
        self.read += len(items)
        return {"Items": items}

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        values = request["ExpressionAttributeValues"]
        claim = {"messages": values[":messages"], "stamps": values[":none"], "since": values[":instant"]}
        return {"Attributes": claim | {"attempts": {"N": "1"}}}

    def transact_write_items(self, **_: Any) -> None:
        pass


class Slack:
    """Takes every message."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        self.messages: list[Message] = []

    def post(self, message: Message, key: str, thread: str) -> str:
        self.messages.append(message)
        return f"{len(self.messages)}.0"

    def find(self, key: str, since: datetime, thread: str) -> None:
        return None


def installation(closed: int) -> Store:
    return Store([*(_item(number, "open") for number in range(OPEN)),
                  *(_item(OPEN + number, "closed") for number in range(closed))])  # fmt: skip


def _item(number: int, state: Any) -> Item:
    opened_at = NOW - timedelta(minutes=7 * (number % 2_000))
    ticket = Ticket(
        id=2_900_000_000 + number,
        repository_id=700_001,
        repository="example-org/shop",
        number=number,
        title=f"Checkout answers 502 when the cart holds more than {number} positions",
        url=f"https://github.com/example-org/shop/issues/{number}",
        state=state,
        resolution="" if state == "open" else "completed",
        component=COMPONENTS[number % len(COMPONENTS)],
        severity=SEVERITIES[number % len(SEVERITIES)],
        labels=("blocked",) if number % 10 == 0 else (),
        assignees=("octo-dev",),
        opened_at=opened_at,
        updated_at=opened_at,
        log=() if state == "open" else (LogEntry(opened_at + timedelta(hours=2), "closed", "completed"),),
    )
    keys = {"pk": f"ticket#{ticket.id}", "sk": "ticket"}
    return to_item(ticket_attributes(ticket) | keys | ({"open_component": ticket.component} if state == "open" else {}))


NOW = utc_now()
CONTEXT = SimpleNamespace(
    function_name="digest",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:::function:digest",
    aws_request_id="request",
    get_remaining_time_in_millis=lambda: 120_000,
)


def run(store: Store) -> tuple[float, int]:
    """CPU seconds of one digest, and how many messages it took."""
    slack = Slack()
    with patch.object(handler, "dynamodb", lambda: store), patch.object(parts, "way", lambda given, route: slack):
        started = process_time()
        answer = handler.lambda_handler({"force": True}, CONTEXT)
        seconds = process_time() - started
    assert answer["routes"][0]["outcome"] == "posted", answer
    return seconds, len(slack.messages)


def measure() -> dict[str, Any]:
    none, grown = installation(0), installation(CLOSED)
    times: dict[int, list[float]] = {id(none): [], id(grown): []}
    for store in (none, grown) * (ROUNDS + 2):  # two to warm up
        times[id(store)].append(run(store)[0])
    before, after = (statistics.median(times[id(store)][2:]) * 1000 for store in (none, grown))
    for store in (none, grown):
        store.read = 0
    _, messages = run(none)
    run(grown)
    return {
        "open": OPEN, "closed": CLOSED, "messages": messages, "base_ms": round(before, 2), "grown_ms": round(after, 2),
        "ratio": round(after / before, 3), "bar": BAR, "base_read": none.read, "grown_read": grown.read,
    }  # fmt: skip


def main(arguments: list[str]) -> int:
    logger.setLevel("CRITICAL")
    policy = parse(DEFAULT_FILE.read_text(encoding="utf-8"))
    settings = parts.DigestSettings("tickets", "metrics", "slack", "/kaizen/policy", "/kaizen/token", "http://x/api/")
    given = patch.multiple(handler, settings=lambda: settings, current_policy=lambda _: policy)
    with given, patch("time.sleep", lambda _: None):
        found = measure()
    if "--json" in arguments:
        print(json.dumps(found))
    else:
        print(f"{OPEN} open tickets, {found['messages']} messages; CPU ms, median of {ROUNDS}; items read")
        print(f"{'':<12} {'none closed':>12} {f'{CLOSED:,} closed':>16} {'ratio':>7} {'bar':>5}")
        print(f"{'time':<12} {found['base_ms']:>12} {found['grown_ms']:>16} {found['ratio']:>7} {BAR:>5}")
        print(f"{'read':<12} {found['base_read']:>12} {found['grown_read']:>16}")
    return 0 if found["ratio"] <= BAR and found["base_read"] == found["grown_read"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
