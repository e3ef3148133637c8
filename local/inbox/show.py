"""Messages as a page that a person reads, much as Slack shows them. Pure; everything is escaped."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

_CODES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]*)>|<(https?://[^>]+)>")
_DATE = re.compile(r"<!date\^(\d+)\^[^|>]*\|([^>]*)>")
_BOLD = re.compile(r"(?<![\w*])\*(?!\s|\u200b)([^*\n]+?)\*(?![\w*])")
_ITALIC = re.compile(r"(?<![\w_])_(?!\s|\u200b)([^_\n]+?)_(?![\w_])")

STYLE = """
:root { color-scheme: light dark; --ink: #1d1c1d; --soft: #616061; --line: #ddd; --paper: #fff; --back: #f6f5f7; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #d1d2d3; --soft: #9a9b9e; --line: #3a3b3e; --paper: #1f2124; --back: #151618; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.47 system-ui, sans-serif; }
main { max-width: 860px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 20px; } h2 { font-size: 18px; margin: 0 0 8px; }
nav, .soft, .context { color: var(--soft); font-size: 13px; }
article { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 16px; margin: 16px 0; }
article.reply { margin-left: 40px; }
.who { font-weight: 700; } .who span { font-weight: 400; color: var(--soft); font-size: 12px; margin-left: 6px; }
.section { margin: 12px 0; white-space: pre-wrap; overflow-wrap: anywhere; }
hr { border: 0; border-top: 1px solid var(--line); } a { color: #1264a3; text-decoration: none; }
a:hover { text-decoration: underline; } table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); font-size: 14px; }
code { background: var(--back); padding: 1px 4px; border-radius: 4px; font-size: 13px; overflow-wrap: anywhere; }
"""


def page(title: str, body: str, *, refresh: int = 0) -> str:
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>{again}'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )


def inbox(messages: Sequence[Mapping[str, Any]]) -> str:
    """The page; newest thread last, replies below their first message."""
    shown = "".join(message(each) for each in messages)
    empty = '<p class="soft">Nothing has been posted yet.</p>'
    return page("Inbox", f"<h1>Inbox</h1>{shown or empty}", refresh=10)


def message(entry: Mapping[str, Any]) -> str:
    blocks = entry.get("blocks") or [{"type": "section", "text": {"type": "mrkdwn", "text": entry.get("text", "")}}]
    reply = ' class="reply"' if entry.get("thread_ts") else ""
    via = html.escape(f"{entry.get('channel', '')} · {entry.get('at', '')}")
    return (
        f'<article{reply}><div class="who">Kaizen Loop<span>{via}</span></div>{"".join(map(block, blocks))}</article>'
    )


def block(given: Mapping[str, Any]) -> str:
    match given["type"]:
        case "header":
            return f"<h2>{html.escape(given['text']['text'])}</h2>"
        case "divider":
            return "<hr>"
        case "context":
            parts = " ".join(_object(element) for element in given["elements"])
            return f'<div class="section context">{parts}</div>'
        case "section" if "text" in given:
            return f'<div class="section">{_object(given["text"])}</div>'
        case _:
            return f'<div class="section soft">[{html.escape(given["type"])}]</div>'


def _object(text: Mapping[str, Any]) -> str:
    return mrkdwn(text["text"]) if text["type"] == "mrkdwn" else html.escape(text["text"])


def mrkdwn(text: str) -> str:
    """Slack's markup as HTML: links, dates, bold and italics; anything else stays what it says."""
    kept: list[str] = []

    def keep(markup: str) -> str:
        kept.append(markup)
        return f"\x00{len(kept) - 1}\x00"

    def link(found: re.Match[str]) -> str:
        address = found[1] or found[3]
        return keep(f'<a href="{_escaped(address)}">{_escaped(found[2] or address)}</a>')

    text = _DATE.sub(lambda found: keep(f"<time>{_escaped(found[2])}</time>"), text.replace("\x00", ""))
    text = _LINK.sub(link, text)
    text = _escaped(text)
    text = _BOLD.sub(r"<b>\1</b>", text)
    text = _ITALIC.sub(r"<i>\1</i>", text)
    return re.sub(r"\x00(\d+)\x00", lambda found: kept[int(found[1])], text)


def _escaped(text: str) -> str:
    """HTML-escaped once: Slack's three entities are undone first."""
    for entity, character in reversed(_CODES.items()):
        text = text.replace(entity, character)
    return html.escape(text)
