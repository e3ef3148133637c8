"""A second opinion on messages: another library's knowledge of Slack's blocks, beside our double of Slack."""

from collections.abc import Mapping, Sequence
from typing import Any

import slackblocks
from slackblocks.errors import InvalidUsageError
from slackblocks.objects import AxisConfig, DataPoint, DataSeries

_BUTTON = ("action_id", "url", "value", "style", "accessibility_label")


def faults(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the library finds wrong, with the place of the block."""
    found = []
    for place, block in enumerate(blocks):
        try:
            _built(dict(block))
        except (InvalidUsageError, KeyError, TypeError, ValueError) as error:
            found.append(f"/blocks/{place}: {type(error).__name__}: {error}")
    return found


def _built(block: dict[str, Any]) -> slackblocks.Block:
    """The library reads most blocks; it builds those with buttons and charts, which it does not read yet."""
    name = block.get("block_id")
    match block["type"]:
        case "actions":
            return slackblocks.ActionsBlock([_button(each) for each in block["elements"]], name)
        case "section" if "accessory" in block:
            slackblocks.SectionBlock.from_dict({key: value for key, value in block.items() if key != "accessory"})
            return slackblocks.SectionBlock(" ", accessory=_button(block["accessory"]))
        case "data_visualization" if block["chart"]["type"] == "line":
            chart = block["chart"]
            lines = [
                DataSeries(each["name"], [DataPoint(at["label"], at["value"]) for at in each["data"]])
                for each in chart["series"]
            ]
            return slackblocks.DataVisualizationBlock(
                block["title"], slackblocks.LineChart(lines, AxisConfig(**chart["axis_config"]))
            )
        case _:
            return slackblocks.Block.from_dict(block)


def _button(given: Mapping[str, Any]) -> slackblocks.Button:
    text = slackblocks.Text.from_dict(given["text"])
    return slackblocks.Button(text, **{name: given[name] for name in _BUTTON if name in given})
