"""Does the feed slow down with history? Its time with 100,000 closed tickets against none, at 200 open ones.

    PYTHONPATH=layers/common:functions python -m benchmarks.feed

The handler runs whole (policy, query, model, rendering, count) on a store in memory that answers a query as DynamoDB
does: by position in the sorted partition, one page at a time. CPU time, both sides interleaved, medians; a ratio
above the bar fails. A filter looks through at most 1,000 events, so its base is a history that fills those.
"""

import statistics
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import process_time
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from kaizen.mttr import window, window_attributes
from kaizen.policy.document import parse
from kaizen.policy.store import DEFAULT_FILE
from kaizen.runtime.log import logger
from kaizen.storage.items import Item, to_item
from kaizen.tickets import FeedItem, FeedKind, feed_item_attributes
from ticket_feed import handler

BAR = 1.1
OPEN, CLOSED = 200, 100_000
ROUNDS = 41
END = datetime(2026, 3, 20, tzinfo=UTC)
COMPONENTS = ("api", "web", "data", "infra")


class Store:
    """Feed items, oldest first, and the windows of the metrics table."""

    def __init__(self, items: list[Item]) -> None:
        self._items = items
        self._windows = [to_item(window_attributes(window(name, "*", [3600, 7200], []))) for name in ("*", *COMPONENTS)]
        self.read = 0

    def query(self, **request: Any) -> dict[str, Any]:
        if request["TableName"] == "metrics":
            return {"Items": self._windows}
        end = int(request.get("ExclusiveStartKey", {}).get("place", {}).get("N", len(self._items)))
        start = max(end - request["Limit"], 0)
        page = self._items[start:end][::-1]
        self.read += len(page)
        return {"Items": page} | ({"LastEvaluatedKey": {"place": {"N": str(start)}}} if start else {})

    def update_item(self, **_: Any) -> None:
        pass


def history(closed: int) -> list[Item]:
    """The events of closed tickets, with those of the open ones among the newest."""
    kinds: list[FeedKind] = [kind for _ in range(closed) for kind in ("opened", "closed")]
    kinds += ["opened"] * OPEN
    return [_item(number, kind, END - timedelta(seconds=len(kinds) - number)) for number, kind in enumerate(kinds)]


def _item(number: int, kind: FeedKind, at: datetime) -> Item:
    item = FeedItem(
        id=f"700001/{2_900_000_000 + number}/{kind}/{int(at.timestamp())}",
        kind=kind,
        title=f"Checkout answers 502 when the cart holds more than {number} positions",
        url=f"https://github.com/example-org/shop/issues/{number}",
        repository="example-org/shop",
        number=number,
        component=COMPONENTS[number % len(COMPONENTS)],
        severity="sev2",
        state="closed" if kind == "closed" else "open",
        resolution="completed" if kind == "closed" else "",
        at=at,
        published_at=at,
        mttr_seconds=7200 if kind == "closed" else None,
    )
    return to_item(feed_item_attributes(item))


def _request(query: dict[str, str], **headers: str) -> dict[str, Any]:
    return {
        "rawPath": "/feed.atom",
        "headers": {"host": "feeds.example.org", **{key.replace("_", "-"): value for key, value in headers.items()}},
        "queryStringParameters": query,
        "requestContext": {"requestId": "r", "http": {"method": "GET"}},
    }


def _seconds(store: Store, request: dict[str, Any], status: int) -> float:
    with patch.object(handler, "dynamodb", lambda: store):
        started = process_time()
        answer = handler.lambda_handler(request, CONTEXT)
        seconds = process_time() - started
    assert answer["statusCode"] == status, answer
    return seconds


CONTEXT = SimpleNamespace(
    function_name="feed",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:::function:feed",
    aws_request_id="",
)


def compare(name: str, base: Store, grown: Store, request: Callable[[Store], dict[str, Any]], status: int) -> bool:
    requests = {id(store): request(store) for store in (base, grown)}
    times: dict[int, list[float]] = {id(store): [] for store in (base, grown)}
    for store in (base, grown) * (ROUNDS + 2):
        times[id(store)].append(_seconds(store, requests[id(store)], status))
    before, after = (statistics.median(times[id(store)][2:]) for store in (base, grown))
    for store in (base, grown):
        store.read = 0
        _seconds(store, requests[id(store)], status)
    ratio = after / before
    read = f"{base.read:>6} {grown.read:>6}"
    print(f"{name:<24} {before * 1000:>8.2f} {after * 1000:>8.2f} {ratio:>7.3f} {BAR:>5} {read}")
    return ratio <= BAR


def main() -> int:
    logger.setLevel("CRITICAL")
    policy = parse(DEFAULT_FILE.read_text(encoding="utf-8"))
    settings = handler.FeedSettings("local", "tickets", "metrics", "/kaizen/policy")
    with patch.multiple(handler, settings=lambda: settings, current_policy=lambda _: policy):
        return 0 if measure() else 1


def measure() -> bool:
    young, full, old = Store(history(0)), Store(history(500)), Store(history(CLOSED))

    def etag(store: Store) -> dict[str, Any]:
        with patch.object(handler, "dynamodb", lambda: store):
            return _request({}, if_none_match=handler.lambda_handler(_request({}), CONTEXT)["headers"]["etag"])

    print(f"{OPEN} open tickets; CPU ms, median of {ROUNDS}; events read")
    print(f"{'':<24} {'base':>8} {'100,000':>8} {'ratio':>7} {'bar':>5} {'base':>6} {'100k':>6}")
    good = [
        compare("feed, none closed", young, old, lambda _: _request({}), 200),
        compare("unchanged (304)", young, old, etag, 304),
        compare("filter, 500 closed", full, old, lambda _: _request({"severity": "sev1"}), 200),
    ]
    return all(good)


if __name__ == "__main__":
    sys.exit(main())
