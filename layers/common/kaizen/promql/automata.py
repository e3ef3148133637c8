"""How large the automaton of a regular expression grows: nine characters, `\\w{1,400}`, take our parser a fifth of a
second. What is too large is refused before. Pure."""

import re

MOST_STATES = 20_000  # of one pattern: some 50 ms; `[0-9a-f]{8}-[0-9a-f]{4}` has 120
_PIECE = re.compile(
    r"""(?P<classes>\\[pP](?:\{[^}]*\}|.)|\\[wWdDsS]|\]) | (?P<one>\\.) | (?P<set>\[\^?\]?(?:[^\]\\]|\\.)*\])
    | \((?:\?[^)(]*?[:>])?(?P<open>) | (?P<close>\)) | \{(?P<least>[0-9]+)(?:,(?P<most>[0-9]*))?\} | (?P<any>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|.)", re.DOTALL)
_VERBOSE = re.compile(r"\(\?[a-zA-Z-]*x")
_WIDE, _SET, _ENDLESS = 200, 10, 2  # a class of Unicode, a set of characters, and twice for `{n,}`


def states_of(text: str) -> int:
    """As `states`, of a string as it stands in PromQL, with its quotes."""
    return states(text[1:-1] if text.startswith("`") else _ESCAPE.sub(_unescaped, text[1:-1]))


def _unescaped(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    if digits:
        return chr(min(int(digits, 16), 0x10FFFF))
    return chr(int(found[4], 8)) if found[4] else found[0][1]


def states(pattern: str) -> int:
    """About how many; never far too few for what repeats."""
    if _VERBOSE.search(pattern):  # Prometheus knows no such flag
        return MOST_STATES + 1
    above: list[int] = []
    total = last = 0
    for found in _PIECE.finditer(pattern):
        match found.lastgroup:
            case "open":
                above.append(total)
                total = last = 0
                continue
            case "close" if above:
                last, total = max(total, 1), above.pop()
            case "least" | "most":
                times = int((found["most"] or found["least"])[:6]) * (_ENDLESS if found["most"] == "" else 1)
                total += last * max(times - 1, 0)
                last *= max(times, 1)
                continue
            case "classes":  # a bracket that closes nothing may end a set within a set
                last = _WIDE
            case "set":
                last = _WIDE if "\\" in found["set"] or "[:" in found["set"] else _SET
            case _:
                last = 1
        total += last
    return total + sum(above)
