"""Does a scrape slow down with history? Its time after 100,000 tickets against after 1,000.

    PYTHONPATH=layers/common:functions:. python -m benchmarks.scrape [--json]

The rows are what the tracker and the statistics really write: each ticket is opened and closed by the tracker's own
code, 200 stay open, and the windows are computed from all of them. The exporter's handler then runs whole (token,
policy, scan, merging of shards, families, OpenMetrics, gzip) on a store in memory that answers a scan as DynamoDB does,
in pages of 1 MB. CPU time, both sides interleaved, the median ratio of pairs; above the bar it fails, as do more rows
read: then time would grow with history. (Some are: a combination of labels gets its row when it first happens.)
"""

import json
import statistics
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from time import process_time
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from kaizen.events.github import GithubIssue
from kaizen.metrics.changes import Change, set_gauge
from kaizen.mttr import window_attributes
from kaizen.policy import Policy
from kaizen.policy.document import parse
from kaizen.policy.store import DEFAULT_FILE
from kaizen.runtime.log import logger
from kaizen.storage.items import Item, to_item
from kaizen.tickets import FeedItem, Ticket
from kaizen.times import format_instant, utc_now
from metrics_exporter import handler
from ticket_statistics.gauges import gauges
from ticket_statistics.windows import Observation, windows
from ticket_tracker.record import Record
from ticket_tracker.tracking import track

BAR = 1.1
FEW, MANY, OPEN = 1_000, 100_000, 200
ROUNDS = 101
PAGE_BYTES = 1_000_000
NOW = utc_now()
YEAR = timedelta(days=365)
COMPONENTS = ("api", "web", "data", "infra")
TOKEN = "benchmark"
CONTEXT = SimpleNamespace(
    function_name="exporter",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:::function:exporter",
    aws_request_id="request",
)
SCRAPE = {
    "rawPath": "/metrics",
    "headers": {
        "accept": "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3",
        "accept-encoding": "gzip",
        "authorization": f"Bearer {TOKEN}",
    },
    "requestContext": {"requestId": "r", "http": {"method": "GET", "path": "/metrics"}},
}


class Tables:
    """The tracker's store in memory, less what only duplicates and feed readers need."""

    def __init__(self) -> None:
        self.records: dict[int, Record] = {}
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}

    def load(self, issue_id: int) -> Record | None:
        return self.records.get(issue_id)

    def commit(
        self,
        event: GithubIssue,
        old: Record | None,
        new: Record | None,
        changes: Sequence[Change],
        feed: Sequence[FeedItem],
        now: datetime,
    ) -> None:
        assert new is not None
        self.records[event.issue_id] = new
        self.count(changes, now)

    def count(self, changes: Iterable[Change], now: datetime) -> None:
        for change in changes:
            row = self.rows.setdefault((change.metric, change.series), {"created_at": format_instant(now)})
            for attribute, amount in change.amounts:
                row[attribute] = amount if change.action == "set" else row.get(attribute, 0) + amount


class Store:
    """The metrics table. Items are kept as they travel."""

    def __init__(self, items: list[Item]) -> None:
        self._items = items
        self._page = PAGE_BYTES // max(len(json.dumps(item)) for item in items)
        self.read = 0

    def scan(self, **request: Any) -> dict[str, Any]:
        start = request.get("ExclusiveStartKey", 0)
        page = self._items[start : start + self._page]
        self.read += len(page)
        end = start + len(page)
        return {"Items": page} | ({"LastEvaluatedKey": end} if end < len(self._items) else {})


def events(number: int, policy: Policy) -> Iterator[GithubIssue]:
    """A ticket's life: opened some time within the last year, and closed after minutes to weeks."""
    opened_at = NOW - YEAR * ((number * 7919 % 100_003) / 100_003) - timedelta(days=45)
    severities = policy.severity_names
    values: dict[str, Any] = {
        "hook_id": "1", "received_at": NOW, "repository_id": 5, "repository": "example-org/shop",
        "issue_id": number, "number": number, "title": f"Checkout answers 502 to cart {number}",
        "url": f"https://github.com/example-org/shop/issues/{number}",
        "labels": (f"component:{COMPONENTS[number % 4]}", severities[number // 4 % len(severities)]),
        "assignees": (), "author": "octo-dev", "created_at": opened_at, "action_label": "", "moved_issue_id": 0,
        "moved_repository_id": 0, "moved_opened_at": None, "moved_labels": (),
    }  # fmt: skip
    yield GithubIssue(
        **values, action="opened", delivery_id=f"{number}-opened", updated_at=opened_at, state="open", state_reason="",
        closed_at=None,
    )  # fmt: skip
    if number >= OPEN:
        closed_at = opened_at + timedelta(minutes=4 * 1.9 ** (number * 104_729 % 15))
        yield GithubIssue(
            **values, action="closed", delivery_id=f"{number}-closed", updated_at=closed_at, state="closed",
            state_reason="completed", closed_at=closed_at,
        )  # fmt: skip


def installations(policy: Policy) -> tuple[Store, Store]:
    """The metrics table after few tickets, and after many more."""
    tables, found = Tables(), []
    for start, end in ((0, FEW), (FEW, MANY)):
        for number in range(start, end):
            for event in events(number, policy):
                track(event, tables, policy, NOW, lambda _: None)
        found.append(Store(items(tables, policy)))
    return found[0], found[1]


def items(tables: Tables, policy: Policy) -> list[Item]:
    """Every row of the table, with what the statistics write about these tickets."""
    tickets = [record.ticket for record in tables.records.values()]
    standing = gauges((ticket for ticket in tickets if ticket.state == "open"), policy, NOW)
    tables.count(
        (
            set_gauge(metric, dict(zip(("component", "severity"), labels, strict=True)), value)
            for metric, series in standing.items()
            for labels, value in series.items()
        ),
        NOW,
    )
    rows = [{"metric": metric, "series": series} | row for (metric, series), row in tables.rows.items()]
    rows += [window_attributes(window) for window in windows(observations(tickets), NOW).values()]
    return [to_item(row) for row in rows]


def observations(tickets: Iterable[Ticket]) -> Iterator[Observation]:
    for ticket in tickets:
        if ticket.mttr_seconds is not None:
            closed_at = max(entry.at for entry in ticket.log if entry.kind == "closed")
            yield Observation(ticket.component, ticket.severity, closed_at, ticket.mttr_seconds)


def scrape(store: Store) -> float:
    """CPU seconds of one scrape."""
    with patch.object(handler, "dynamodb", lambda: store):
        started = process_time()
        answer = handler.lambda_handler(SCRAPE, CONTEXT)
        seconds = process_time() - started
    assert answer["statusCode"] == 200, answer
    assert answer["headers"]["content-encoding"] == "gzip", answer["headers"]
    return seconds


def measure(policy: Policy) -> dict[str, Any]:
    few, many = installations(policy)
    times: dict[int, list[float]] = {id(few): [], id(many): []}
    # In turn, and each first as often as second: what slows the machine down for a while slows both.
    for turn in range(ROUNDS + 2):  # two to warm up
        for store in (few, many) if turn % 2 else (many, few):
            times[id(store)].append(scrape(store))
    before, after = (times[id(store)][2:] for store in (few, many))
    # Of pairs that ran one right after the other, not of the medians: a slow spell is in both parts of a pair.
    ratio = statistics.median(grown / base for base, grown in zip(before, after, strict=True))
    for store in (few, many):
        store.read = 0
        scrape(store)
    return {
        "few": FEW, "many": MANY, "base_ms": round(statistics.median(before) * 1000, 2),
        "grown_ms": round(statistics.median(after) * 1000, 2), "ratio": round(ratio, 3), "bar": BAR,
        "base_read": few.read, "grown_read": many.read,
    }  # fmt: skip


def main(arguments: list[str]) -> int:
    logger.setLevel("CRITICAL")
    policy = parse(DEFAULT_FILE.read_text(encoding="utf-8"))
    settings = handler.ExporterSettings("metrics", "/kaizen/metrics/token", "/kaizen/policy")
    with patch.multiple(
        handler,
        settings=lambda: settings,
        secret=lambda _: TOKEN,
        current_policy=lambda _: policy,
        policy_refused=lambda _: False,
    ):
        found = measure(policy)
    if "--json" in arguments:
        print(json.dumps(found))
    else:
        print(f"CPU ms of a scrape, medians of {ROUNDS} pairs; rows read")
        print(f"{'':<8} {f'{FEW:,} tickets':>15} {f'{MANY:,} tickets':>16} {'ratio':>7} {'bar':>5}")
        print(f"{'time':<8} {found['base_ms']:>15} {found['grown_ms']:>16} {found['ratio']:>7} {BAR:>5}")
        print(f"{'read':<8} {found['base_read']:>15} {found['grown_read']:>16}")
    return 0 if found["ratio"] <= BAR and found["grown_read"] <= BAR * found["base_read"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
