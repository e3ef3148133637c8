"""What Slack refuses in a message. Pure.

Limits from https://docs.slack.dev/reference/block-kit/blocks; the bound on all blocks together is documented
nowhere, but about 13,200 characters give `msg_blocks_too_long`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.outside.slack.charts import MAX_CHARTS, chart_faults, too_many_charts

MAX_BLOCKS, MAX_TEXT, MAX_ALL_BLOCKS, MAX_METADATA = 50, 40_000, 13_200, 8_000
_BUTTON = {"type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"}
_KEYS = {
    "header": {"text", "level"},
    "section": {"text", "fields", "accessory", "expand"},
    "context": {"elements"},
    "divider": set(),
    "actions": {"elements"},
    "image": {"image_url", "slack_file", "alt_text", "title"},
    "markdown": {"text"},
    "data_visualization": {"title", "chart"},
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Slack's error code, and what is wrong with which part."""

    code: str
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.code}: {'; '.join(self.faults)}"


def refusal(message: Mapping[str, Any], *, charts: bool = True) -> Refusal | None:
    """Why Slack would not take the message; None when it would. `charts`: the workspace has chart blocks already."""
    blocks = message.get("blocks") or []
    text = message.get("text") or ""
    if not isinstance(blocks, list) or not isinstance(text, str):
        return Refusal("invalid_arguments", ("text must be text and blocks a list",))
    if not blocks and not text:
        return Refusal("no_text", ("neither text nor blocks",))
    if len(text) > MAX_TEXT:
        return Refusal("msg_too_long", (f"text has {len(text)} characters",))
    if len(blocks) > MAX_BLOCKS:
        return Refusal("invalid_blocks", (f"no more than {MAX_BLOCKS} items allowed [/blocks]",))
    faults = [fault for index, block in enumerate(blocks) for fault in _block(f"/blocks/{index}", block)]
    faults += too_many_charts(blocks, most=MAX_CHARTS if charts else 0)
    faults += _repeated([block.get("block_id") for block in blocks if isinstance(block, dict)], "block_id")
    if faults:
        return Refusal("invalid_blocks", tuple(faults))
    if (total := sum(len(part) for block in blocks for part in texts(block))) > MAX_ALL_BLOCKS:
        return Refusal("msg_blocks_too_long", (f"all blocks together have {total} characters",))
    return _metadata(message.get("metadata"))


def texts(block: Any) -> Iterator[str]:
    """Every text in a block, however deep."""
    for key, value in block.items() if isinstance(block, dict) else enumerate(block) if isinstance(block, list) else ():
        if key == "text" and isinstance(value, str):
            yield value
        else:
            yield from texts(value)


def _metadata(given: Any) -> Refusal | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("event_type"), str):
        return Refusal("invalid_metadata_format", ("metadata needs an event_type",))
    if not isinstance(given.get("event_payload"), dict):
        return Refusal("invalid_metadata_format", ("metadata needs an event_payload",))
    if len(json.dumps(given)) > MAX_METADATA:
        return Refusal("metadata_too_large", (f"metadata of {len(json.dumps(given))} characters",))
    return None


def _block(place: str, block: Any) -> Iterator[str]:
    if not isinstance(block, dict) or block.get("type") not in _KEYS:
        yield f"unsupported type [{place}/type]"
        return
    kind = block["type"]
    for key in block.keys() - _KEYS[kind] - {"type", "block_id"}:
        yield f"no additional property {key} allowed [{place}]"
    yield from _id(f"{place}/block_id", block.get("block_id"))
    match kind:
        case "header":
            yield from _text(f"{place}/text", block.get("text"), 150, ("plain_text",))
        case "section":
            if "text" not in block and not block.get("fields"):
                yield f"missing required field text or fields [{place}]"
            if "text" in block:
                yield from _text(f"{place}/text", block["text"], 3000)
            if "fields" in block:
                yield from _texts(f"{place}/fields", block["fields"], 10, 2000)
            if "accessory" in block:
                yield from _button(f"{place}/accessory", block["accessory"])
        case "context":
            yield from _texts(f"{place}/elements", block.get("elements"), 10, 2000)
        case "actions":
            yield from _actions(f"{place}/elements", block.get("elements"))
        case "image":
            yield from _plain(f"{place}/alt_text", block.get("alt_text"), 2000)
            yield from _plain(f"{place}/image_url", block.get("image_url"), 3000)
        case "markdown":
            yield from _plain(f"{place}/text", block.get("text"), 12_000)
        case "data_visualization":
            yield from chart_faults(place, block)


def _actions(place: str, elements: Any) -> Iterator[str]:
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        yield f"must be 1 to 25 elements [{place}]"
        return
    for index, element in enumerate(elements):
        yield from _button(f"{place}/{index}", element)
    yield from _repeated([each.get("action_id") for each in elements if isinstance(each, dict)], "action_id")


def _button(place: str, element: Any) -> Iterator[str]:
    """Of the interactive elements only buttons, which are all that we send."""
    if not isinstance(element, dict) or element.get("type") != "button":
        yield f"unsupported type [{place}/type]"
        return
    for key in element.keys() - _BUTTON:
        yield f"no additional property {key} allowed [{place}]"
    yield from _text(f"{place}/text", element.get("text"), 75, ("plain_text",))
    yield from _id(f"{place}/action_id", element.get("action_id"))
    if "value" in element:
        yield from _plain(f"{place}/value", element["value"], 2000)
    if "url" in element:
        yield from _plain(f"{place}/url", element["url"], 3000)
    if element.get("style") not in (None, "primary", "danger"):
        yield f"must be primary or danger [{place}/style]"


def _texts(place: str, values: Any, most: int, limit: int) -> Iterator[str]:
    if not isinstance(values, list) or not 1 <= len(values) <= most:
        yield f"must be 1 to {most} elements [{place}]"
        return
    for index, value in enumerate(values):
        yield from _text(f"{place}/{index}", value, limit)


def _text(place: str, value: Any, limit: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> Iterator[str]:
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield f"must be {' or '.join(kinds)} [{place}]"
        return
    other = {"type", "text", "verbatim"} if value["type"] == "mrkdwn" else {"type", "text", "emoji"}
    for key in value.keys() - other:
        yield f"no additional property {key} allowed [{place}]"
    yield from _plain(f"{place}/text", value.get("text"), limit)


def _plain(place: str, value: Any, limit: int) -> Iterator[str]:
    if not isinstance(value, str) or not value:
        yield f"must be more than 0 characters [{place}]"
    elif len(value) > limit:
        yield f"must be less than {limit + 1} characters [{place}]"


def _id(place: str, value: Any) -> Iterator[str]:
    if value is not None:
        yield from _plain(place, value, 255)


def _repeated(values: list[Any], name: str) -> list[str]:
    given = [str(value) for value in values if value is not None]
    return [f"{name} {value} is used twice" for value in sorted({each for each in given if given.count(each) > 1})]
