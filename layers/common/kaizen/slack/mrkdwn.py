"""Text for Slack's mrkdwn, so that nothing a title says is taken for markup. Pure.

Source of the rules: https://docs.slack.dev/messaging/formatting-message-text
"""

import unicodedata
from datetime import datetime

# `*`, `_`, `~` and the backtick have no escape: a zero-width space after them keeps them from pairing up.
_MARKERS = str.maketrans({marker: f"{marker}\u200b" for marker in "*_~`"})
_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))  # in this order, else `&` would be escaped twice
_JOINERS = "\u200d\ufe0e\ufe0f\u20e3"
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def clean(text: str) -> str:
    """One line without control characters, lone surrogates, or marks that turn the direction of the text."""
    kept = "".join(character if character.isprintable() else _instead(character) for character in text)
    return " ".join(kept.split())


def _instead(character: str) -> str:
    category = unicodedata.category(character)
    if character in _JOINERS:  # they hold an emoji together
        return character
    return " " if category in ("Cc", "Zl", "Zp", "Zs") else ""


def entities(text: str) -> str:
    for character, entity in _ENTITIES:
        text = text.replace(character, entity)
    return text


def escape(text: str) -> str:
    """Cleaned text that shows as it is written."""
    return entities(clean(text)).translate(_MARKERS)


def cut(text: str, limit: int) -> str:
    """The escaped text in at most `limit` characters, cut between characters as people see them, with an ellipsis."""
    whole = escape(text)
    if len(whole) <= limit:
        return whole
    plain = clean(text)
    room = limit - 1
    end = used = 0
    for index, character in enumerate(plain):
        used += len(escape(character)) if character != " " else 1
        if used > room:
            break
        end = index + 1
    while end and end < len(plain) and _belongs_to_the_one_before(plain, end):
        end -= 1
    return f"{entities(plain[:end]).translate(_MARKERS)}…"


def _belongs_to_the_one_before(text: str, index: int) -> bool:
    character = text[index]
    return (
        unicodedata.combining(character) > 0
        or character in _JOINERS
        or ord(character) in _SKIN_TONES
        or text[index - 1] == "\u200d"
    )


def link(url: str, label: str) -> str:
    """A link with an escaped label; the address cannot end it early."""
    address = entities(url).replace("|", "%7C").replace(" ", "%20")
    return f"<{address}|{escape(label).replace('|', '¦')}>"


def instant(at: datetime) -> str:
    """An instant in the reader's zone; UTC where Slack cannot show it so."""
    fallback = at.strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"
