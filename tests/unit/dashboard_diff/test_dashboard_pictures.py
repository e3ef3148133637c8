"""Layouts as pictures, and the page with everything."""

import copy
import json
from xml.etree import ElementTree

from dashboard_diff.page import LARGEST, About, html_page
from kaizen.dashboards import picture
from kaizen.dashboards.diff import Diff
from kaizen.dashboards.files import FileDiff, file_diff
from kaizen.dashboards.plan import MARKS, Plan, Side
from tests.unit.dashboard_diff.dashboard_samples import Json, dashboard, diff, edited, panel, row, told

NAMES = ("Orders", "Errors", "Latency", "Queue")


def base() -> Json:
    return dashboard(*(panel(name, number=index, y=8 * index) for index, name in enumerate(NAMES)))


def marks(side: Side | None) -> dict[str, tuple[str, ...]]:
    assert side is not None
    return {box.title: box.marks for box in side.boxes}


def planned(found: Diff) -> Plan:
    assert found.plan is not None
    return found.plan


def test_each_panel_has_what_became_of_it() -> None:
    after = base()
    orders, errors, latency, _ = after["panels"]
    orders["gridPos"]["y"] = 100  # below the others
    errors["gridPos"]["w"] = 24
    latency["targets"][0]["expr"] = "rate(latency_total[10m])"
    latency["gridPos"]["h"] = 4
    after["panels"] = [errors, latency, panel("New", number=9, y=90), orders]
    plan = planned(diff(base(), after))
    assert marks(plan.before) == {
        "Orders": ("moved",), "Errors": ("resized",), "Latency": ("resized", "changed"), "Queue": ("removed",),
    }  # fmt: skip
    assert marks(plan.after) == {
        "Errors": ("resized",), "Latency": ("resized", "changed"), "New": ("added",), "Orders": ("moved",),
    }  # fmt: skip
    assert plan.marks == MARKS
    assert picture.words(plan) == "layout before and after, 1 added, 1 removed, 1 moved, 2 resized, 1 changed"


def test_panels_of_a_row_that_moved_are_marked_as_the_row_is() -> None:
    one, two = [row("One", 0), panel("A", "a", 1, 1), panel("B", "b", 2, 9)], [row("Two", 20), panel("C", "c", 3, 21)]
    after = copy.deepcopy([*two, *one])
    after[1]["targets"][0]["expr"] = "rate(c[5m])"
    for y, each in enumerate(after):
        each["gridPos"]["y"] = 10 * y
    found = diff(dashboard(*one, *two), dashboard(*after))
    assert told(found)[0] == "moved row Two: moved, with its 1 panel: now at the top, was below One"
    for side in (planned(found).before, planned(found).after):
        assert marks(side) == {"▾ One": (), "A": (), "B": (), "▾ Two": ("moved",), "C": ("changed",)}
    after[1]["targets"][0]["expr"] = "c"
    found = diff(dashboard(*one, *two), dashboard(*after))
    assert marks(planned(found).after) | {"▾ Two": ("moved",), "C": ("moved",)} == marks(planned(found).after)


def test_the_layout_as_text_says_what_moved_and_nothing_of_what_only_looks_alike() -> None:
    one, two = (
        [row("One", 0), panel("A", "a", 1, 1), panel("B", "b", 2, 9)],
        [row("Two", 20, 91), panel("C", "c", 3, 21)],
    )
    after = copy.deepcopy([*two, *one])
    for y, each in enumerate(after):
        each["gridPos"]["y"] = 10 * y
    lines = diff(dashboard(*one, *two), dashboard(*after)).layout
    assert lines[0] == "+ ▾ Two  ← moved to here"
    assert lines[1].startswith("+ [C ")
    assert lines[1].endswith("]  ← moved to here")
    assert lines[-2] == "- ▾ Two  ← moved from here"
    assert [each for each in lines if each.startswith("  ") and "moved" in each] == []
    old, new = panel("", "old_total", 7, 30), panel("", "other_total", 8)  # both are shown by their kind
    lines = diff(
        dashboard(*one, old), dashboard(new, *(edited(each, "gridPos.y", 30 + y) for y, each in enumerate(one)))
    ).layout
    assert lines[0].startswith("+ [timeseries ")
    assert lines[-1].startswith("- [timeseries ")
    assert "moved" not in "".join(lines)


def test_colours_are_never_all_there_is() -> None:
    """A picture without colours still tells: each mark has a pattern and a sign of its own."""
    after = base()
    after["panels"][0]["title"] = "Sales"
    drawn = picture.both(planned(diff(base(), after)), "Checkout")
    tree = ElementTree.fromstring(drawn)
    space = {"s": "http://www.w3.org/2000/svg"}
    assert [each.get("id") for each in tree.findall(".//s:pattern", space)] == ["k-changed"]
    assert "≠ Sales" in ["".join(each.itertext()) for each in tree.findall(".//s:text", space)]
    assert len(set(picture.SIGNS.values())) == len(set(picture._PATTERNS.values())) == len(MARKS)


def test_panels_rise_to_where_grafana_shows_them() -> None:
    """Heights within a collapsed row are stale, and rows may be written in the old form: nothing overlaps."""
    inner = [panel(name, number=index, y=500 + 90 * index) for index, name in enumerate(NAMES)]
    old = {"title": "Old", "rows": [{"title": "R", "height": 300, "panels": [
        {"title": name, "type": "graph", "span": 5, "id": index} for index, name in enumerate(NAMES)]}]}  # fmt: skip
    for given in (dashboard(row("R", 0, panels=inner)), old):
        side = planned(diff(None, given)).after
        assert side is not None
        taken: set[tuple[int, int]] = set()
        for box in side.boxes:
            cells = {(x, y) for x in range(box.x, box.x + box.w) for y in range(box.y, box.y + box.h)}
            assert not cells & taken
            assert max(x for x, _ in cells) < 24
            taken |= cells
        assert side.height == max(y for _, y in taken) + 1


def test_quiet_rows_of_a_large_dashboard_are_their_headings() -> None:
    given = dashboard(*(
        each
        for index in range(6)
        for each in (
            row(f"Row {index}", index * 100, 900 + index),
            *(panel(f"P{index}-{n}", number=10 * index + n, y=index * 100 + 1 + n) for n in range(9)),
        )
    ))  # fmt: skip
    after = edited(given, "panels.15.title", "Another")
    plan = planned(diff(given, after))
    assert "▾ Row 0 · 9 as before" in marks(plan.after)
    assert "P0-1" not in marks(plan.after)
    assert marks(plan.before)["P1-4"] == ("changed",)
    assert marks(plan.after)["Another"] == ("changed",)


def test_a_picture_takes_any_dashboard() -> None:
    wild = panel("\ud800\x00 𝔘" + "長" * 4000 + "]]>", x=-5, y=3)
    wild["gridPos"] |= {"w": 999, "h": 1e9}
    many = dashboard(wild, *(panel(f"<&\"'>{index}", number=index, y=index) for index in range(500)))
    drawn = picture.both(planned(diff(None, many)), wild["title"])
    ElementTree.fromstring(drawn.encode())
    assert "and 201 more panels" in drawn
    assert len(drawn) < 200_000
    empty = planned(diff(dashboard(), dashboard(title="Other")))
    assert "no panel" in picture.both(empty, "")


def test_the_page_stays_below_its_limit() -> None:
    """Whatever has no room is counted; what breaks comes first and has some."""
    long = "x" * 9_000
    before = dashboard(*(panel(f"P{n}", f'up{{a="{long}"}}', number=n, y=8 * n) for n in range(60)))
    after = copy.deepcopy(before)
    for n, each in enumerate(after["panels"]):
        each["targets"][0]["expr"] = each["targets"][0]["expr"].replace("up{", f"down_{n}{{")
    files = [_file(f"d/{n:02}.json", before, after) for n in range(20)]
    files.append(_file("z.json", base(), edited(base(), "uid", "other")))
    page = html_page(files, ("Something is missing.",), About())
    assert 3_500_000 < len(page.encode()) <= LARGEST
    assert "No room here for" in page
    assert page.index("the uid changes") < page.index("d/00.json</code>")
    assert "Something is missing." in page


def _file(path: str, before: Json, after: Json) -> FileDiff:
    return file_diff(path, json.dumps(before).encode(), json.dumps(after).encode())


def test_where_nothing_is_new_in_a_line_none_of_it_is_coloured() -> None:
    old, new = "sum(rate(orders_total[5m]))", "rate(orders_total[5m]"
    one, other = (json.dumps(dashboard(panel("Orders", each))).encode() for each in (old, new))
    page = html_page([file_diff("a.json", one, other)], (), About())
    assert (
        '<pre class="diff">- <del>sum(</del>rate(orders_total[5m]<del>))</del>\n+ rate(orders_total[5m]</pre>' in page
    )
    several = json.dumps(dashboard(panel("Orders", "rate(\n  orders_total[10m])"))).encode()
    page = html_page([file_diff("a.json", one, several)], (), About())
    assert '<pre class="diff"><del>- sum(rate(orders_total[5m]))</del>\n<ins>+ rate(</ins>\n' in page
