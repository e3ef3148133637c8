"""Days as CSV, for spreadsheets. Pure."""

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence

from bandwidth_snapshot.names import ALL
from bandwidth_snapshot.view import Judged, View

COLUMNS = (
    "date", "stream", "bytes", "avg_mb_s", "p95_mb_s", "max_mb_s", "complete", "saved_bytes", "resets",
    "expected_mb_s", "usual_low_mb_s", "usual_high_mb_s", "unexpected",
)  # fmt: skip
MOST_BYTES = 5_000_000  # of the file as JSON text: Lambda takes 6 MB
_FORMULA = frozenset("=+-@")
_QUOTES = frozenset("\"'")


def csv_text(view: View) -> str:
    """A line for each day and stream, the total (`*`) first; CRLF, as RFC 4180 has it. Empty: not measured, not known.

    Texts are quoted, so that no other separator takes a name apart.
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_STRINGS)
    writer.writerow(COLUMNS)
    for stream, days in {ALL: view.totals, **view.streams}.items():
        writer.writerows(_lines(stream, days))
    return text.getvalue()


def _lines(stream: str, days: Sequence[Judged]) -> Iterator[list[object]]:
    for each in days:
        day, verdict = each.day, each.verdict
        expected: list[object] = [None] * 4
        if verdict is not None:
            usual = (verdict.expected, verdict.low, verdict.high)
            expected = [*(round(value, 6) for value in usual), str(verdict.unexpected).lower()]
        rates = [round(value, 6) for value in (day.average, day.p95, day.maximum)]
        measured: list[object] = [day.bytes, *rates] if day.complete else [None] * 4
        yield [day.date.isoformat(), harmless(stream), *measured, day.complete, day.saved, day.resets, *expected]


def harmless(text: str) -> str:
    """A spreadsheet takes a text for a formula by its first sign, some by the first one that is seen.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    unseen = [unicodedata.category(char)[0] in "CZ" for char in text]
    first = next((char for char, hidden in zip(text, unseen, strict=True) if not hidden and char not in _QUOTES), "")
    formula = unicodedata.normalize("NFKC", first)[:1] in _FORMULA if first else False
    return f"'{text}" if formula or any(unseen[:1]) else text
