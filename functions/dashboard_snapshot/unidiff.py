"""Two versions of a text as `diff -u` and git write their difference. Pure."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_CONTEXT = 3  # lines
_EXACT = 4000  # lines; above, matching every line that stands thousands of times would take minutes
Change = tuple[int, int, int, int]  # old lines from-to become new lines from-to


def unified(old: str, new: str, old_label: str, new_label: str) -> str:
    """Empty for no difference. Lines end with line feeds alone; a last line without one is marked as git does it."""
    before, after = _lines(old), _lines(new)
    hunks = [_hunk(before, after, group) for group in _grouped(_changes(before, after))]
    if not hunks:
        return ""
    return f"--- {_label(old_label)}\n+++ {_label(new_label)}\n" + "".join(hunks)


def _lines(text: str) -> list[str]:
    lines = [f"{each}\n" for each in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, f"{last}\n\\ No newline at end of file\n"] if last else lines


def _label(name: str) -> str:
    """A name with a space ends with a tab, so that programs see where it ends."""
    return f"{name}\t" if " " in name else name


def _changes(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """What both begin and end with is left out of the search."""
    start, most = 0, min(len(old), len(new))
    while start < most and old[start] == new[start]:
        start += 1
    end = 0
    while end < most - start and old[-1 - end] == new[-1 - end]:
        end += 1
    inner_old, inner_new = old[start : len(old) - end], new[start : len(new) - end]
    matcher = SequenceMatcher(None, inner_old, inner_new, autojunk=max(len(inner_old), len(inner_new)) > _EXACT)
    return [
        (start + i1, start + i2, start + j1, start + j2)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    ]


def _grouped(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes whose context would touch are one hunk."""
    group: list[Change] = []
    for each in changes:
        if group and each[0] - group[-1][1] > 2 * _CONTEXT:
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _hunk(old: Sequence[str], new: Sequence[str], group: Sequence[Change]) -> str:
    (i1, _, j1, _), (_, i2, _, j2) = group[0], group[-1]
    above, below = min(_CONTEXT, i1), min(_CONTEXT, len(old) - i2)
    lines, at = [], i1 - above
    for change in group:
        lines += [f" {each}" for each in old[at : change[0]]]
        lines += [f"-{each}" for each in old[change[0] : change[1]]]
        lines += [f"+{each}" for each in new[change[2] : change[3]]]
        at = change[1]
    lines += [f" {each}" for each in old[at : i2 + below]]
    spans = _span(i1 - above, i2 + below), _span(j1 - above, j2 + below)
    return f"@@ -{spans[0]} +{spans[1]} @@\n" + "".join(lines)


def _span(start: int, end: int) -> str:
    """Line numbers begin at one; an empty span names the line before it."""
    count = end - start
    return f"{start + 1}" if count == 1 else f"{start + 1 if count else start},{count}"
