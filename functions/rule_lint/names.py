"""Names and lengths as Prometheus checks them. Pure."""

import re

_LENGTH = re.compile(
    r"(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?"
)
_UNITS = (31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1000, 1)
_LONGEST = 2**63 // 1_000_000  # milliseconds: Go counts nanoseconds


def recorded(text: str) -> bool:
    """Whether a recording rule may have that name: since Prometheus 3 any without braces, which mean an expression.
    Labels and annotations may have any name that is not empty."""
    return not {"{", "}"} & set(text)


def length(text: str) -> int | None:
    """Milliseconds of a length such as `1d12h`; None for what Prometheus refuses, such as `10` or `-5m`."""
    if text == "0":
        return 0
    found = _LENGTH.fullmatch(text)
    if not text or found is None:
        return None
    digits = [part or "0" for part in found.groups()]
    if any(len(each) > 19 for each in digits):
        return None
    total = sum(int(amount) * unit for amount, unit in zip(digits, _UNITS, strict=True))
    return total if total < _LONGEST else None


def template_fault(text: str) -> str:
    """What is plainly wrong with a Go template: an action that is not closed; empty when nothing is.

    The rest of the language is promtool's to judge.
    """
    at = 0
    while (start := text.find("{{", at)) >= 0:
        end = _end(text, start + 2)
        if end < 0:
            return "an action that begins with {{ is never closed"
        at = end
    return ""


def _end(text: str, at: int) -> int:
    """Behind the `}}` that closes an action; -1 when there is none. Quotes and comments may hold braces."""
    while text[at : at + 2] in ("/*", "- ") and (comment := text.find("/*", at, at + 4)) >= 0:
        end = text.find("*/", comment)
        if end < 0:
            return -1
        at = end + 2
    while at < len(text):
        if text.startswith("}}", at):
            return at + 2
        if text[at] in "\"'":
            quote = text[at]
            at += 1
            while at < len(text) and text[at] != quote:
                if text[at] == "\n":
                    return -1
                at += 2 if text[at] == "\\" else 1
        elif text[at] == "`":
            at = text.find("`", at + 1)
            if at < 0:
                return -1
        at += 1
    return -1
