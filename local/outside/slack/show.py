"""Messages as a page that a person reads, much as Slack shows them. Pure; everything is escaped."""

import html
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from local.html import page
from local.outside.slack.mrkdwn import escaped, mrkdwn

REFRESH_SECONDS = 10


def inbox(messages: Sequence[Mapping[str, Any]], refused: Sequence[str], now: datetime) -> str:
    """The page: messages with their replies, then what was refused; `now` is aware and gives the zone."""
    shown = "".join(message(each, now) for each in messages)
    faults = "".join(f"<li>{html.escape(each)}</li>" for each in refused)
    return page(
        "Inbox",
        '<h1>Inbox</h1><p class="soft">Stands for Slack on this machine, with its limits.</p>'
        + (shown or '<article class="soft">Nothing has been posted yet.</article>')
        + (f'<article><h2 class="bad">Refused</h2><ul>{faults}</ul></article>' if faults else ""),
        refresh=REFRESH_SECONDS,
    )


def message(entry: Mapping[str, Any], now: datetime) -> str:
    blocks = entry.get("blocks") or [{"type": "section", "text": {"type": "mrkdwn", "text": entry.get("text", "")}}]
    reply = ' class="reply"' if entry.get("thread_ts") else ""
    at = datetime.fromtimestamp(float(entry["ts"]), UTC).astimezone(now.tzinfo).strftime("%H:%M:%S")
    edited = " · edited" if "edited" in entry else ""
    via = f"{html.escape(str(entry['channel']))} · {at}{edited}"
    content = "".join(_block(each, now) for each in blocks)
    return f'<article{reply}><div class="who">Kaizen Loop<span>{via}</span></div>{content}</article>'


def _block(given: Mapping[str, Any], now: datetime) -> str:
    match given["type"]:
        case "header":
            return f"<h2>{html.escape(given['text']['text'])}</h2>"
        case "divider":
            return "<hr>"
        case "context":
            parts = " ".join(_text(element, now) for element in given["elements"])
            return f'<div class="section context">{parts}</div>'
        case "section":
            return _section(given, now)
        case "actions":
            return f'<div class="section">{"".join(_button(each) for each in given["elements"])}</div>'
        case "image":
            return f'<div class="section soft">[image: {html.escape(str(given["alt_text"]))}]</div>'
        case _:
            return f'<div class="section">{html.escape(str(given.get("text", "")))}</div>'


def _section(given: Mapping[str, Any], now: datetime) -> str:
    shown = f'<div class="section">{_text(given["text"], now)}</div>' if "text" in given else ""
    fields = "".join(f'<div class="section">{_text(each, now)}</div>' for each in given.get("fields", []))
    button = _button(given["accessory"]) if "accessory" in given else ""
    return shown + (f'<div class="fields">{fields}</div>' if fields else "") + button


def _button(element: Mapping[str, Any]) -> str:
    label = html.escape(element["text"]["text"])
    address = element.get("url", "")
    if address.startswith(("https://", "http://")):
        return f'<a class="button" href="{html.escape(address)}" rel="noreferrer">{label}</a>'
    return f'<span class="button">{label}</span>'


def _text(given: Mapping[str, Any], now: datetime) -> str:
    return mrkdwn(given["text"], now) if given["type"] == "mrkdwn" else escaped(given["text"])
