"""The comment: what breaks first, within GitHub's limit, and nothing of a hostile file works in it."""

import json
import re
from dataclasses import replace

from dashboard_diff import comment
from dashboard_diff.page import About, html_page
from kaizen.dashboards import report
from kaizen.dashboards.diff import QueryChange
from kaizen.dashboards.files import FileDiff, file_diff, verdict
from kaizen.github.comments import LONGEST, length
from tests.unit.dashboard_diff.dashboard_samples import Json, dashboard, edited, panel, row

PATH = "grafana/dashboards/checkout.json"
BASE = dashboard(panel("Orders"), panel("Errors", number=2, x=12))


def compared(before: Json | None, after: Json | None, path: str = PATH) -> FileDiff:
    old, new = (None if each is None else json.dumps(each).encode() for each in (before, after))
    return file_diff(path, old, new)


def test_what_breaks_comes_first() -> None:
    quiet = compared(BASE, edited(BASE, "version", 2), "a.json")
    changed = compared(BASE, edited(BASE, "panels.0.title", "Sales"), "b.json")
    broken = compared(BASE, edited(BASE, "uid", "other"), "c.json")
    text = comment.write([quiet, changed, broken], (), "f" * 40)
    head = "🔴 **1 thing breaks (in all: 1 panel renamed)**"
    assert text.startswith(f"{comment.MARKER}\n### Grafana dashboards\n{head}\n")
    assert [text.index(f"`{name}.json`") for name in "cba"] == sorted(text.index(f"`{name}.json`") for name in "cba")
    assert "🔴 **Breaks:** the uid changes: `checkout` → `other`" in text
    assert (
        "<sub>Not listed, because Grafana makes such differences by itself: 1 number of the dashboard itself</sub>"
        in text
    )
    assert "<sub>at fffffff</sub>" in text


def test_many_dashboards_without_changes_are_one_line() -> None:
    same = [compared(BASE, BASE, f"same-{number}.json") for number in range(30)]
    changed = compared(BASE, edited(BASE, "panels.0.title", "Sales"), "changed.json")
    quiet = compared(BASE, edited(BASE, "version", 2), "quiet.json")
    text = comment.write([*same, changed, quiet])
    assert [line for line in text.splitlines() if line.startswith("#### ")] == [
        "#### `changed.json` · `Checkout`", "#### `quiet.json` · `Checkout`", "#### 30 dashboards without changes",
    ]  # fmt: skip
    assert "`same-0.json`, `same-1.json`" in text
    assert " and 10 more</sub>" in text
    assert text.count("No changes.") == 1
    assert comment.write(same[:3]).count("No changes.") == 3


def test_a_query_is_shown_with_what_differs_marked() -> None:
    found = compared(BASE, edited(BASE, "panels.0.targets.0.expr", "rate(orders_total[10m])"))
    text = comment.write([found])
    assert "- ✏️ **`Orders`**" in text
    assert "  query `A`: window `5m` → `10m`\n  ```diff\n" in text
    assert "  - rate(orders_total[5m])\n                      ^^\n  + rate(orders_total[10m])" in text
    assert "**Metrics** in changed queries, before or after: `orders_total`" in text


def test_the_layout_is_shown_where_it_changes() -> None:
    after = dashboard(row("Top", 0), *(edited(each, "gridPos.y", 1) for each in BASE["panels"]), panel("New", y=9))
    text = comment.write([compared(BASE, after)])
    assert "- 🆕 row **`Top`** added: around 2 panels that were there" in text
    assert "+ ▾ Top\n" in text
    assert re.search(r"^\+ \[New +\]$", text, re.MULTILINE)
    assert "Layout" not in comment.write([compared(BASE, edited(BASE, "panels.0.title", "x"))])


def test_only_noise_says_no_changes() -> None:
    found = compared(BASE, edited(edited(BASE, "version", 2), "panels.0.id", 50))
    assert verdict([found]) == (
        "🟢", "no changes: 2 differences left out, of the kinds that Grafana makes by itself")  # fmt: skip
    assert "No changes." in comment.write([found])
    assert verdict([]) == ("🟢", "no changes")


def test_no_changes_is_green_only_where_all_was_compared() -> None:
    quiet, same = compared(BASE, edited(BASE, "version", 2)), compared(BASE, BASE)
    changed = compared(BASE, edited(BASE, "panels.0.title", "Sales"))
    broken = compared(BASE, edited(BASE, "uid", "other"))
    lost = FileDiff("b.json", problems=("Not compared: it is larger than 10 MiB.",))
    lacking = "; 1 of 2 dashboards not compared"
    assert verdict([same, lost]) == ("⚪", f"no changes{lacking}")
    assert verdict([changed, lost]) == ("🟡", f"1 panel renamed; nothing breaks in what was read{lacking}")
    assert verdict([broken, lost]) == ("🔴", f"1 thing breaks{lacking}")
    listed = "GitHub lists only 2900 of 3000 changed files."
    assert verdict([same], [listed]) == ("⚪", "no changes in what was read")
    assert verdict([], [listed]) == ("⚪", "nothing that could be compared")
    text = comment.write([quiet], [listed])
    assert "⚪ **No changes in what was read: 1 difference left out" in text
    assert "🟢" not in text
    assert "No changes in what was read" in html_page([quiet], [listed], About())


def test_where_nothing_breaks_the_first_line_says_so_and_no_more_than_was_checked() -> None:
    def first(found: FileDiff, *answers: QueryChange) -> str:
        assert found.diff is not None
        if answers:
            (change,) = found.diff.changes
            found = replace(found, diff=replace(found.diff, changes=(replace(change, queries=answers, drawn=2),)))
        sign, words = verdict([found])
        assert sign == "🟡"
        return words

    query = "panels.0.targets.0.expr"
    assert first(compared(BASE, edited(BASE, "panels.0.title", "Sales"))) == "1 panel renamed; nothing breaks"
    changed = compared(BASE, edited(BASE, query, "rate(orders_total[1m])"))
    assert first(changed) == "1 panel changed; nothing breaks (changed queries were not asked)"
    asked, silent = QueryChange("A", "a", "b", answered=True), QueryChange("B", "a", "b")
    assert first(changed, asked) == "1 panel changed; nothing breaks"
    assert first(changed, asked, silent) == "1 panel changed; nothing breaks (not all changed queries were asked)"
    empty = replace(asked, blank=True)
    assert first(changed, empty, asked) == "1 panel changed; nothing breaks, but 1 query gives nothing"
    assert first(compared(None, BASE)) == "1 dashboard added; nothing breaks (changed queries were not asked)"
    odd = edited(BASE, query, "no (promql")
    assert first(compared(odd, edited(odd, "panels.1.title", "x"))) == (
        "1 panel renamed; nothing breaks in what was read")  # fmt: skip


def test_what_is_no_dashboard_is_named() -> None:
    wrong = file_diff(PATH, b"{}", b"[1]")
    assert wrong.diff is None
    assert verdict([wrong]) == ("⚪", "nothing that could be compared")
    assert "⚠️ Not a dashboard: now, it is no JSON object" in comment.write([wrong])
    old = file_diff(PATH, b"nothing", json.dumps(BASE).encode())
    assert old.diff is not None
    assert old.diff.state == "added"
    assert old.problems[-1] == "All of it counts as new."
    newer = file_diff(PATH, json.dumps(BASE).encode(), b'{"title": "x", "elements": {}, "layout": {}}')
    assert newer.diff is None
    assert newer.problems == ("Not compared: now, it is a dashboard of schema v2, which is not compared yet.",)


EVIL = f"{comment.MARKER}<img src=x onerror=alert(1)> @octo-dev ![x](https://evil.example) ```\n# <!-- `#1` | **x**"


def hostile() -> list[FileDiff]:
    evil = panel(EVIL, EVIL, type=EVIL, description=EVIL)
    evil["targets"][0] |= {"refId": EVIL, "legendFormat": EVIL}
    steps = [{"color": EVIL, "value": None}, {"color": EVIL, "value": EVIL}]
    evil["fieldConfig"] = {"defaults": {"unit": EVIL, "custom": {EVIL: EVIL}, "thresholds": {"steps": steps}},
                           "overrides": [{"matcher": EVIL}]}  # fmt: skip
    evil["datasource"] = {"uid": EVIL}
    after = dashboard(evil, row(EVIL, 9), title=EVIL, uid=EVIL, refresh=EVIL, tags=[EVIL], **{EVIL: {EVIL: EVIL}})
    after["templating"] = {"list": [{"name": EVIL, "query": EVIL}]}
    after["annotations"] = {"list": [{"name": EVIL, "expr": EVIL}]}
    after["links"] = [{"title": EVIL, "url": EVIL}]
    plain_ = dashboard(panel("Plain", "x"), row("Plain", 9), refresh="1m", tags=["x"])
    plain_["panels"][0] |= {"fieldConfig": {"defaults": {"unit": "s", "thresholds": {"steps": [{"color": "red"}]}}}}
    return [compared(one, two, EVIL) for one, two in ((plain_, after), (after, plain_), (None, after), (after, None))]


def test_nothing_of_a_hostile_file_works() -> None:
    text = comment.write(hostile()).removeprefix(comment.MARKER)
    assert "<!--" not in text
    fenced = re.sub(r"(?ms)^( *)(`{3,})(?:diff|promql)\n.*?^\1\2$", "", text)
    outside = re.sub(r"(?<!`)(`+)(?!`)(?:(?!\n).)*?(?<!`)\1(?!`)", "", fenced)
    for words in ("<img", "@octo", "![", "evil.example", "alert(", "onerror"):
        assert words not in outside


def test_it_fits_whatever_there_is_to_say() -> None:
    long = "x" * 10_000
    many = [panel(f"{long}{i}", f"{long}{i}_total", number=i, y=i) for i in range(300)]
    one = compared(dashboard(*many), dashboard(*reversed(many[:150]), title=long), "0.json")
    files = [replace(one, path=f"{i}.json") for i in range(40)]  # comparing them all takes most of a minute
    text = comment.write([*files, *hostile()], ["x" * 20_000])
    assert length(text) <= LONGEST
    assert "✂️ No room here for" in text


def test_json_and_text_say_all_of_it() -> None:
    many = [panel(f"P{i}", f"m{i}", number=i, y=8 * i) for i in range(200)]
    found = compared(dashboard(), dashboard(*many))
    content = json.loads(report.as_json([found, *hostile()]))
    assert [each["title"] for each in content["files"][0]["changes"] if each["subject"] == "panel"] == [
        f"P{i}" for i in range(200)]  # fmt: skip
    text = report.text([found])
    assert "added   panel P199: timeseries, 1 query" in text
    assert text.endswith("200 panels added; nothing breaks (changed queries were not asked)")
