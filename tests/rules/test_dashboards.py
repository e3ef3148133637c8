"""The dashboards: queries by Prometheus's own judgement, on metrics that there are, on panels that do not overlap."""

from itertools import combinations
from pathlib import Path

import pytest
import yaml

from tests.rules.dashboards import DASHBOARDS, expressions, read
from tests.rules.names import existing, named
from tests.rules.tools import run


def test_there_are_dashboards() -> None:
    assert [path.stem for path in DASHBOARDS] == ["guardrails", "kaizen", "phase"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_promtool_takes_every_query(path: Path, tmp_path: Path) -> None:
    rules = [{"record": f"query:{index}", "expr": each} for index, each in enumerate(expressions(path))]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}), encoding="utf-8")
    assert f"{len(rules)} rules found" in run("promtool", "check", "rules", file)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_queries_use_metrics_that_there_are(path: Path) -> None:
    for query in expressions(path):
        assert named(query), query
        assert named(query) <= existing(), query
    for variable in read(path)["templating"]["list"]:
        if variable["type"] == "query":
            assert named(variable["query"]["query"].partition("(")[2].partition(",")[0]) <= existing()


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_say_what_they_show_and_do_not_overlap(path: Path) -> None:
    panels = read(path)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"], panel["id"]
        assert panel["description"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    for one, other in combinations((panel["gridPos"] for panel in panels), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


def test_uids_differ() -> None:
    uids = [read(path)["uid"] for path in DASHBOARDS]
    assert len(set(uids)) == len(uids)
