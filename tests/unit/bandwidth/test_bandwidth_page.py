"""The page and the CSV: what needs attention stands first, foreign names stay text, odd days are marked."""

import csv
import io
import re
from dataclasses import replace
from datetime import date, timedelta

from bandwidth_snapshot.builds import Stretch
from bandwidth_snapshot.day import Day, start_of
from bandwidth_snapshot.detector import Limits
from bandwidth_snapshot.log import Entry
from bandwidth_snapshot.names import ALL
from bandwidth_snapshot.page import headline, html_page
from bandwidth_snapshot.table import COLUMNS, csv_text, harmless
from bandwidth_snapshot.view import View, view
from tests.unit.bandwidth.simulation import day_of

LAST = date(2026, 3, 15)
EVIL = "=<script>alert(1)</script>"


def shown(
    last: float = 3.0,
    complete: float = 1.0,
    missing: int = -1,
    days: int = 60,
    first: int = 27,
    every: bool = False,
    resets: int = 0,
) -> View:
    """Two streams, 60 days, the last four weeks of which are asked for; `last` is the total of the last day."""
    dates = [LAST - timedelta(days=back) for back in reversed(range(days)) if back != missing]
    total = [day_of(ALL, at, 3.0) for at in dates[:-1]] + [day_of(ALL, LAST, last, complete)]
    total[-3] = replace(total[-3], saved=total[-3].bytes)
    total[-2] = replace(total[-2], resets=resets)
    streams = {EVIL: [day_of(EVIL, at, 1.5) for at in dates], "grid": [day_of("grid", at, 1.5) for at in dates]}
    streams["grid"][-1] = day_of("grid", LAST, last - 1.5)
    builds = [Stretch("api-206", start_of(LAST), 1.0), Stretch("api-207", start_of(LAST) + timedelta(hours=14), 1.0)]
    entries = [
        Entry(each, {name: days[place].bytes for name, days in streams.items()}, {}, (), builds)
        for place, each in enumerate(total)
    ]

    def of(stream: str, begin: date, end: date) -> list[Day]:
        return [each for each in streams[stream] if begin <= each.date <= end]

    start = LAST - timedelta(days=first)
    made = view(entries, of, start, LAST, Limits(), frozenset(), 10**13, every)
    assert made is not None
    return made


def page(given: View) -> str:
    return html_page(given, [("4 weeks", "/reports/bandwidth?from=a&key=b", True)], "/reports/bandwidth?format=csv")


def test_the_headline_is_what_needs_attention() -> None:
    assert headline(shown().latest) == "3.00 MB/s on Sunday 2026-03-15: as usual"
    assert headline(shown(6.0).latest) == "6.00 MB/s on Sunday 2026-03-15: 2.0 times what was expected"
    assert headline(shown(6.0, 0.5).latest) == "Only 50% of Sunday 2026-03-15 was measured"
    assert headline(shown(days=20, first=10).latest).endswith("too few days are known to judge it")


def test_a_rise_is_told_first_with_since_when_and_why_and_the_stream_at_fault_before_the_chart() -> None:
    made = page(shown(6.0))
    told = made[: made.index("Trend:")]
    assert "All streams together: 6.00 MB/s on Sunday 2026-03-15, 2.0 times what is usual." in told
    assert "Most of it: grid +3.00 MB/s." in told
    assert "Build api-207 began at 14:00 UTC on 2026-03-15" in told
    assert "Above it, marked by a diamond: 1 day." in made
    assert made.count('fill="var(--bad, #c0292b)"') == 2, "in the wide chart and in the narrow one"
    assert made.index("Streams on Sunday") < made.index("<svg")
    rows = re.findall(r'<tr><td class="first">(.*?)</td><td><span class="state (\w*)">(.*?)</span>', made)
    assert [rows[0], rows[2], len(rows)] == [
        ("grid", "bad", "unexpected"), ("Sunday 2026-03-15", "bad", "unexpected"), 2 + 28,
    ]  # fmt: skip
    assert {row[2] for row in rows[3:]} == {"usual"}


def test_what_nobody_measured_is_no_zero() -> None:
    made = shown(0.0, 0.0)
    assert headline(made.latest) == "Sunday 2026-03-15 was not measured"
    assert "0.00 MB/s" not in page(made)
    assert "measured in 27 days of 28 days" in page(made)
    assert csv_text(made).splitlines()[28].startswith('"2026-03-15","*",,,,,0.0,')


def test_counters_that_began_anew_are_said() -> None:
    made = page(shown(resets=2))
    assert "Counters began anew 2 times" in made
    assert ">usual, counter began anew</span>" in made


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
    rows = list(csv.DictReader(io.StringIO(csv_text(shown(6.0, every=True)), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 3 * 28
    assert {row["stream"] for row in rows} == {ALL, f"'{EVIL}", "grid"}
    last = rows[27]
    named = [last[name] for name in ("date", "stream", "avg_mb_s", "unexpected")]
    assert named == ["2026-03-15", "*", "6.0", "true"]
    assert float(last["expected_mb_s"]) == 3.0
    early = list(csv.DictReader(io.StringIO(csv_text(shown(days=20, first=10)), newline="")))
    assert {row["expected_mb_s"] for row in early} == {""}


def test_no_name_is_a_formula() -> None:
    """As OWASP has it: also behind what nobody sees, in wide signs, and where another separator cuts."""
    for name in ("=1+1", "\n=1+1", " =1+1", "\ufeff=1+1", "＝1+1", "\u200b=1+1", '"=1+1', "@x", "\tx", "＠x", "-x"):
        assert harmless(name).startswith("'"), repr(name)
    assert [harmless(each) for each in ("a=1", "grid", "", "a-b")] == ["a=1", "grid", "", "a-b"]
    made = csv_text(shown(every=True))
    assert f'"\'{EVIL}"' in made


def test_no_closed_day_is_nothing_to_show() -> None:
    assert view([], lambda *_: [], LAST, LAST, Limits(), frozenset(), None) is None
