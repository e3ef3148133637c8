"""Blocks of a message as Slack wants them. Pure.

https://docs.slack.dev/reference/block-kit/blocks
"""

from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]

MAX_BLOCKS = 50
MAX_SECTION = 3000  # units of a section's text
MAX_CONTEXT = 2000
# Slack refuses a message of some 13,200 characters with `msg_blocks_too_long`, which it documents nowhere.
MAX_MESSAGE = 12_000  # units of the blocks as JSON, and equally of the fallback text


@dataclass(frozen=True, slots=True)
class Message:
    """One message: blocks, and the same in plain text for notifications and screen readers. Both are escaped."""

    blocks: tuple[Block, ...]
    text: str


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
