"""Any text made safe for Slack's mrkdwn: it shows as written, formats nothing, links nothing, pings nobody. Pure.

Slack decodes three entities and has no escape for its markers, hence zero-width spaces round those.
https://docs.slack.dev/messaging/formatting-message-text
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from kaizen.slack.graphemes import clusters, extends

ZERO_WIDTH = "\u200b"
ELLIPSIS = "…"
MAX_URL = 500  # units; a longer address is left out rather than cut
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKERS = frozenset("*_~`")
_EMOJI_NAME = re.compile(r":(?=[a-z0-9_'+-]+:)")
_KEPT_FORMATS = re.compile("[\u200c\u200d\U000e0020-\U000e007f]")  # joiners, and the tags in flags
_NONCHARACTERS = range(0xFDD0, 0xFDF0)
_READ_AHEAD = 8  # characters for each unit of a limit: what comes after is cut off unread
_MAX_MARKS = 8  # on one letter; more only paints over the lines above and below
_ISOLATE, _POP = "\u2068", "\u2069"
_RIGHT_TO_LEFT = ("R", "AL", "AN")
_UNSAFE_IN_URL = re.compile(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]")


def units(text: str) -> int:
    """Length in UTF-16 units: never less than what Slack counts, whichever way it counts an emoji."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean(text: str) -> str:
    """One line of well-formed text: no controls, no direction overrides, no invisible formats, no piles of marks."""
    if text.isascii() and text.isprintable():  # most are: no need to look at each character
        return " ".join(text.split())
    kept: list[str] = []
    marks = 0
    for char in text:
        shown = _shown(char)
        marks = marks + 1 if extends(char) else 0
        if shown and marks <= _MAX_MARKS:
            kept.append(shown)
    return " ".join("".join(kept).split())


def _shown(char: str) -> str:
    match unicodedata.category(char):
        case "Cc" | "Zl" | "Zp" | "Zs":
            return " "
        case "Cs":
            return "\ufffd"
        case "Cf":
            return char if _KEPT_FORMATS.match(char) else ""
    code = ord(char)
    return "\ufffd" if code & 0xFFFE == 0xFFFE or code in _NONCHARACTERS else char


def escape(text: str) -> str:
    """The text as it goes into mrkdwn or into a message's fallback; apply once."""
    return "".join(_pieces(clean(text)))


def cut(text: str, limit: int) -> str:
    """The escaped text in at most `limit` units, ended by `…` when something is left out.

    Cut between graphemes, so that no entity and no emoji is torn apart.
    """
    head = text[: limit * _READ_AHEAD]
    kept: list[str] = []
    room = limit
    for piece in _pieces(clean(head)):
        room -= units(piece)
        kept.append(piece)
        if room < 0:
            break
    if room >= 0 and len(head) == len(text):
        return "".join(kept)
    while kept and room < units(ELLIPSIS):
        room += units(kept.pop())
    return "".join(kept) + ELLIPSIS


def isolated(escaped: str) -> str:
    """The same, kept from turning the rest of its line round when it is written from right to left."""
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in escaped):
        return f"{_ISOLATE}{escaped}{_POP}"
    return escaped


def address(url: str) -> str:
    """A web address as it goes into a message, where nothing ends it early; empty when it is none or too long."""
    safe = _UNSAFE_IN_URL.sub(_percent, url).replace("&", "&amp;")
    return safe if url.startswith(("https://", "http://")) and units(safe) <= MAX_URL else ""


def link(url: str, label: str) -> str:
    """A link with an escaped label; the label alone when there is no address."""
    safe = address(url)
    return f"<{safe}|{label}>" if safe else label


def date(instant: datetime, zone: str) -> str:
    """An instant that each reader sees in the own time zone; `zone` (IANA) is for clients that cannot."""
    return f"<!date^{int(instant.timestamp())}^{{date_short_pretty}} {{time}}|{plain_date(instant, zone)}>"


def plain_date(instant: datetime, zone: str) -> str:
    """Text such as `2026-03-02 14:00 CET`."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M %Z")


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))


def _pieces(text: str) -> Iterator[str]:
    """The escaped graphemes of a cleaned text."""
    names = {found.start() for found in _EMOJI_NAME.finditer(text)}
    start = 0
    for cluster in clusters(text):
        end = start + len(cluster)
        yield "".join(_escaped(text, index, index in names) for index in range(start, end))
        start = end


def _escaped(text: str, index: int, starts_emoji_name: bool) -> str:
    char = text[index]
    if starts_emoji_name:  # `:red_circle:` would show as the sign of a breach
        return char + ZERO_WIDTH
    if char not in _MARKERS:
        return _ENTITIES.get(char, char)
    # Inside a word Slack formats nothing, and an identifier should be found again when it is copied.
    if char != "`" and text[index - 1 : index].isalnum() and text[index + 1 : index + 2].isalnum():
        return char
    # An opening marker needs text after it, a closing one before it: a space of no width is neither.
    return f"{ZERO_WIDTH}{char}{ZERO_WIDTH}"
