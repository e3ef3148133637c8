"""Blocks of a message as Slack wants them. Pure.

https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]

MAX_BLOCKS = 50
MAX_SECTION = 3000  # units of a section's text
MAX_CONTEXT = 2000
MAX_POINTS = 20  # of a chart
# Slack refuses a message of some 13,200 characters with `msg_blocks_too_long`, which it documents nowhere.
MAX_MESSAGE = 12_000  # units of the blocks as JSON, and equally of the fallback text


@dataclass(frozen=True, slots=True)
class Message:
    """One message: blocks, and the same in plain text for notifications and screen readers. Both are escaped.

    `plainer` are the blocks for a workspace that does not take all kinds of blocks yet, where `blocks` has a new one.
    """

    blocks: tuple[Block, ...]
    text: str
    plainer: tuple[Block, ...] = ()


def _mrkdwn(text: str) -> dict[str, Any]:
    # Verbatim: `@here`, `#general` and bare addresses in a title stay text. Links and dates still work.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def section(text: str) -> Block:
    """Text in full: without `expand`, Slack folds long sections behind *See more*."""
    return {"type": "section", "text": _mrkdwn(text), "expand": True}


def context(text: str) -> Block:
    """Small grey text."""
    return {"type": "context", "elements": [_mrkdwn(text)]}


def line_chart(title: str, labels: Sequence[str], series: Mapping[str, Sequence[float]], x: str, y: str) -> Block:
    """A chart that Slack draws: each series has a value for each label. `x` and `y` name the axes.

    Its texts are plain, with nothing to escape: title and axes of at most 50 characters, labels and names of 20.
    https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
    """
    lines = [
        {"name": name, "data": [{"label": at, "value": value} for at, value in zip(labels, values, strict=True)]}
        for name, values in series.items()
    ]
    axes = {"categories": list(labels), "x_label": x, "y_label": y}
    chart = {"type": "line", "series": lines, "axis_config": axes}
    return {"type": "data_visualization", "title": title, "chart": chart}
