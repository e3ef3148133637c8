"""Messages within Slack's limits: at most 50 blocks, 3000 characters a section, and 12,000 in all blocks together.

Slack documents the first two; about 13,200 characters in all give the undocumented `msg_blocks_too_long`. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

MAX_BLOCKS = 50
MAX_CHARACTERS = 12_000
MAX_SECTION = 2_900
MAX_TEXT = 39_000
Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One post: `text` is what notifications and screen readers get, `blocks` what the channel shows."""

    text: str
    blocks: list[Block] = field(default_factory=list)


def header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text[:150], "emoji": True}}


def section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}


def divider() -> Block:
    return {"type": "divider"}


def sections(lines: Iterable[str]) -> list[Block]:
    """Lines put together in as few sections as their limit allows; a line is never broken."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + 1 + len(line) <= MAX_SECTION:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return [section(text) for text in texts]


def block_text(block: Block) -> str:
    """What a block says, as text."""
    match block["type"]:
        case "divider":
            return ""
        case "context":
            return " ".join(element["text"] for element in block["elements"])
        case _:
            return str(block["text"]["text"])


def pack(blocks: Iterable[Block]) -> list[Message]:
    """As few messages as the limits allow, blocks in order and none broken."""
    packed: list[list[Block]] = []
    size = 0
    for block in blocks:
        length = len(block_text(block))
        if not packed or len(packed[-1]) == MAX_BLOCKS or size + length > MAX_CHARACTERS:
            packed.append([])
            size = 0
        packed[-1].append(block)
        size += length
    return [Message("\n".join(filter(None, map(block_text, each)))[:MAX_TEXT], each) for each in packed]
