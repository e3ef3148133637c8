"""Days as CSV, for spreadsheets. Pure."""

import csv
import io
from collections.abc import Iterator, Sequence

from bandwidth_snapshot.detector import ALL
from bandwidth_snapshot.view import Judged, View

COLUMNS = (
    "date", "stream", "bytes", "avg_mb_s", "p95_mb_s", "max_mb_s", "complete", "saved_bytes", "resets",
    "expected_mb_s", "usual_low_mb_s", "usual_high_mb_s", "unexpected",
)  # fmt: skip


def csv_text(view: View) -> str:
    """A line for each day and stream, the total (`*`) first; CRLF, as RFC 4180 has it. Empty: not known."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for stream, days in {ALL: view.totals, **view.streams}.items():
        writer.writerows(_lines(stream, days))
    return text.getvalue()


def _lines(stream: str, days: Sequence[Judged]) -> Iterator[list[object]]:
    for each in days:
        day, verdict = each.day, each.verdict
        expected: list[object] = ["", "", "", ""]
        if verdict is not None:
            usual = (verdict.expected, verdict.low, verdict.high)
            expected = [*(f"{value:.6f}" for value in usual), str(verdict.unexpected).lower()]
        yield [
            day.date.isoformat(), _harmless(stream), day.bytes, f"{day.average:.6f}", f"{day.p95:.6f}",
            f"{day.maximum:.6f}", f"{day.complete:.4f}", day.saved, day.resets, *expected,
        ]  # fmt: skip


def _harmless(text: str) -> str:
    """A spreadsheet takes a text that begins so for a formula, and runs it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
