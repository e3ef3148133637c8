"""Ranges of history that are asked for: chunks of a level, or columns and rows of it. Pure."""

import re
from dataclasses import dataclass

from kaizen.phase.streams import Epoch
from kaizen.runtime.http import Event, query
from phase_stream.request import RequestError, number, path

MOST_CHUNKS = 128  # addresses of one answer
MOST_COLUMNS = 4096  # of one answer, as many as a screen of history has at two for each pixel
MOST_CELLS = 1 << 22  # that one answer may make the door read

_ROWS = re.compile(r"([0-9]{1,7})-([0-9]{1,7})")


@dataclass(frozen=True, slots=True)
class RangeAsk:
    """`first` to `last` of a level, both included; None where it is not said. `epoch` is the current one if None."""

    level: int
    first: int | None
    last: int | None
    epoch: int | None


@dataclass(frozen=True, slots=True)
class CellsAsk:
    """Columns of a level, of the rows `rows` (first and last, all if None); `columns`: with what all do together."""

    columns_of: RangeAsk
    rows: tuple[int, int] | None
    columns: bool


def read_range(event: Event) -> RangeAsk:
    """Raises RequestError(400)."""
    given = {name: query(event, name) for name in ("first", "last", "epoch")}
    read = {name: number(text, name) if text else None for name, text in given.items()}
    first, last = read["first"], read["last"]
    if first is not None and last is not None and last < first:
        raise RequestError(400, f"last: {last} comes before first, {first}")
    return RangeAsk(number(path(event, "level"), "level"), first, last, read["epoch"])


def read_cells_ask(event: Event) -> CellsAsk:
    """Raises RequestError(400)."""
    columns = query(event, "columns") or "0"
    if columns not in ("0", "1"):
        raise RequestError(400, "columns: 1 for the order parameter and the density of all oscillators, else 0")
    return CellsAsk(read_range(event), _rows(query(event, "rows")), columns == "1")


def _rows(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    match = _ROWS.fullmatch(text)
    if match is None:
        raise RequestError(400, f"rows: {text[:40]!r} is not a range such as 0-99, the first and the last row")
    first, last = map(int, match.groups())
    if last < first:
        raise RequestError(400, f"rows: {last} comes before {first}")
    return first, last


def within(epoch: Epoch, rows: tuple[int, int] | None) -> tuple[int, int]:
    """The rows, which the epoch must have; all of them if None. Raises RequestError(400)."""
    if rows is None:
        return 0, epoch.rows - 1
    if rows[1] >= epoch.rows:
        raise RequestError(400, f"rows: epoch {epoch.epoch} has the rows 0-{epoch.rows - 1}", rows=epoch.rows)
    return rows
