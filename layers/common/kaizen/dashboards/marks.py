"""Two queries as lines of a diff, with marks below what differs. Pure."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence

_TOKEN = re.compile(r"[\w:$.]+|\s+|.", re.DOTALL)
_LONGEST = 4000  # characters that are compared token by token
_MOST = 4_000_000  # pairs of equal tokens, each looked at for each token: some hundredths of a second
_ALL = 200_000_000  # of them in one comment, page or text: ten times what the largest of 57 real changes takes


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


def lines(before: str, after: str, effort: Effort) -> list[str]:
    """Lines that begin with `-`, `+` or a space, as GitHub colours them."""
    one, other = before.strip().splitlines(), after.strip().splitlines()
    if len(one) == 1 and len(other) == 1:
        return list(_marked(one[0], other[0], effort))
    if not effort.allows(one, other):
        return [*(f"- {line}" for line in one), *(f"+ {line}" for line in other)]
    return [
        f"{line[0]} {line[1:]}"
        for line in difflib.unified_diff(one, other, n=2, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]


def _marked(before: str, after: str, effort: Effort) -> Iterator[str]:
    if len(before) + len(after) > _LONGEST:
        yield from (f"- {before}", f"+ {after}")
        return
    one, other = _TOKEN.findall(before), _TOKEN.findall(after)
    start = _common(one, other)
    end = _common(one[start:][::-1], other[start:][::-1])
    below = above = " " * len("".join(one[:start]))
    for equal, left, right in _middle(one[start : len(one) - end], other[start : len(other) - end], effort):
        sign = " " if equal else "^"
        above += sign * len(left)
        below += sign * len(right)
    yield f"- {before}"
    if "^" in above:
        yield f"  {above.rstrip()}"
    yield f"+ {after}"
    if "^" in below:
        yield f"  {below.rstrip()}"


def _common(one: list[str], other: list[str]) -> int:
    """How many tokens are equal from the beginning."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _middle(one: list[str], other: list[str], effort: Effort) -> Iterator[tuple[bool, str, str]]:
    """What is equal and what is not; all of it is not where the same few tokens come again and again."""
    if not effort.allows(one, other):
        yield False, "".join(one), "".join(other)
        return
    for what, i, j, k, m in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        yield what == "equal", "".join(one[i:j]), "".join(other[k:m])
