"""How much is told in one sentence: what a reviewer would otherwise read a dozen times."""

import pytest

from kaizen.dashboards import markdown, report
from kaizen.dashboards.files import FileDiff
from kaizen.dashboards.markup import body
from tests.unit.dashboard_diff.dashboard_samples import dashboard, diff, edited, panel, row, told

NAMES = ("CPU", "Memory")


def rows(window: str = "5m", width: int = 12) -> list[dict[str, object]]:
    """Three rows with the same panels."""
    found = []
    for index in range(3):
        found.append(row(f"Pod {index}", 100 * index, 900 + index))
        for at, name in enumerate(NAMES):
            new = panel(name, f"rate(used_total[{window}])", 10 * index + at, 100 * index + 1, 12 * at)
            new["gridPos"]["w"] = width
            found.append(new)
    return found


def test_a_row_that_goes_takes_its_panels_with_it() -> None:
    before = dashboard(*rows())
    after = dashboard(*rows()[:-3])
    assert told(diff(before, after)) == ["removed row Pod 2: with its 2 panels: CPU, Memory"]
    kept = dashboard(*rows()[:-3], rows()[-1])  # one of its panels stays, in the row above
    assert told(diff(before, kept)) == [
        "removed row Pod 2: had 2 panels",
        "moved panel Memory: moved from row Pod 2 to Pod 1",
        "removed panel CPU: timeseries, 1 query",
    ]


def test_panels_of_one_name_in_many_rows_are_told_together() -> None:
    lines = told(diff(dashboard(*rows()), dashboard(*rows("1m", 6))))
    assert lines[0] == "changed panels : width 12 → 6 in 6 panels: CPU (3×), Memory (3×)"
    assert lines[1].startswith("changed panels : window 5m → 1m; in 6 queries of 6 panels: CPU (3×), Memory (3×)")
    assert len(lines) == 2


def test_titles_in_other_letters() -> None:
    names = ("Open Tickets", "Closed Tickets", "Paused  Tickets", "All Tickets")
    before = dashboard(*(panel(name, "up", index, 8 * index) for index, name in enumerate(names)))
    after = dashboard(*(panel(each.capitalize().replace("  ", " "), "up", index, 8 * index)
                        for index, each in enumerate(names)))  # fmt: skip
    (line,) = told(diff(before, after))
    assert line.startswith("changed panels : title in other upper and lower case or spaces in 4 panels: Open tickets, ")


def test_a_new_title_stands_behind_the_old_one() -> None:
    before = dashboard(row("Top", 0), *(panel(f"P{n}", f"m{n}", n, 8 * n + 1) for n in range(5)))
    after = edited(before, "panels.0.title", "Head")
    for n in range(1, 5):
        after["panels"][n]["title"] = f"Q{n}"
    after["panels"][5]["title"] = ""
    file = FileDiff("a.json", diff=diff(before, after))
    text, page = markdown.write([file], whole=""), body(file)
    assert "row **`Top`** → **`Head`**: renamed" in text
    assert "**`P0`** → **`Q1`** in `Head`: renamed" in text
    assert "row <b>Top</b> → <b>Head</b>: renamed" in page
    assert "<b>P4</b> → <b>(timeseries without a title)</b>" in page


@pytest.mark.parametrize(("unit", "values", "shown"), [
    ("s", (172800, 5400), ("2d (172800 s)", "1h 30m (5400 s)")),
    ("s", (90, 0.5), ("90 s", "0.5 s")),
    ("s", (90060, -3600), ("90060 s", "-3600 s")),
    ("ms", (120000, 1500), ("2m (120000 ms)", "1.5 s (1500 ms)")),
    ("bytes", (1 << 30, 512), ("1 GiB (1073741824 B)", "512 B")),
    ("decbytes", (1500, 25 * 10**14), ("1.5 kB (1500 B)", "2500000000000000")),
    ("percent", (80, 90.5), ("80 %", "90.5 %")),
    ("percentunit", (0.07, 1), ("7 % (0.07)", "100 % (1)")),
    ("short", (80, 0), ("80", "0")),
    ("s", (0, 10**400), ("0", f"1{119 * '0'}…"[:119] + "…")),
    (["s"], (1, "2"), ("1", "2")),
])  # fmt: skip
def test_values_are_told_in_the_unit_of_their_panel(
    unit: object, values: tuple[object, object], shown: tuple[str, str]
) -> None:
    def of(value: object, mode: str = "absolute") -> dict[str, object]:
        steps = [{"color": "green", "value": None}, {"color": "red", "value": value}]
        defaults = {"unit": unit, "max": value, "thresholds": {"mode": mode, "steps": steps}}
        return dashboard(panel("Time", "up", type="stat") | {"fieldConfig": {"defaults": defaults, "overrides": []}})

    one, other = shown
    assert told(diff(of(values[0]), of(values[1]))) == [
        f"changed panel Time: threshold {one} → {other} (red); maximum {one} → {other}"]  # fmt: skip
    (line,) = told(diff(of(80, "percentage"), of(90, "percentage")))  # of what lies between the lowest and the highest
    assert "threshold 80 → 90 (red)" in line


def test_a_uid_that_is_new() -> None:
    bare = edited(dashboard(panel("Orders")), "uid", ...)
    found = diff(bare, dashboard(panel("Orders")))
    assert told(found) == [
        "changed dashboard Checkout: uid checkout added: Grafana knows the dashboard by it from now on"
    ]
    assert not found.breaking


def test_a_query_without_a_name() -> None:
    before = edited(dashboard(panel("Orders", "rate(orders_total[5m])")), "panels.0.targets.0.refId", ...)
    after = edited(before, "panels.0.targets.0.expr", "rate(orders_total[1m])")
    file = FileDiff("a.json", diff=diff(before, after))
    assert "query: window 5m → 1m" in report.text([file])
    assert "  query: window `5m` → `1m`" in markdown.write([file], whole="")
    assert "query: window <code>5m</code>" in body(file)


def test_the_colour_of_a_value_mapping_is_told_in_words() -> None:
    def states(colour: str) -> dict[str, object]:
        mapping = {"type": "value", "options": {"1": {"color": colour, "index": 0, "text": "PRIMARY"}}}
        return panel("States", "up", 1) | {"fieldConfig": {"defaults": {"mappings": [mapping]}, "overrides": []}}

    lines = told(diff(dashboard(states("green")), dashboard(states("semi-dark-blue"))))
    assert lines == ["changed panel States: value mapping's color green → semi-dark-blue"]
