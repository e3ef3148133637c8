"""Slack's markup as HTML, near enough that a person sees what Slack would make of it. Pure.

https://docs.slack.dev/messaging/formatting-message-text
"""

import html
import re
from datetime import UTC, datetime, timedelta, tzinfo

# Names that a hostile title could use to fake a sign; Slack would show the emoji.
_EMOJI = {
    "red_circle": "🔴", "large_orange_circle": "🟠", "large_green_circle": "🟢", "white_circle": "⚪", "tada": "🎉",
    "warning": "⚠️", "rotating_light": "🚨", "white_check_mark": "✅", "x": "❌", "double_vertical_bar": "⏸️",
}  # fmt: skip
# Slack draws its emoji itself. So does this page, for those that a message is read by: not every machine has a font.
_DRAWN = {"🟢": "green", "🟠": "orange", "🔴": "red", "⚪": "white", "⏸️": "pause"}
_LAMP = re.compile("|".join(_DRAWN))
_TOKEN = re.compile(r"<([^<>\n]+)>")
_CODE = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)
_SHORT = re.compile(r":([a-z0-9_'+-]+):")
_INLINE = (
    (re.compile(r"(?<![\w*])\*(?![\s\u200b])([^*\n]+?)(?<![\s\u200b])\*(?![\w*])"), "b"),
    (re.compile(r"(?<![\w_])_(?![\s\u200b])([^_\n]+?)(?<![\s\u200b])_(?![\w_])"), "i"),
    (re.compile(r"(?<![\w~])~(?![\s\u200b])([^~\n]+?)(?<![\s\u200b])~(?![\w~])"), "s"),
)
_QUOTE = re.compile(r"^&gt; ?(.*)$", re.MULTILINE)
_MARK = "\ue000"  # private use: stands for markup that is finished, and is removed from what comes in


def mrkdwn(text: str, now: datetime) -> str:
    """HTML; `now` is aware, and its zone is the one that dates are shown in."""
    finished: list[str] = []

    def keep(markup: str) -> str:
        finished.append(markup)
        return f"{_MARK}{len(finished) - 1}{_MARK}"

    text = text.replace(_MARK, "")
    text = _CODE.sub(lambda found: keep(f"<code>{escaped(found[1] or found[2])}</code>"), text)
    text = _TOKEN.sub(lambda found: keep(_token(found[1], now)), text)
    text = escaped(text)
    text = _SHORT.sub(lambda found: _EMOJI.get(found[1], found[0]), text)
    for pattern, tag in _INLINE:
        text = pattern.sub(rf"<{tag}>\1</{tag}>", text)
    text = _LAMP.sub(lambda found: f'<span class="lamp {_DRAWN[found[0]]}">{found[0]}</span>', text)
    text = _QUOTE.sub(r"<blockquote>\1</blockquote>", text)
    while _MARK in text:  # code may hold finished tokens
        text = re.sub(f"{_MARK}([0-9]+){_MARK}", lambda found: finished[int(found[1])], text)
    return text


def escaped(text: str) -> str:
    """HTML-escaped once: Slack's three entities are undone first."""
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return html.escape(text)


def _token(inner: str, now: datetime) -> str:
    """What stands in angle brackets: a link, a date, a mention. A mention is made conspicuous: it pings people."""
    target, _, label = inner.partition("|")
    if target.startswith(("https://", "http://", "mailto:")):
        return f'<a href="{escaped(target)}" rel="noreferrer">{escaped(label or target)}</a>'
    if target.startswith("!date^"):
        return _date(target, label, now)
    if target.startswith(("@", "#", "!")):
        return f"<mark>{escaped(label or target.replace('!', '@', 1))}</mark>"
    return escaped(f"<{inner}>")


def _date(target: str, fallback: str, now: datetime) -> str:
    _, stamp, form = ([*target.split("^"), "", ""])[:3]
    if not stamp.isdecimal() or len(stamp) > 11 or now.tzinfo is None:
        return escaped(fallback)
    at = datetime.fromtimestamp(int(stamp), UTC)
    text = date_text(form, at, now, now.tzinfo)
    return f'<time datetime="{at.isoformat()}" title="{escaped(fallback)}">{escaped(text)}</time>'


def date_text(form: str, at: datetime, now: datetime, zone: tzinfo) -> str:
    """Slack's date tokens, such as `{date_short_pretty} {time}`."""
    local = at.astimezone(zone)
    day = {0: "today", -1: "yesterday", 1: "tomorrow"}.get((local.date() - now.astimezone(zone).date()).days)
    month, short = local.strftime("%B"), local.strftime("%b")
    ordinal = "th" if 11 <= local.day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(local.day % 10, "th")
    long = f"{month} {local.day}{ordinal}, {local.year}"
    values = {
        "date_num": local.strftime("%Y-%m-%d"),
        "date": long,
        "date_short": f"{short} {local.day}, {local.year}",
        "date_long": f"{local.strftime('%A')}, {long}",
        "time": local.strftime("%H:%M"),
        "time_secs": local.strftime("%H:%M:%S"),
        "ago": _ago(now - at),
    }
    values |= {f"{name}_pretty": day or values[name] for name in ("date", "date_short", "date_long")}
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), form)


def _ago(since: timedelta) -> str:
    minutes = int(since.total_seconds() // 60)
    if minutes < 60:
        return f"{max(minutes, 0)} minutes ago"
    return f"{minutes // 60} hours ago" if minutes < 2880 else f"{minutes // 1440} days ago"
