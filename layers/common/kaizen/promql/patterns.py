"""Regular expressions of matchers that are only a list of literals, `a|b|c`. Pure.

Prometheus anchors them at both ends, so that `^` and `$` around an alternative change nothing.
"""

from functools import cache

_SPECIAL = frozenset(r"\.+*?()|[]{}^$")
_MOST = 1000  # alternatives that are looked at


@cache
def literals(pattern: str) -> frozenset[str] | None:
    """The texts that a pattern matches; None where they are not simply listed."""
    inner = _unwrapped(pattern)
    found: set[str] = set()
    literal: list[str] = []
    at = 0
    while at <= len(inner):
        if at == len(inner) or inner[at] == "|":
            found.add("".join(literal))
            literal = []
        elif _anchor(inner, at):
            pass
        elif inner[at] == "\\" and at + 1 < len(inner) and inner[at + 1].isascii() and not inner[at + 1].isalnum():
            at += 1
            literal.append(inner[at])
        elif inner[at] in _SPECIAL:
            return None
        else:
            literal.append(inner[at])
        at += 1
        if len(found) > _MOST:
            return None
    return frozenset(found)


def _anchor(pattern: str, at: int) -> bool:
    """Whether there is a `^` at the beginning of an alternative, or a `$` at its end."""
    first = at == 0 or pattern[at - 1] == "|"
    last = at + 1 == len(pattern) or pattern[at + 1] == "|"
    return (pattern[at] == "^" and first) or (pattern[at] == "$" and last)


def escaped(literal: str) -> str:
    """As part of a pattern."""
    return "".join(f"\\{each}" if each in _SPECIAL else each for each in literal)


def _unwrapped(pattern: str) -> str:
    """Without anchors and one group around all of it; groups within are left, and make the pattern more than a list."""
    inner = pattern.removeprefix("^")
    if inner.endswith("$") and not inner.endswith("\\$"):
        inner = inner[:-1]
    if inner.startswith("(") and inner.endswith(")") and not inner.endswith("\\)"):
        middle = inner[1:-1].removeprefix("?:")
        if "(" not in middle and ")" not in middle:
            return middle
    return pattern
