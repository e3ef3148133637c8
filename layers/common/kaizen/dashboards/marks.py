"""Two queries as lines of a diff, with marks below what differs. Pure."""

import difflib
import re
from collections.abc import Iterator

_TOKEN = re.compile(r"[\w:$.]+|\s+|.", re.DOTALL)
_LONGEST = 4000  # characters that are compared token by token


def lines(before: str, after: str) -> list[str]:
    """Lines that begin with `-`, `+` or a space, as GitHub colours them."""
    one, other = before.strip().splitlines(), after.strip().splitlines()
    if len(one) == 1 and len(other) == 1:
        return list(_marked(one[0], other[0]))
    return [
        f"{line[0]} {line[1:]}"
        for line in difflib.unified_diff(one, other, n=2, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]


def _marked(before: str, after: str) -> Iterator[str]:
    one, other = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(before) + len(after) > _LONGEST:
        yield from (f"- {before}", f"+ {after}")
        return
    below, above = "", ""
    for what, i, j, k, m in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        sign = " " if what == "equal" else "^"
        above += sign * len("".join(one[i:j]))
        below += sign * len("".join(other[k:m]))
    yield f"- {before}"
    if "^" in above:
        yield f"  {above.rstrip()}"
    yield f"+ {after}"
    if "^" in below:
        yield f"  {below.rstrip()}"
