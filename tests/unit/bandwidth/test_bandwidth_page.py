"""The page and the CSV: what needs attention stands first, foreign names stay text, odd days are marked."""

import csv
import io
import re
from dataclasses import replace
from datetime import date, timedelta

from bandwidth_snapshot.day import Day
from bandwidth_snapshot.detector import ALL, Limits
from bandwidth_snapshot.page import headline, html_page
from bandwidth_snapshot.table import COLUMNS, csv_text
from bandwidth_snapshot.view import View, view
from tests.unit.bandwidth.simulation import day_of

LAST = date(2026, 3, 15)
EVIL = "=<script>alert(1)</script>"


def shown(last: float = 3.0, complete: float = 1.0, missing: int = -1, days: int = 60, first: int = 27) -> View:
    """Two streams, 60 days, the last four weeks of which are asked for; `last` is the total of the last day."""
    dates = [LAST - timedelta(days=back) for back in reversed(range(days)) if back != missing]
    total = [day_of(ALL, at, 3.0) for at in dates[:-1]] + [day_of(ALL, LAST, last, complete)]
    total[-3] = replace(total[-3], saved=total[-3].bytes)
    streams = {name: [day_of(name, at, 1.5) for at in dates] for name in (EVIL, "grid")}
    rosters = {at: dict.fromkeys(streams, 10**9) for at in dates}
    records: dict[str, list[Day]] = {ALL: total, **streams}
    made = view(records, rosters, LAST - timedelta(days=first), LAST, Limits(), frozenset(), 10**13)
    assert made is not None
    return made


def page(given: View) -> str:
    return html_page(given, [("4 weeks", "/reports/bandwidth?from=a&key=b", True)], "/reports/bandwidth?format=csv")


def test_the_headline_is_what_needs_attention() -> None:
    assert headline(shown().latest) == "3.00 MB/s on Sunday 2026-03-15: as usual"
    assert headline(shown(6.0).latest) == "6.00 MB/s on Sunday 2026-03-15: 2.0 times what was expected"
    assert headline(shown(6.0, 0.5).latest) == "Only 50% of Sunday 2026-03-15 was measured"
    assert headline(shown(days=20, first=10).latest).endswith("too few days are known to judge it")


def test_an_unexpected_day_is_told_marked_and_listed_first() -> None:
    made = page(shown(6.0))
    assert "One of 28 days sent more than usual, the last on Sunday 2026-03-15: 6.00 MB/s" in made
    assert "Above it, marked by a diamond: 1 day." in made
    assert made.count('fill="var(--bad, #c0292b)"') == 2, "in the wide chart and in the narrow one"
    rows = re.findall(r'<tr><td class="first">(.*?)</td><td><span class="state (\w*)">(.*?)</span>', made)
    assert (rows[2], len(rows)) == (("Sunday 2026-03-15", "bad", "unexpected"), 2 + 28)
    assert {row[2] for row in rows[3:]} == {"usual"}


def test_days_that_are_missing_or_not_whole_are_said_to_be() -> None:
    made = page(shown(3.0, 0.5, missing=9))
    assert "Without a record: 1 day." in made
    assert "an empty circle: 1 day." in made
    assert '<span class="state warn">50% measured</span>' in made
    assert made.count('stroke="var(--warn, #a85b00)"') == 2


def test_names_of_streams_stay_text() -> None:
    made = page(shown())
    assert "<script" not in made
    assert "=&lt;script&gt;alert(1)&lt;/script&gt;" in made
    assert 'href="/reports/bandwidth?from=a&amp;key=b" aria-current=page' in made


def test_the_page_is_whole_without_scripts_and_loads_nothing() -> None:
    made = page(shown())
    assert made.startswith("<!doctype html>")
    assert made.endswith("</main></body></html>")
    assert "http" not in made.replace("http-equiv", "")
    assert made.count("<svg") == 2


def test_csv_has_every_stream_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(shown(6.0)), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 3 * 28
    assert {row["stream"] for row in rows} == {ALL, f"'{EVIL}", "grid"}
    last = rows[27]
    named = [last[name] for name in ("date", "stream", "avg_mb_s", "unexpected")]
    assert named == ["2026-03-15", "*", "6.000000", "true"]
    assert float(last["expected_mb_s"]) == 3.0
    early = list(csv.DictReader(io.StringIO(csv_text(shown(days=20, first=10)), newline="")))
    assert {row["expected_mb_s"] for row in early} == {""}


def test_no_closed_day_is_nothing_to_show() -> None:
    assert view({ALL: []}, {}, LAST, LAST, Limits(), frozenset(), None) is None
