"""Text in grapheme clusters: what a reader takes for one character. Pure.

Extended grapheme clusters of UAX #29 as far as Python's own character data tells them. Where it does not tell, more is
held together, never less, up to the cap that keeps one hostile cluster from filling a message.
"""

import unicodedata
from collections.abc import Iterator

MAX_CLUSTER = 32  # code points; the longest emoji in use has ten
_ZWJ = "\u200d"
_JOINERS = ("\u200c", _ZWJ)
_VIRAMA = 9  # canonical combining class: the mark that fuses two Indic consonants


def clusters(text: str) -> Iterator[str]:
    """The text piece by piece; joined again, it is the text."""
    start = 0
    for index in range(1, len(text)):
        if index - start >= MAX_CLUSTER or _breaks(text, start, index):
            yield text[start:index]
            start = index
    if text:
        yield text[start:]


def extends(char: str) -> bool:
    """Whether a character belongs to the one before it: a mark, a joiner, a skin tone, a tag of a flag."""
    return (
        unicodedata.category(char) in ("Mn", "Mc", "Me")
        or char in _JOINERS
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
        or char in "\uff9e\uff9f"
    )


def _breaks(text: str, start: int, index: int) -> bool:
    """Whether a cluster that began at `start` ends before `index`."""
    before, char = text[index - 1], text[index]
    if char < "\u0300" and before != _ZWJ:  # no mark and no part of anything lies below
        return True
    if extends(char):
        return False
    if before == _ZWJ:  # a family, a profession: emoji joined to emoji
        return unicodedata.category(char) not in ("So", "Sk", "Cn")
    if unicodedata.combining(before) == _VIRAMA:
        return unicodedata.category(char) != "Lo"
    if _regional(before) and _regional(char):  # flags are pairs of letters
        return (index - start) % 2 == 0
    return not _hangul_joins(before, char)


def _regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _hangul_joins(before: str, char: str) -> bool:
    first, second = _hangul(before), _hangul(char)
    return second in {"L": ("L", "V", "LV", "LVT"), "LV": ("V", "T"), "V": ("V", "T"), "LVT": ("T",), "T": ("T",)}.get(
        first, ()
    )


def _hangul(char: str) -> str:
    """The kind of a Hangul letter: leading, vowel, trailing, or a syllable without or with a trailing one."""
    if "\uac00" <= char <= "\ud7a3":
        return "LV" if (ord(char) - 0xAC00) % 28 == 0 else "LVT"
    for kind, ranges in (
        ("L", (("\u1100", "\u115f"), ("\ua960", "\ua97c"))),
        ("V", (("\u1160", "\u11a7"), ("\ud7b0", "\ud7c6"))),
        ("T", (("\u11a8", "\u11ff"), ("\ud7cb", "\ud7fb"))),
    ):
        if any(low <= char <= high for low, high in ranges):
            return kind
    return ""
