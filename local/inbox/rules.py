"""What Slack refuses in a message. Pure.

Limits from https://docs.slack.dev/reference/block-kit/blocks; the bound on all blocks together is not documented,
but about 13,200 characters give `msg_blocks_too_long`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

MAX_BLOCKS, MAX_TEXT, MAX_ALL_BLOCKS = 50, 40_000, 13_200
_KINDS = ("header", "section", "context", "divider", "actions", "image", "rich_text", "markdown")


def refusal(message: Mapping[str, Any]) -> tuple[str, str] | None:
    """Slack's error code and what is wrong, None when it would take the message."""
    blocks = message.get("blocks") or []
    text = message.get("text") or ""
    if not isinstance(blocks, list) or not isinstance(text, str):
        return "invalid_arguments", "text must be text and blocks a list"
    if not blocks and not text:
        return "no_text", "neither text nor blocks"
    if len(text) > MAX_TEXT:
        return "msg_too_long", f"text has {len(text)} characters"
    if len(blocks) > MAX_BLOCKS:
        return "invalid_blocks", f"{len(blocks)} blocks"
    faults = [fault for index, block in enumerate(blocks) for fault in _faults(f"blocks[{index}]", block)]
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(ids) != len(set(ids)):
        faults.append("block_id is used twice")
    if faults:
        return "invalid_blocks", "; ".join(faults)
    if sum(len(part) for block in blocks for part in texts(block)) > MAX_ALL_BLOCKS:
        return "msg_blocks_too_long", "all blocks together are too long"
    return None


def texts(block: Mapping[str, Any]) -> Iterator[str]:
    """Every text in a block."""
    for name in ("text", "elements", "fields"):
        value = block.get(name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                inner = each.get("text")
                yield inner if isinstance(inner, str) else str((inner or {}).get("text", ""))
            elif isinstance(each, str):
                yield each


def _faults(place: str, block: Any) -> Iterator[str]:
    if not isinstance(block, dict) or block.get("type") not in _KINDS:
        yield f"{place} is no known block"
        return
    if len(str(block.get("block_id", ""))) > 255:
        yield f"{place}.block_id is longer than 255"
    match block["type"]:
        case "header":
            yield from _text(f"{place}.text", block.get("text"), 150, ("plain_text",))
        case "section":
            fields = block.get("fields")
            if "text" not in block and not fields:
                yield f"{place} has neither text nor fields"
            if "text" in block:
                yield from _text(f"{place}.text", block["text"], 3000)
            yield from _each(f"{place}.fields", fields or [], 10, 2000)
        case "context":
            yield from _each(f"{place}.elements", block.get("elements"), 10, 2000)
        case "actions":
            elements = block.get("elements")
            if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
                yield f"{place}.elements must be 1 to 25"
                return
            for element in elements:
                yield from _text(f"{place} button", element.get("text"), 75, ("plain_text",))
                if len(str(element.get("action_id", ""))) > 255 or len(str(element.get("value", ""))) > 2000:
                    yield f"{place} button has too long an id or value"


def _each(place: str, values: Any, most: int, limit: int) -> Iterator[str]:
    if not isinstance(values, list) or len(values) > most or (place.endswith("elements") and not values):
        yield f"{place} must be a list of at most {most}"
        return
    for index, value in enumerate(values):
        yield from _text(f"{place}[{index}]", value, limit)


def _text(place: str, value: Any, limit: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> Iterator[str]:
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield f"{place} must be {' or '.join(kinds)}"
        return
    text = value.get("text")
    if not isinstance(text, str) or not 1 <= len(text) <= limit:
        yield f"{place} must have 1 to {limit} characters, not {len(text) if isinstance(text, str) else text!r}"
