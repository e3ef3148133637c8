"""Comments by which people turn a check off for a while: `# kaizen: disable CHECK until YYYY-MM-DD reason`. Pure.

One above a rule, or within it, is for that rule; one before everything else in a file is for all of it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rule_lint.checks import BY_NAME
from rule_lint.model import WARNING, Finding, Member, Place

_OURS = re.compile(r"\s*#\s*kaizen:\s*(?P<words>.*?)\s*")
_WHOLE = re.compile(r"disable\s+(?P<check>[\w-]+)\s+until\s+(?P<until>\S+)(?:\s+(?P<reason>.*))?")
_FORM = "Write `# kaizen: disable CHECK until YYYY-MM-DD reason`."
_MOST = 1000  # of one file


@dataclass(frozen=True, slots=True)
class Control:
    """`rule` is the line of the rule that is meant, 0 for the whole file; `until` is the last day."""

    check: str
    until: date
    reason: str
    place: Place
    rule: int = 0

    def holds(self, today: date) -> bool:
        return today <= self.until


def read(path: str, lines: Sequence[str], starts: Sequence[int]) -> tuple[tuple[Control, ...], tuple[Finding, ...]]:
    """What holds, and the faults of what does not. `starts` are the lines on which rules begin, in order."""
    found: list[Control] = []
    faults: list[Finding] = []
    below = 0
    for number, words in _comments(lines):
        place = Place(path, number)
        below = _content(lines, max(below - 1, number))
        given = _WHOLE.fullmatch(words)
        fault, until = _fault(given), None
        if given is not None and not fault:
            try:
                until = date.fromisoformat(given["until"])
            except ValueError:
                fault = f"{given['until'][:40]!r} is no date such as 2027-03-01"
        if given is None or until is None:
            faults.append(_finding(place, f"this comment turns nothing off: {fault}", _FORM, words))
        else:
            rule = _rule(starts, number, below)
            found.append(Control(given["check"], until, given["reason"], place, rule))
    return tuple(found), tuple(faults)


def expired(controls: Sequence[Control], today: date) -> Iterator[Finding]:
    for each in controls:
        if not each.holds(today):
            message = f"{each.check} was turned off until {each.until}, which is over: {each.reason}"
            yield _finding(each.place, message, "Mend what it hid, and remove it.", f"{each.check} {each.until}")


def _comments(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    count = 0
    for number, line in enumerate(lines, 1):
        if "kaizen:" in line and count < _MOST and (found := _OURS.fullmatch(line)):
            count += 1
            yield number, found["words"]


def _fault(given: re.Match[str] | None) -> str:
    if given is None:
        return "it is not as it should be"
    check = BY_NAME.get(given["check"])
    if check is None:
        return f"there is no check {given['check'][:40]!r}"
    if check.fixed or check.name == "disable":
        return f"{check.name} cannot be turned off"
    return "" if given["reason"] else "the reason is missing"


def _content(lines: Sequence[str], after: int) -> int:
    """The number of the first line behind this one that is neither blank nor a comment alone."""
    while after < len(lines) and (not lines[after].strip() or lines[after].lstrip().startswith("#")):
        after += 1
    return after + 1


def _rule(starts: Sequence[int], number: int, below: int) -> int:
    """The line of the rule that a comment is for: the one right below, or the one around it."""
    at = bisect_right(starts, number)
    return below if starts[at : at + 1] == [below] else starts[at - 1] if at else 0


def _finding(place: Place, message: str, todo: str, what: str) -> Finding:
    return Finding("disable", WARNING, message, todo, (Member(place),), (place.path, message, what))
