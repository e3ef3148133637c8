"""What a run needs of the world: where rows are kept, and where people read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from kaizen.metrics.changes import Change
from sandbox_reaper import restore
from sandbox_reaper.state import Owner, Receipt, Request, Row


class UntoldError(Exception):
    """Slack takes no message for that person or channel: there is none, or the app may not write there."""


class Store(Protocol):
    """Where rows, records and decisions are kept. `save` raises OvertakenError where another run was faster."""

    def rows(self) -> Mapping[str, Row]: ...
    def requests(self, uid: str = "") -> Mapping[str, Sequence[Request]]:
        """By sandbox: of all of them, or of that one."""
        ...

    def save(self, row: Row, changes: Iterable[Change], now: datetime) -> Row: ...
    def forget(self, row: Row) -> None: ...
    def keep_record(self, record: restore.Record) -> restore.Record | None: ...
    def record(self, uid: str, stop_id: str) -> restore.Record | None: ...
    def history(self) -> Mapping[int, float]: ...


class Board(Protocol):
    """Where people read. Both raise SlackError and BusyError, and UntoldError where the owner's name is wrong."""

    def channel(self, owner: Owner) -> str: ...
    def show(self, row: Row) -> Receipt: ...
