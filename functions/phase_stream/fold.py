"""Counted responses into the counters: every row once, whatever crashes, repeats or runs beside it.

A run works on each stream in stretches, from where its cursor stands to at most STRETCH later, never beyond what is
closed (rows.CLOSED_SECONDS). Of one stretch:

1. the cursor's `target` fixes where the stretch ends. All its rows are there by then and none changes, so that whoever
   works on it finds the same rows;
2. each viewer of it is judged, row by row, from where it stood before, and its item moved on, once;
3. one transaction adds what came out to the counters and moves the cursor to the target.

A run that ends in between leaves the target, and the next one does the same again: a viewer that was moved on already
is judged once more from its `was`, with the same outcome, and not moved. Only the transaction counts, and it happens
once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from kaizen.metrics.changes import actions as metric_actions
from kaizen.runtime.log import logger
from kaizen.storage.transact import CancelledError, transact
from phase_stream import rows
from phase_stream.books import MOST_VIEWERS, Books, Cursor, OvertakenError, awaited
from phase_stream.rows import Row
from phase_stream.savings import Account, Amounts, amounts, changes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STRETCH = 2 * rows.MINUTE  # a run a minute has one of it; after a pause it keeps memory and time bounded
BEGIN = 60 * rows.MINUTE  # before now: a stream's rows may be older than the fold's knowledge of it
LATE = 15 * rows.MINUTE
PARALLEL = 8  # viewers that are moved on at once
_MOST_ROWS = 2000  # in memory at once
_ATTEMPTS = 4
_PAUSE_SECONDS = 0.1


class FoldError(Exception):
    """Some streams were not folded; every other one was. The next run tries again."""


class OutOfTimeError(Exception):
    """The run's time is over; the next one goes on."""


class Fold:
    """`now` is when the run began; `in_time` tells whether there is time for some hundred writes more."""

    def __init__(
        self,
        dynamodb: "DynamoDBClient",
        savings_table: str,
        metrics_table: str,
        *,
        now: datetime,
        in_time: Callable[[], bool],
        sleep: Callable[[float], None],
    ) -> None:
        self._dynamodb = dynamodb
        self._savings_table = savings_table
        self._metrics_table = metrics_table
        self._books = Books(dynamodb, savings_table)
        self._now = now
        self._closed = rows.millis(now) - rows.CLOSED_SECONDS * 1000
        self._in_time = in_time
        self._sleep = sleep

    def run(self, streams: Sequence[str]) -> int:
        """Fold the policy's streams and those that it no longer has; returns how many responses were counted.

        Raises FoldError at the end, when every stream had its turn.
        """
        cursors = {each.stream: each for each in self._books.cursors()}
        waiting = self._turns({*streams, *cursors})
        counted, errors = 0, list[Exception]()
        for number, stream in enumerate(waiting):
            try:
                counted += self._stream(stream, cursors.get(stream), known=stream in streams)
            except OvertakenError:
                logger.info("another run folds", stream=stream)
            except OutOfTimeError:
                late = [each for each in waiting[number:] if self._late(cursors.get(each))]
                logger.warning("the fold goes on in the next run", streams=len(waiting) - number, late=late)
                if late:
                    errors.append(FoldError(f"more than {LATE // rows.MINUTE} minutes behind: {', '.join(late)}"))
                break
            except Exception as error:  # noqa: BLE001 - raised below, once the other streams had their turn
                logger.error("not folded", stream=stream, error=type(error).__name__, reason=str(error))
                error.add_note(f"stream {stream}")
                errors.append(error)
        if errors:
            raise FoldError("; ".join(str(error) for error in errors)) from ExceptionGroup("fold", errors)
        return counted

    def _turns(self, streams: set[str]) -> list[str]:
        """Another one first each minute: none is always left over."""
        ordered = sorted(streams)
        start = rows.millis(self._now) // rows.MINUTE % len(ordered) if ordered else 0
        return ordered[start:] + ordered[:start]

    def _late(self, cursor: Cursor | None) -> bool:
        return cursor is not None and self._closed - cursor.at > LATE

    def _stream(self, stream: str, cursor: Cursor | None, *, known: bool) -> int:
        """Raises OvertakenError, OutOfTimeError."""
        counted = 0
        if cursor is None:
            cursor = self._books.begin(stream, self._closed - BEGIN)
        while cursor.target is not None or cursor.at < self._closed:
            cursor, more = self._stretch(cursor)
            counted += more
        if not known and self._closed - cursor.newest > BEGIN:
            # All of it is counted. Should the stream come back, it begins after the last row that was.
            self._books.forget(cursor)
        return counted

    def _stretch(self, cursor: Cursor) -> tuple[Cursor, int]:
        self._check_time()
        to = cursor.target or min(self._closed, cursor.at + STRETCH)
        found = rows.between(self._dynamodb, self._savings_table, cursor.stream, cursor.at, to)
        if cursor.target is None:
            first = next(found, None)
            if first is None:
                return self._books.move(cursor, to), 0
            cursor, found = self._books.claim(cursor, to), chain([first], found)
        total, newest, counted = Amounts(), cursor.newest, 0
        for accounts in self._judged(cursor.stream, found, to, total):
            self._check_time()
            newest = max([newest, *(each.served_at for each in accounts.values())])
            counted += sum(each.responses for each in accounts.values())
            self._settle(cursor.stream, accounts, to)
        return self._settled(cursor, to, newest, total), counted

    def _judged(self, stream: str, found: Iterable[Row], to: int, total: Amounts) -> Iterator[dict[str, Account]]:
        """Accounts of viewers whose rows have all been seen; `total` grows by what each row counts as."""
        accounts: dict[str, Account] = {}
        for part in _parts(found):
            new = list(dict.fromkeys(row.viewer for row in part if row.viewer not in accounts))
            accounts |= awaited(new, self._books.viewers(stream, new), to)
            for row in part:
                total.update(amounts(accounts[row.viewer].add(row.response, row.millis)))
            last = part[-1].viewer  # more of its rows may follow
            yield {viewer: each for viewer, each in accounts.items() if viewer != last}
            accounts = {last: accounts[last]}
        yield accounts

    def _settle(self, stream: str, accounts: dict[str, Account], to: int) -> None:
        with ThreadPoolExecutor(PARALLEL) as threads:
            list(threads.map(lambda given: self._books.settle(stream, given[0], given[1], to), accounts.items()))

    def _settled(self, cursor: Cursor, to: int, newest: int, total: Amounts) -> Cursor:
        actions = [
            self._books.settlement(cursor, newest),
            *metric_actions(self._metrics_table, changes(cursor.stream, total), self._now),
        ]
        try:
            transact(self._dynamodb, actions, attempts=_ATTEMPTS, pause=_PAUSE_SECONDS, sleep=self._sleep)
        except CancelledError as error:
            if error.refused(0):
                raise OvertakenError(cursor.stream) from error
            raise
        return Cursor(cursor.stream, to, newest)

    def _check_time(self) -> None:
        if not self._in_time():
            raise OutOfTimeError


def _parts(found: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in their order, a bounded number of them and of viewers at a time."""
    part: list[Row] = []
    viewers: set[str] = set()
    for row in found:
        if len(part) == _MOST_ROWS or (len(viewers) == MOST_VIEWERS and row.viewer not in viewers):
            yield part
            part, viewers = [], set()
        part.append(row)
        viewers.add(row.viewer)
    if part:
        yield part
