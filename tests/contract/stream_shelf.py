"""PhaseSavingsTable and the counters on moto: responses put into them, and runs of the fold that crash or meet."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

from kaizen.metrics.rows import read_rows
from kaizen.storage.items import from_item, to_item
from phase_stream.fold import Fold
from phase_stream.ledger import Ledger
from phase_stream.plan import Resync
from phase_stream.rows import CLOSED_SECONDS, Row, millis
from phase_stream.savings import Account, Amounts, Measured, Tally, amounts
from tests.contract.phase_aws import ENVIRONMENT, METRICS, PhaseAws, mocked
from tests.factories import NOW
from tests.unit.stream.source import NAME

SAVINGS = "PhaseSavingsTable"
Hook = Callable[[int, str], None]


class CrashError(Exception):
    """The process is gone."""


class Client:
    """A client whose calls are atomic, as DynamoDB's are and moto's are not: its tables tear between threads.

    `before` and `after` see each call's number and name, and may raise, or do something else in between.
    """

    def __init__(self, client: Any, before: Hook | None = None, after: Hook | None = None) -> None:
        self._client, self._before, self._after = client, before, after
        self._lock = threading.RLock()
        self.exceptions = client.exceptions
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            with self._lock:
                number = len(self.calls)
                self.calls.append(name)
                if self._before is not None:
                    self._before(number, name)
                answer = getattr(self._client, name)(**arguments)
                if self._after is not None:
                    self._after(number, name)
                return answer

        return call


class Shelf(PhaseAws):
    """`now` is everybody's clock; `rows` is what was counted, by stream."""

    def __init__(self) -> None:
        super().__init__((METRICS, SAVINGS))
        self.now = NOW
        self._lock = threading.Lock()
        self.rows: dict[str, list[Row]] = {}

    def empty(self) -> None:
        for table, keys in ((METRICS, ("metric", "series")), (SAVINGS, ("pk", "sk"))):
            for item in self.dynamodb.scan(TableName=table)["Items"]:
                self.dynamodb.delete_item(TableName=table, Key={name: item[name] for name in keys})
        self.now, self.rows = NOW, {}

    def count(
        self, viewer: str, after: int | None, first: int, last: int, *, stream: str = NAME, client: Any = None
    ) -> None:
        """A response a hundredth of a second later, ten bytes a frame, thirty as full ones."""
        with self._lock:
            self.now += timedelta(milliseconds=10)
            at = self.now
        sent = 10 * (last - first + 1)
        reason = Resync.FIRST if after is None else Resync.NONE
        tally = Tally(reason, "delta", sent, 1, sent if after is None else 3 * sent)
        response = Measured(tally, 7, first, last, after)
        Ledger(client or self.dynamodb, SAVINGS, lambda: at, lambda: 0.0).count(
            stream, viewer, f"request-{millis(at)}-{viewer}", response
        )
        self.rows.setdefault(stream, []).append(Row(viewer, millis(at), response))

    def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def close(self) -> None:
        self.pause(CLOSED_SECONDS + 1)

    def fold(
        self,
        *streams: str,
        client: Any = None,
        in_time: Callable[[], bool] = lambda: True,
        now: datetime | None = None,
    ) -> int:
        made = Fold(
            cast(Any, client or Client(self.dynamodb)), SAVINGS, METRICS,
            now=now or self.now, in_time=in_time, sleep=lambda _: None,
        )  # fmt: skip
        return made.run(streams or (NAME,))

    def counters(self, stream: str = NAME) -> dict[tuple[str, str], int]:
        rows, _ = read_rows(self.dynamodb, METRICS)
        return {
            (name, labels[1] if len(labels) > 1 else ""): int(series.value)
            for name, found in rows.items()
            for labels, series in found.items()
            if labels[0] == stream
        }

    def viewers(self, stream: str = NAME) -> dict[str, tuple[int, int, int]]:
        """Bytes, responses and bytes saved of each viewer's item."""
        found = {}
        for item in self.dynamodb.scan(TableName=SAVINGS)["Items"]:
            given = from_item(item)
            name, _, of = given["sk"].partition("#")
            if given["pk"] == "viewer" and of == stream:
                found[name] = tuple(given.get(f"server_{each}", 0) for each in ("bytes", "responses", "saved_bytes"))
        return found

    def cursor(self, stream: str = NAME) -> dict[str, Any]:
        key = to_item({"pk": "cursor", "sk": stream})
        answer = self.dynamodb.get_item(TableName=SAVINGS, Key=key)
        return from_item(answer["Item"]) if "Item" in answer else {}

    def due(self, stream: str = NAME) -> tuple[dict[tuple[str, str], int], dict[str, tuple[int, int, int]]]:
        """What the counters and the viewers' items must say when all is folded, by the pure judgement alone."""
        total, accounts = Amounts(), dict[str, Account]()
        for row in sorted(self.rows.get(stream, []), key=lambda each: each.millis):
            account = accounts.setdefault(row.viewer, Account.of(None))
            total.update(amounts(account.add(row.response, row.millis)))
        sums = {name: (each.sent, each.responses, each.saved) for name, each in accounts.items()}
        return {(name, value): amount for (name, _, value), amount in total.items()}, sums

    def exact(self, stream: str = NAME) -> bool:
        return (self.counters(stream), self.viewers(stream)) == self.due(stream)


@contextmanager
def shelf() -> Iterator[Shelf]:
    with mocked(ENVIRONMENT):
        yield Shelf()
