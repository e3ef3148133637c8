"""How much is told in one sentence: what a reviewer would otherwise read a dozen times."""

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
    assert "**`P0`** → **`Q1`** · `Head`: renamed" in text
    assert "row <b>Top</b> → <b>Head</b>: renamed" in page
    assert "<b>P4</b> → <b>(timeseries without a title)</b>" in page


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
