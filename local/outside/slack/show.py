"""Messages as a page that a person reads, much as Slack shows them. Pure; everything is escaped."""

import html
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from local.html import page
from local.outside.slack.drawing import drawn
from local.outside.slack.mrkdwn import escaped, mrkdwn

REFRESH_SECONDS = 10


def inbox(messages: Sequence[Mapping[str, Any]], refused: Sequence[str], now: datetime) -> str:
    """The page: messages with their replies, then what was refused; `now` is aware and gives the zone."""
    shown = "".join(message(each, now) for each in messages)
    faults = "".join(f"<li>{html.escape(each)}</li>" for each in refused)
    return page(
        "Inbox",
        '<h1>Inbox</h1><p class="soft">Stands for Slack on this machine, with its limits. '
        '<a href="/slack/say">Type a command</a></p>'
        + (shown or '<article class="soft">Nothing has been posted yet.</article>')
        + (f'<article><h2 class="bad">Refused</h2><ul>{faults}</ul></article>' if faults else ""),
        refresh=REFRESH_SECONDS,
    )


def message(entry: Mapping[str, Any], now: datetime) -> str:
    blocks = entry.get("blocks") or [{"type": "section", "text": {"type": "mrkdwn", "text": entry.get("text", "")}}]
    reply = ' class="reply"' if entry.get("thread_ts") else ""
    at = datetime.fromtimestamp(float(entry["ts"]), UTC).astimezone(now.tzinfo).strftime("%H:%M:%S")
    edited = " · edited" if "edited" in entry else ""
    if "answer_to" in entry:
        seen = "only visible to you" if entry["ephemeral"] else "in the channel"
        edited = f" · {html.escape(str(entry['answer_to']))} · {seen}"
    via = f"{html.escape(str(entry['channel']))} · {at}{edited}"
    content = "".join(_block(each, now, entry) for each in blocks)
    return f'<article{reply}><div class="who">Kaizen Loop<span>{via}</span></div>{content}</article>'


def _block(given: Mapping[str, Any], now: datetime, entry: Mapping[str, Any]) -> str:
    match given["type"]:
        case "header":
            return f"<h2>{html.escape(given['text']['text'])}</h2>"
        case "divider":
            return "<hr>"
        case "context":
            parts = " ".join(_text(element, now) for element in given["elements"])
            return f'<div class="section context">{parts}</div>'
        case "section":
            return _section(given, now, entry)
        case "data_visualization":
            return drawn(given)
        case "actions":
            buttons = "".join(_button(each, entry) for each in given["elements"])
            return f'<div class="buttons">{buttons}</div>'
        case "image":
            return f'<div class="section soft">[image: {html.escape(str(given["alt_text"]))}]</div>'
        case _:
            return f'<div class="section">{html.escape(str(given.get("text", "")))}</div>'


def _section(given: Mapping[str, Any], now: datetime, entry: Mapping[str, Any]) -> str:
    shown = f'<div class="section">{_text(given["text"], now)}</div>' if "text" in given else ""
    fields = "".join(f'<div class="section">{_text(each, now)}</div>' for each in given.get("fields", []))
    button = _button(given["accessory"], entry) if "accessory" in given else ""
    return shown + (f'<div class="fields">{fields}</div>' if fields else "") + button


def _button(element: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    label = html.escape(element["text"]["text"])
    address = element.get("url", "")
    if address.startswith(("https://", "http://")):
        return f'<a class="button" href="{html.escape(address)}" rel="noreferrer">{label}</a>'
    named = {"channel": entry["channel"], "ts": entry["ts"], "action_id": element.get("action_id", "")}
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(str(value))}">'
        for name, value in (named | {"value": element.get("value", "")}).items()
    )
    main = " main" if element.get("style") == "primary" else ""
    return f'<form method="post" action="/slack/press">{hidden}<button class="button{main}">{label}</button></form>'


def command_page(channel: str, text: str) -> str:
    """Where a person types a command; it does not renew itself, which would lose what is typed."""
    return page(
        "Type a command",
        f"""<h1>Type a command</h1><article><form method="post" action="/slack/say" class="command">
<label>Channel <input name="channel" value="{html.escape(channel)}" required pattern="[CDG][A-Z0-9]+"></label>
<label>/kaizen <input name="text" value="{html.escape(text)}" autofocus></label>
<button class="button main">Send</button></form>
<p class="soft">Such as: subscribe severity:sev1 and component:api · list · summary · help</p></article>
<p><a href="/slack/">Inbox</a></p>""",
    )


def _text(given: Mapping[str, Any], now: datetime) -> str:
    return mrkdwn(given["text"], now) if given["type"] == "mrkdwn" else escaped(given["text"])
