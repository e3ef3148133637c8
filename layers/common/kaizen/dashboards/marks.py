"""Two queries as lines of a diff, with marks below what differs. Pure."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence

_TOKEN = re.compile(r"[\w:$.]+|\s+|.", re.DOTALL)
_LONGEST = 4000  # characters that are compared token by token
_MOST = 4_000_000  # pairs of equal tokens, each looked at for each token: some hundredths of a second
_ALL = 200_000_000  # of them in one comment, page or text: ten times what the largest of 57 real changes takes
_LEAST = 20  # characters that are kept of what is equal
Part = tuple[bool, str, str]  # whether both sides are equal there, and their texts


class Effort:
    """What may still be done for marks in one comment, page or text. After that, queries are shown without."""

    def __init__(self) -> None:
        self._left = _ALL

    def allows(self, one: Sequence[str], other: Sequence[str]) -> bool:
        """Whether what differs between these may be looked for, which is then counted."""
        counts = Counter(other)
        cost = sum(counts[each] for each in one) * min(len(one), len(other))
        if cost > min(_MOST, self._left):
            return False
        self._left -= cost
        return True


def lines(before: str, after: str, effort: Effort, width: int = 0) -> list[str]:
    """Lines that begin with `-`, `+` or a space, as GitHub colours them. Of queries in one line that are longer than
    `width`, what is equal is cut in its middle, so that what differs is seen at once; 0 for all of them whole."""
    one, other = before.strip().splitlines(), after.strip().splitlines()
    if len(one) == 1 and len(other) == 1:
        return list(_marked(one[0], other[0], effort, width))
    if not effort.allows(one, other):
        return [*(f"- {line}" for line in one), *(f"+ {line}" for line in other)]
    return [
        f"{line[0]} {line[1:]}"
        for line in difflib.unified_diff(one, other, n=2, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]


def _marked(before: str, after: str, effort: Effort, width: int) -> Iterator[str]:
    if len(before) + len(after) > _LONGEST:
        yield from (f"- {before}", f"+ {after}")
        return
    one, other = _TOKEN.findall(before), _TOKEN.findall(after)
    start = _common(one, other)
    end = _common(one[start:][::-1], other[start:][::-1])
    parts = [
        (True, "".join(one[:start]), "".join(other[:start])),
        *_middle(one[start : len(one) - end], other[start : len(other) - end], effort),
        (True, "".join(one[len(one) - end :]), "".join(other[len(other) - end :])),
    ]
    if width and max(len(before), len(after)) > width:
        parts = _shortened(parts, width)
    for sign, side in (
        ("-", [(equal, left) for equal, left, _ in parts]),
        ("+", [(e, right) for e, _, right in parts]),
    ):
        yield f"{sign} {''.join(text for _, text in side)}"
        below = "".join((" " if equal else "^") * len(text) for equal, text in side)
        if "^" in below:
            yield f"  {below.rstrip()}"


def _shortened(parts: Sequence[Part], width: int) -> list[Part]:
    """With what is equal cut to its share of the width that what differs leaves; short pieces leave others theirs."""
    left = width - sum(max(len(one), len(other)) for equal, one, other in parts if not equal)
    sizes = sorted(len(one) for equal, one, _ in parts if equal)
    room = 0
    for place, size in enumerate(sizes):
        room = max(left // (len(sizes) - place), _LEAST)
        left -= min(size, room)
    head, tail = room // 2, room - room // 2 - 1
    return [
        (True, short, short)
        if equal and len(left) > room and (short := f"{left[:head]}…{left[len(left) - tail :]}")
        else (equal, left, right)
        for equal, left, right in parts
    ]


def _common(one: list[str], other: list[str]) -> int:
    """How many tokens are equal from the beginning."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _middle(one: list[str], other: list[str], effort: Effort) -> Iterator[Part]:
    """What is equal and what is not; all of it is not where the same few tokens come again and again."""
    if not effort.allows(one, other):
        yield False, "".join(one), "".join(other)
        return
    for what, i, j, k, m in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        yield what == "equal", "".join(one[i:j]), "".join(other[k:m])
