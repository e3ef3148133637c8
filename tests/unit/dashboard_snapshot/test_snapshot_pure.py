"""What is the same, what counts as gone, who did it, and what people read of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard_snapshot.addresses import address
from dashboard_snapshot.canonical import canonical, digest
from dashboard_snapshot.comparing import compared, source
from dashboard_snapshot.diffs import Told, alike, one_line, told
from dashboard_snapshot.judging import mass
from dashboard_snapshot.model import RUN, ManifestError, Reason, from_json, run_id, to_json
from dashboard_snapshot.page import html_page, weight
from dashboard_snapshot.wording import note
from kaizen.dashboards.files import file_diff
from kaizen.dashboards.markup import body
from kaizen.dashboards.model import Json
from kaizen.slack.blocks import MAX_MESSAGE, MAX_SECTION
from kaizen.slack.escape import units
from tests.unit.dashboard_diff.dashboard_samples import dashboard, edited, panel
from tests.unit.dashboard_snapshot.snapshot_samples import entry, run

BASE = dashboard(panel("Orders"), panel("Errors", number=2, x=12))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=6))
def test_equal_content_has_equal_bytes_and_nothing_is_lost(model: dict[str, Any]) -> None:
    content = canonical(model)
    turned = dict(reversed(list(model.items()))) | {"id": 7, "version": 99}
    assert digest(canonical(turned)) == digest(content)
    kept = {name: value for name, value in model.items() if name not in ("id", "version")}
    assert json.loads(content.decode("utf-8", "surrogatepass")) == kept
    assert canonical(json.loads(content.decode("utf-8", "surrogatepass"))) == content


def test_one_and_one_point_nothing_are_the_same_number() -> None:
    assert canonical({"a": [1.0, 1.5, True, 1e300]}) == canonical({"a": [1, 1.5, True, 1e300]})
    assert canonical({"a": 1}) != canonical({"a": True})


def test_a_manifest_is_read_as_it_was_written() -> None:
    made = run(entry("a"), gone=("b",), reasons=(Reason("x", "why", ("b",)),), folders={"shop": "Shop"}, untold=True)
    written = json.loads(json.dumps(to_json(made)))
    assert from_json(written | {"newer": 1}) == made
    assert (written["version"], written["stored"], written["found"]) == (1, 1, 1)
    with pytest.raises(ManifestError, match="entries"):
        from_json({name: value for name, value in written.items() if name != "entries"})


def test_what_a_partial_run_lacks_is_not_read() -> None:
    older, newer = run(entry("a"), entry("b"), entry("c")), run(entry("a", "z"), entry("d"), hour=1)
    whole = compared(older, newer)
    assert [(each.what, each.entry.uid) for each in whole.differences] == [
        ("changed", "a"), ("removed", "b"), ("removed", "c"), ("added", "d")]  # fmt: skip
    part = compared(older, replace(newer, outcome="partial", gone=("c",)))
    assert [(each.what, each.entry.uid) for each in part.differences] == [
        ("changed", "a"), ("removed", "c"), ("added", "d")]  # fmt: skip
    assert [each.uid for each in part.unread] == ["b"]
    back = compared(replace(newer, outcome="partial"), older)
    assert [each.uid for each in back.unread] == ["b", "c"]
    moved = compared(run(entry("a")), run(entry("a", folder="Ops")))
    assert [each.what for each in moved.differences] == ["moved"]


@pytest.mark.parametrize(
    ("author", "external", "who"),
    [
        ("ana", "", "ui"),
        ("Anonymous", "", "ui"),
        ("Anonymous", "shop.json", "provisioning"),
        ("", "shop.json", "provisioning"),
        ("ana", "shop.json", "ui"),
        ("sa-1-terraform", "", "program"),
        ("sa-1-terraform", "shop.json", "program"),
    ],
)
def test_who_saved_it(author: str, external: str, who: str) -> None:
    assert source(entry("a", updated_by=author, external=external)) == who


def test_so_many_at_once_are_not_deleted() -> None:
    base = run(*(entry(f"a{n}") for n in range(20)), *(entry(f"b{n}", folder="Ops") for n in range(3)))
    few, many = [f"a{n}" for n in range(4)], [f"a{n}" for n in range(5)]
    assert mass(base.by_uid, few, 0.2) is None
    assert str(mass(base.by_uid, many, 0.2)).startswith("5 of 23 dashboards are gone at once: a0, a1")
    assert "the folder Ops" in str(mass(base.by_uid, ["b0", "b1", "b2"], 0.2))
    assert mass(base.by_uid, ["b0", "b1"], 0.0) is None
    assert mass({}, many, 0.0) is None
    assert mass(base.by_uid, ["never", "seen", "before", "too"], 0.0) is None


def test_one_line_says_what_matters_and_counts_the_rest() -> None:
    after = edited(edited(BASE, "panels.0.targets.0.expr", "rate(orders_total[10m])"), "panels.1.title", "Faults")
    after = edited(after, "tags", ["x"])
    (found,) = told(
        compared(run(entry("a", "old")), run(entry("a", "new"))),
        lambda sha256: json.dumps(BASE if sha256 == "old" else after).encode(),
    )
    assert "window 5m → 10m" in one_line(found)
    assert one_line(found).endswith("1 more")
    noise = edited(BASE, "version", 9)
    quiet = Told(found.difference, file_diff("a", json.dumps(BASE).encode(), json.dumps(noise).encode()))
    assert quiet.quiet
    assert one_line(quiet) == ""


def test_a_note_fits_and_nothing_of_a_hostile_title_works() -> None:
    evil = "<!here> *x* <https://evil.example|y> `z` & " * 60
    entries = [entry(f"u{n}", "old", folder=evil, title=evil, updated_by=evil, url="/d/x") for n in range(40)]
    comparison = compared(run(*entries), run(*(replace(each, sha256="new") for each in entries), hour=1))
    loud = dashboard(panel(evil, evil), title=evil)
    differences = told(comparison, lambda sha256: json.dumps(BASE if sha256 == "old" else loud).encode())
    assert sum(each.diff is not None for each in differences) == 40
    message = note(comparison, differences, "https://g.example", "https://a.example/x", "S123", {"u1": evil}, "b")
    assert units(json.dumps(message.blocks, ensure_ascii=False)) <= MAX_MESSAGE
    assert units(message.text) <= MAX_MESSAGE
    for block in message.blocks:
        assert units(str(block.get("text", {}).get("text", ""))) <= MAX_SECTION
    assert message.text.count("<!") == message.text.count("<!subteam^S123>") + message.text.count("<!date^")
    assert "<https://evil" not in message.text
    assert "and 32 more" in message.text


def test_the_page_escapes_all_of_it_and_stays_within_what_lambda_answers() -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    loud = dashboard(panel(evil, evil), panel(evil, number=2, y=9), title=evil, uid=evil, tags=[evil], refresh=evil)
    entries = [entry(f"u{n}", "old", folder=evil, title=evil, updated_by=evil, external=evil) for n in range(60)]
    comparison = compared(
        run(*entries, git_ref=evil), run(*(replace(each, sha256="new") for each in entries), hour=1, outcome="partial",
                                         reasons=(Reason("x", evil, (evil,)),)))  # fmt: skip
    differences = told(comparison, lambda sha256: json.dumps(BASE if sha256 == "old" else loud).encode())
    text = html_page(comparison, differences, "https://g.example", "/reports/dashboards", {"from": "a", "to": "b"})
    assert "<script" not in text
    assert "<img" not in text
    assert text.count("Show what changed here") == 20  # those that were not compared
    assert "uid=u7" in text


def test_what_differs_in_a_query_is_coloured() -> None:
    after = edited(BASE, "panels.0.targets.0.expr", "rate(orders_total[10m])")
    text = body(file_diff("a", json.dumps(BASE).encode(), json.dumps(after).encode()))
    assert "- rate(orders_total[<del>5m</del>])" in text
    assert "+ rate(orders_total[<ins>10m</ins>])" in text


def test_runs_of_one_second_are_sorted_by_time() -> None:
    at = datetime(2026, 11, 28, 16, tzinfo=UTC)
    later = [
        run_id(at + timedelta(milliseconds=each), unique) for each, unique in ((1, "ffff"), (20, "0000-1"), (999, "a"))
    ]
    assert later == sorted(later)
    assert all(RUN.fullmatch(each) for each in later)


def settings(**more: object) -> Json:
    env = {"name": "env", "type": "custom", "query": "prod,dev", "current": {"text": "prod", "value": "prod"}}
    return BASE | {"time": {"from": "now-6h", "to": "now"}, "templating": {"list": [env]}} | more


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (settings(time={"from": "now-30d", "to": "now"}), "time range now-6h to now → now-30d to now"),
        (settings(refresh="5s"), "5s"),
        (edited(settings(), "templating.list.0.current", {"text": "dev", "value": "dev"}), "value of env prod → dev"),
        (settings(weekStart="monday"), "monday"),
    ],
)
def test_what_somebody_chose_for_those_who_open_it_is_an_edit(chosen: Json, said: str) -> None:
    before, after = (json.dumps(each).encode() for each in (settings(), chosen))
    assert not alike(before, after)
    difference = compared(run(entry("a", "old")), run(entry("a", "new"))).differences[0]
    found = Told(difference, file_diff("a", before, after))
    assert not found.quiet
    assert said in one_line(found)


@pytest.mark.parametrize(
    "written",
    [
        settings(refresh=""),
        settings(liveNow=False, preload=False, weekStart="", schemaVersion=41),
        edited(settings(), "templating.list.0.current", {}),
        {name: value for name, value in settings().items() if name != "time"},
    ],
)
def test_what_grafana_writes_by_itself_is_none(written: Json) -> None:
    assert alike(json.dumps(settings()).encode(), json.dumps(written).encode())


def test_a_page_fits_into_what_lambda_answers_whatever_its_letters_are() -> None:
    """A letter may take six bytes of an answer."""
    entries = [entry(f"u{number}", "old", kind="alert_rule") for number in range(40)]
    comparison = compared(
        run(beside=tuple(entries), kinds=("alert_rule",)),
        run(beside=tuple(replace(each, sha256="new") for each in entries), kinds=("alert_rule",), hour=1),
    )
    notes = {f"note{number}": "警" * 2000 for number in range(30)}
    differences = told(comparison, lambda sha256: json.dumps(notes if sha256 == "new" else {}).encode())
    assert all(each.leaves for each in differences)
    page = html_page(comparison, differences, "", "/reports/dashboards", {"from": "x"})
    assert weight(page) < 6_000_000
    assert "uid=u39" in page
    (last,) = [each for each in differences if each.difference.entry.uid == "u39"]
    alone = html_page(comparison, [last], "", "/reports/dashboards", {"uid": "u39"})
    assert "note29" in alone


def test_what_there_is_no_time_for_is_linked() -> None:
    entries = [entry(f"u{number}", "old") for number in range(4)]
    comparison = compared(run(*entries), run(*(replace(each, sha256="new") for each in entries), hour=1))
    left = iter([True, True, False, False])
    contents = {"old": json.dumps(BASE).encode(), "new": json.dumps(edited(BASE, "title", "Other")).encode()}
    differences = told(comparison, contents.__getitem__, in_time=lambda: next(left))
    assert [each.diff is not None for each in differences] == [True, True, False, False]
    page = html_page(comparison, differences, "", "/reports/dashboards", {"from": "x"})
    assert ["uid=u1" in page, "uid=u2" in page, "uid=u3" in page] == [False, True, True]


@pytest.mark.parametrize(
    ("grafana", "url", "whole"),
    [
        ("https://g.example", "/d/u/t", "https://g.example/d/u/t"),
        ("https://g.example/grafana/", "/grafana/d/u/t", "https://g.example/grafana/d/u/t"),
        ("https://g.example/grafana", "/d/u/t", "https://g.example/grafana/d/u/t"),
        ("https://g.example/d", "/dashboards/u", "https://g.example/d/dashboards/u"),
    ],
)
def test_links_hold_grafana_s_own_path_once(grafana: str, url: str, whole: str) -> None:
    assert address(grafana, url) == whole


def test_a_person_may_be_called_like_a_program() -> None:
    names = {"sa-rah": "ui", "sa-1-terraform": "program", "sa-12-x": "program", "ana": "ui"}
    assert {name: source(replace(entry("u", "x"), updated_by=name)) for name in names} == names
