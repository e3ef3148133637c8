"""Markdown as GitHub shows it in comments: tables, lists, code, details. No other HTML, no remote picture. Pure."""

import html
import re
from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

# What GitHub keeps of a comment's own HTML, as far as reports use it; attributes are dropped but `open`.
_KEPT = ("details", "summary", "sub", "sup", "kbd", "b", "i", "br")
_TAG = re.compile(rf"<(/?)({'|'.join(_KEPT)})(?:\s[^<>]*|/)?>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_OPEN = re.compile(r"<details\s+open\s*>", re.IGNORECASE)
_LOOPBACK = ("127.0.0.1", "localhost")


def markdown(text: str) -> str:
    """HTML of a comment; tags that are left open are closed at its end."""
    state: dict[str, Any] = {"open": []}
    body: str = _parser().render(text.replace("\x00", ""), state)
    return body + "".join(f"</{name}>" for name in reversed(state["open"]))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for name, rule in (("html_block", _html), ("html_inline", _html), ("image", _image)):
        parser.add_render_rule(name, rule)
    return parser


def _html(renderer: Any, tokens: Sequence[Token], place: int, options: Any, state: Any) -> str:
    """A comment's own HTML: the few tags that are kept, in pairs; all else as text."""
    content, parts, at = tokens[place].content, [], 0
    for found in _TAG.finditer(content):
        parts.append(html.escape(content[at : found.start()]))
        parts.append(_tag(found, state["open"]))
        at = found.end()
    return "".join((*parts, html.escape(content[at:])))


def _tag(found: re.Match[str], opened: list[str]) -> str:
    if not found[2]:
        return ""  # an HTML comment: a marker
    name = found[2].lower()
    if name == "br":
        return "<br>"
    if not found[1]:
        opened.append(name)
        return "<details open>" if _OPEN.fullmatch(found[0]) else f"<{name}>"
    if opened and opened[-1] == name:
        opened.pop()
        return f"</{name}>"
    return html.escape(found[0])


def _image(renderer: Any, tokens: Sequence[Token], place: int, options: Any, state: Any) -> str:
    """A picture of this machine is shown; another one is a link, since a page here loads nothing from elsewhere."""
    token = tokens[place]
    source, alt = html.escape(str(token.attrs.get("src", ""))), html.escape(token.content)
    if urlsplit(str(token.attrs.get("src", ""))).hostname in _LOOPBACK:
        return f'<img src="{source}" alt="{alt}">'
    return f'<a href="{source}" rel="noreferrer">[image: {alt}]</a>'
