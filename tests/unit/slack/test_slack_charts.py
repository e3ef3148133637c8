"""Chart blocks: the documented shape, what Slack refuses of it, and what a workspace without them gets."""

from copy import deepcopy
from typing import Any

import pytest

from kaizen.slack.blocks import MAX_POINTS, line_chart, section
from local.outside.slack.drawing import drawn
from local.outside.slack.rules import refusal

LABELS = ["02 Mar", "09 Mar", "16 Mar *"]
CHART = line_chart("MB/s by week", LABELS, {"sent": [1.5, 2, 2.5], "saved": [0, 0.1, 0]}, "Week", "MB/s")


def message(*blocks: Any) -> dict[str, Any]:
    return {"text": "words", "blocks": list(blocks)}


def test_a_chart_has_the_documented_shape() -> None:
    small = line_chart("T", ["a"], {"s": [1.0]}, "x", "y")
    assert small == {
        "type": "data_visualization",
        "title": "T",
        "chart": {
            "type": "line",
            "series": [{"name": "s", "data": [{"label": "a", "value": 1.0}]}],
            "axis_config": {"categories": ["a"], "x_label": "x", "y_label": "y"},
        },
    }
    assert refusal(message(CHART, section("more"))) is None
    with pytest.raises(ValueError, match="zip"):
        line_chart("T", ["a", "b"], {"s": [1.0]}, "x", "y")


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("title",), "t" * 51, "/blocks/0/title"),
        (("title",), "", "/blocks/0/title"),
        (("chart",), "line", "must be a pie, bar, area or line chart"),
        (("chart", "type"), "scatter", "must be a pie, bar, area or line chart"),
        (("chart", "colour"), "red", "no additional property colour"),
        (("chart", "series"), [], "must be 1 to 6 series"),
        (("chart", "series", 0, "name"), "n" * 21, "/series/0/name"),
        (("chart", "series", 1, "name"), "sent", "names of series must differ"),
        (("chart", "series", 0, "data", 0, "label"), "another", "one point for each category"),
        (("chart", "series", 0, "data", 0, "value"), "1", "must be a number"),
        (("chart", "series", 0, "data", 0, "value"), float("nan"), "must be a number"),
        (("chart", "series", 0, "data"), [], "one point for each category"),
        (("chart", "axis_config", "categories"), [], "1 to 20 categories"),
        (("chart", "axis_config", "categories"), [str(each) for each in range(21)], "1 to 20 categories"),
        (("chart", "axis_config", "categories", 0), "c" * 21, "/categories/0"),
        (("chart", "axis_config", "categories", 0), LABELS[1], "categories must differ"),
        (("chart", "axis_config", "x_label"), "x" * 51, "/axis_config/x_label"),
    ],
)
def test_what_slack_refuses(path: tuple[Any, ...], value: object, fault: str) -> None:
    broken: Any = deepcopy(CHART)
    place = broken
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    found = refusal(message(broken))
    assert found is not None
    assert found.code == "invalid_blocks"
    assert any(fault in each for each in found.faults), found


def test_pies_are_known_as_well() -> None:
    chart: dict[str, Any] = {"type": "pie", "segments": [{"label": "a", "value": 1}]}
    pie = {"type": "data_visualization", "title": "Pie", "chart": chart}
    assert refusal(message(pie)) is None
    pie["chart"] = {"type": "pie", "segments": [{"label": "a", "value": 0}]}
    assert "greater than 0" in str(refusal(message(pie)))


def test_at_most_two_charts_and_twenty_points() -> None:
    assert refusal(message(CHART, CHART)) is None
    assert "no more than 2 charts" in str(refusal(message(CHART, CHART, CHART)))
    labels = [str(each) for each in range(MAX_POINTS)]
    assert refusal(message(line_chart("T", labels, {"s": [1.0] * MAX_POINTS}, "x", "y"))) is None


def test_a_workspace_without_the_block() -> None:
    assert (
        str(refusal(message(section("a"), CHART), charts=False)) == "invalid_blocks: unsupported type [/blocks/1/type]"
    )
    assert refusal(message(section("a")), charts=False) is None


def test_the_inbox_draws_it() -> None:
    evil = line_chart("<b>", ["<i>", "b"], {"<u>": [1.0, 2.0]}, "<x>", "<y>")
    shown = drawn(evil)
    assert "<svg" in shown
    assert not any(each in shown for each in ("<i>", "<u>", "<x>", "<y>"))
    assert "<b>&lt;b&gt;</b>" in shown
