"""A diff is complete: applied to the older version it gives the newer one, and what is told is what is edited."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.dashboards import sources
from kaizen.dashboards.editing import state
from kaizen.dashboards.edits import applied, nothing
from kaizen.dashboards.files import file_diff
from kaizen.dashboards.panels import Sides
from kaizen.dashboards.report import as_json
from kaizen.dashboards.variables import Stand
from tests.unit.dashboard_diff.dashboard_samples import Json, dashboard, diff, of, panel, row, told

Edit = Callable[[Json, st.DataObject], None]
STEPS = [{"color": "green", "value": None}, {"color": "red", "value": 80}]
WINDOWS = ("1m", "5m", "1h")


def stat(title: str, number: int, y: int, x: int = 0) -> Json:
    found = panel(title, f'sum by (job) (rate({title.lower()}_total{{env="$env"}}[5m]))', number, y, x, type="stat")
    return found | {"fieldConfig": {"defaults": {"unit": "s", "thresholds": {"mode": "absolute", "steps": STEPS}}}}


def base() -> Json:
    """Panels above the first row, an open row and a collapsed one."""
    inside = [stat("Queue", 31, 30), stat("Age", 32, 30, 12)]
    given = dashboard(
        stat("Orders", 1, 0), stat("Errors", 2, 0, 12), row("Latency", 8, 90), stat("Median", 3, 9),
        stat("Worst", 4, 17), row("Queues", 25, 91, inside),
    )  # fmt: skip
    given["templating"]["list"].append({"name": "env", "type": "query", "query": "label_values(up, env)"})
    given["templating"]["list"].append({"name": "size", "type": "interval", "query": "1m,5m"})
    given["annotations"] = {"list": [{"name": "Deploys", "expr": "changes(version[1m])", "enable": True}]}
    given["links"] = [{"title": "Runbook", "url": "https://example.test/1"}]
    return copy.deepcopy(given)


def panels(at: Json) -> list[Json]:
    """All of them, with those in collapsed rows."""
    found = [each for each in at["panels"] if each["type"] != "row"]
    return found + [each for one in at["panels"] if one["type"] == "row" for each in one["panels"]]


def one_of(at: Json, data: st.DataObject) -> Json:
    found: Json = data.draw(st.sampled_from(panels(at)))
    return found


def retitle(at: Json, data: st.DataObject) -> None:
    one_of(at, data)["title"] = data.draw(st.sampled_from(("Orders", "Renamed", "")))


def reask(at: Json, data: st.DataObject) -> None:
    target = one_of(at, data)["targets"]
    if target:
        window = data.draw(st.sampled_from(WINDOWS))
        metric = data.draw(st.sampled_from(("orders_total", "other_total")))
        target[0]["expr"] = f'sum by (job) (rate({metric}{{env=~"$env|b"}}[{window}]))'


def more_queries(at: Json, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(("B", "C")))
    one_of(at, data)["targets"].append({"refId": name, "expr": "up", "legendFormat": name})


def fewer_queries(at: Json, data: st.DataObject) -> None:
    one_of(at, data)["targets"] = []


def legend(at: Json, data: st.DataObject) -> None:
    for each in one_of(at, data)["targets"]:
        each["legendFormat"] = data.draw(st.sampled_from(("{{job}}", "__auto", "")))


def threshold(at: Json, data: st.DataObject) -> None:
    levels = data.draw(st.lists(st.integers(1, 99), unique=True, max_size=3).map(sorted))
    steps = [STEPS[0], *({"color": "red", "value": each} for each in levels)]
    one_of(at, data)["fieldConfig"]["defaults"]["thresholds"]["steps"] = steps


def setting(at: Json, data: st.DataObject) -> None:
    defaults = one_of(at, data)["fieldConfig"]["defaults"]
    defaults[data.draw(st.sampled_from(("unit", "decimals", "noValue")))] = data.draw(st.sampled_from(("s", 2, "none")))


def override(at: Json, data: st.DataObject) -> None:
    value = data.draw(st.sampled_from(("red", "blue")))
    one_of(at, data)["fieldConfig"]["overrides"] = [
        {"matcher": {"id": "byName", "options": "a"}, "properties": [{"id": "color", "value": {"fixedColor": value}}]}
    ]


def kind(at: Json, data: st.DataObject) -> None:
    one_of(at, data)["type"] = "gauge"


def source(at: Json, data: st.DataObject) -> None:
    one_of(at, data)["datasource"] = {
        "type": "prometheus",
        "uid": data.draw(st.sampled_from(("other", "${datasource}"))),
    }


def resize(at: Json, data: st.DataObject) -> None:
    one_of(at, data)["gridPos"] |= {"w": data.draw(st.sampled_from((6, 12))), "h": data.draw(st.sampled_from((4, 8)))}


def aside(at: Json, data: st.DataObject) -> None:
    one_of(at, data)["gridPos"]["x"] = data.draw(st.sampled_from((0, 6, 12, 18)))


def add(at: Json, data: st.DataObject) -> None:
    number = data.draw(st.integers(100, 110))
    at["panels"].insert(0, stat(f"New{number}", number, data.draw(st.sampled_from((-8, 40)))))


def remove(at: Json, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(at["panels"]) - 1))
    if len(panels(at)) > 3:
        del at["panels"][index]


def swap(at: Json, data: st.DataObject) -> None:
    """Two parts change places: a row that does takes those below it, or loses them."""
    one, other = (data.draw(st.sampled_from(at["panels"])) for _ in range(2))
    one["gridPos"]["y"], other["gridPos"]["y"] = other["gridPos"]["y"], one["gridPos"]["y"]


def collapse(at: Json, data: st.DataObject) -> None:
    """As Grafana does it: the row takes what is below it, or gives it back."""
    rows = [index for index, each in enumerate(at["panels"]) if each["type"] == "row"]
    if not rows or at["panels"] != sorted(at["panels"], key=lambda each: (each["gridPos"]["y"], each["gridPos"]["x"])):
        return
    index = data.draw(st.sampled_from(rows))
    head = at["panels"][index]
    end = next((each for each in rows if each > index), len(at["panels"]))
    if head["collapsed"]:
        at["panels"][index + 1 : index + 1] = head["panels"]
        head["panels"] = []
    else:
        head["panels"] = at["panels"][index + 1 : end]
        del at["panels"][index + 1 : end]
    head["collapsed"] = not head["collapsed"]


def retitle_row(at: Json, data: st.DataObject) -> None:
    for each in at["panels"]:
        if each["type"] == "row":
            each["title"] = data.draw(st.sampled_from(("Latency", "Speed", "Queues")))
            each["repeat"] = data.draw(st.sampled_from((None, "env")))
            return


def variable(at: Json, data: st.DataObject) -> None:
    listed = at["templating"]["list"]
    listed.append({"name": data.draw(st.sampled_from(("a", "b"))), "type": "custom", "query": "x,y"})
    listed[0] = listed[0] | {"multi": data.draw(st.booleans())}


def fewer_variables(at: Json, data: st.DataObject) -> None:
    del at["templating"]["list"][data.draw(st.integers(1, 3)) :]


def about(at: Json, data: st.DataObject) -> None:
    at[data.draw(st.sampled_from(("title", "description", "tags")))] = data.draw(st.sampled_from(("New", ["a", "b"])))
    at["title"] = str(at["title"])


def picker(at: Json, data: st.DataObject) -> None:
    at["timepicker"] = {"hidden": data.draw(st.booleans()), "refresh_intervals": [data.draw(st.sampled_from("ab"))]}


def annotation(at: Json, data: st.DataObject) -> None:
    own = {"builtIn": 1, "name": "Annotations & Alerts", "enable": data.draw(st.booleans())}
    at["annotations"]["list"] = data.draw(st.sampled_from(([], [{"name": "Deploys", "expr": "up"}, own])))


def links(at: Json, data: st.DataObject) -> None:
    at["links"] = data.draw(st.sampled_from(([], [{"title": "Runbook", "url": "https://example.test/2"}])))


def renumber(at: Json, data: st.DataObject) -> None:
    for index, each in enumerate(panels(at)):
        each["id"] = data.draw(st.integers(1, 60)) + 1000 * index


def shuffle(at: Json, data: st.DataObject) -> None:
    at["panels"] = data.draw(st.permutations(at["panels"]))


def shift(at: Json, data: st.DataObject) -> None:
    """Everything a little lower, and the gaps that Grafana closes; heights within collapsed rows are stale anyway."""
    more = data.draw(st.integers(1, 50))
    for each in at["panels"]:
        each["gridPos"]["y"] += more


def saved(at: Json, data: st.DataObject) -> None:
    """What Grafana writes by itself."""
    at["version"] = data.draw(st.integers(2, 99))
    at["id"] = 7
    at["timezone"] = "browser"
    at["annotations"]["list"].append({"builtIn": 1, "name": "Annotations & Alerts", "enable": True, "hide": True})
    one = one_of(at, data)
    one["pluginVersion"] = "11.0.0"
    one["fieldConfig"]["overrides"] = one["fieldConfig"].get("overrides", [])
    one["transparent"] = False
    for each in one["targets"]:
        each |= {"editorMode": "code", "range": True, "expr": each["expr"].replace("sum by (job) (", "sum by(job) ( ")}
    at["templating"]["list"][0]["current"] = {"text": "prod", "value": "prod"}


EDITS: tuple[Edit, ...] = (
    retitle, reask, more_queries, fewer_queries, legend, threshold, setting, override, kind, source, resize,
    aside, add, remove, swap, collapse, retitle_row, variable, fewer_variables, about, picker, annotation, links,
)  # fmt: skip
NOISE: tuple[Edit, ...] = (renumber, shuffle, shift, saved)


def changed(data: st.DataObject, edits: tuple[Edit, ...], least: int = 0) -> Json:
    after = base()
    for each in data.draw(st.lists(st.sampled_from(edits), min_size=least, max_size=6)):
        each(after, data)
    return after


def states(before: Json, after: Json) -> tuple[Any, Any]:
    """What applying the diff to `before` means, and what `after` does."""
    one, other = of(before), of(after)
    found = diff(before, after)
    assert found.edits is not None
    sides = Sides(sources.kinds(one), sources.kinds(other), Stand())
    made = applied(one, found.edits)
    assert nothing(found.edits, one) == (not found.changes), told(found)
    return state(made, sides, newer=True), state(other, sides, newer=True)


@given(data=st.data())
@settings(deadline=None, max_examples=300)
def test_the_older_version_with_the_diff_is_the_newer_one(data: st.DataObject) -> None:
    made, meant = states(base(), changed(data, (*EDITS, *NOISE), 1))
    assert made == meant


@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_noise_alone_is_an_empty_diff(data: st.DataObject) -> None:
    after = changed(data, NOISE, 1)
    found = diff(base(), after)
    assert found.empty, told(found)
    made, meant = states(base(), after)
    assert made == meant


@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_panels_that_change_places_are_moved_and_nothing_else(data: st.DataObject) -> None:
    """Also where they are renumbered."""
    after = base()
    tops = [each for each in after["panels"] if each["type"] != "row"][:2]
    lows = after["panels"][3:5]
    for group in (tops, lows):
        places = [each["gridPos"] for each in group]
        for each, place in zip(group, data.draw(st.permutations(places)), strict=True):
            each["gridPos"] = place
    renumber(after, data)
    found = diff(base(), after)
    assert {each.what for each in found.changes} <= {"moved"}, told(found)
    made, meant = states(base(), after)
    assert made == meant


@given(data=st.data())
@settings(deadline=None, max_examples=30)
def test_a_row_that_collapses_is_one_change(data: st.DataObject) -> None:
    after = base()
    collapse(after, data)
    found = diff(base(), after)
    assert len(found.changes) == 1
    assert "now" in told(found)[0]


def shown(number: int, uid: str = "-- Dashboard --") -> Json:
    """A panel that shows what another one has asked for."""
    return stat("Shown", 60, 60) | {"datasource": {"uid": uid}, "targets": [{"refId": "A", "panelId": number}]}


def leading(number: int) -> Json:
    return stat("Leading", 60, 60) | {"links": [{"title": "l", "url": f"/d/checkout?viewPanel={number}"}]}


def with_numbers(last: Json, **numbers: int) -> Json:
    given = base()
    given["panels"].append(last)
    for each in given["panels"]:
        each["id"] = numbers.get(each["title"], each["id"])
    return given


@pytest.mark.parametrize(("last", "said"), [
    (shown(1), "query A: data of panel Orders (2) → Errors (1)"),
    (leading(1), "its links lead to other panels: Orders (2) → Errors (1)"),
])  # fmt: skip
def test_panels_that_exchange_the_numbers_by_which_others_find_them(last: Json, said: str) -> None:
    one, other = with_numbers(last), with_numbers(last, Orders=2, Errors=1)
    assert told(diff(one, other)) == [f"changed panel {last['title']}: {said}"]
    made, meant = states(one, other)
    assert made == meant
    assert diff(one, with_numbers(last, Median=77)).empty


def test_a_number_that_is_followed_is_noise() -> None:
    one, other = with_numbers(shown(1)), with_numbers(shown(7), Orders=7)
    assert diff(one, other).empty
    made, meant = states(one, other)
    assert made == meant
    other["panels"].insert(0, stat("New", 1, -8))  # the old number is another panel's now
    assert told(diff(one, other)) == ["added panel New: stat, 1 query"]
    made, meant = states(one, other)
    assert made == meant


def test_numbers_of_other_data_sources_are_values() -> None:
    found = diff(with_numbers(shown(1, "other")), with_numbers(shown(2, "other"), Orders=2, Errors=1))
    assert told(found) == ["changed panel Shown: query A: panelId 1 → 2"]


def test_edits_for_programs() -> None:
    after = base()
    after["panels"][0]["fieldConfig"]["defaults"]["unit"] = "ms"
    after["panels"].append(stat("New", 50, 60))
    old, new = (json.dumps(each).encode() for each in (base(), after))
    (file,) = json.loads(as_json([file_diff("a.json", old, new)]))["files"]
    rows = file["edits"]["rows"]
    assert rows[0]["panels"][0] == {
        "from": 0, "set": [{"path": ["content", "fieldConfig", "defaults", "unit"], "value": "ms"}],
    }  # fmt: skip
    assert rows[2]["panels"][-1]["new"]["title"] == "New"
    (alone,) = json.loads(as_json([file_diff("a.json", None, new)]))["files"]
    assert alone["edits"] is None
