"""Comments by which people turn a check off for a while: `# kaizen: disable CHECK until YYYY-MM-DD reason`. Pure.

One above a rule, or within it, is for that rule; one before everything else in a file is for all of it. Any other one
turns nothing off, which is said.
"""

import re
import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rule_lint.checks import BY_NAME
from rule_lint.model import WARNING, Finding, Member, Place

_OURS = re.compile(r"\s*#\s*kaizen:\s*(?P<words>.*?)\s*")
_BEHIND = re.compile(r"\s#\s*(?P<words>kaizen:\s*disable\s.*)")  # behind something else
_WHOLE = re.compile(r"disable\s+(?P<check>[\w-]+)\s+until\s+(?P<until>\S+)(?:\s+(?P<reason>.*))?")
_FORM = "Write `# kaizen: disable CHECK until YYYY-MM-DD reason`."
_MOST = 1000  # of one file
_FAR = sys.maxsize

Start = tuple[int, int]  # line and column


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


def read(path: str, lines: Sequence[str], starts: Sequence[Start]) -> tuple[tuple[Control, ...], tuple[Finding, ...]]:
    """What holds, and the faults of what does not. `starts` are where rules begin, in order."""
    found: list[Control] = []
    faults: list[Finding] = []
    top = _content(lines, 0)
    below = 0
    for number, words, indent in _comments(lines):
        place = Place(path, number)
        below = _content(lines, max(below - 1, number))
        given = _WHOLE.fullmatch(words)
        fault, until = _fault(given), None
        rule = 0 if number < top else _rule(starts, number, indent, below)
        if given is not None and not fault:
            try:
                until = date.fromisoformat(given["until"])
            except ValueError:
                fault = f"{given['until'][:40]!r} is no date such as 2027-03-01"
        if not fault and indent is None:
            fault = "it must stand on a line of its own"
        elif not fault and rule is None:
            fault = "it is neither above a rule nor in one, nor before everything else"
        if given is None or until is None or rule is None or fault:
            faults.append(_finding(place, f"this comment turns nothing off: {fault}", _FORM, words))
        else:
            found.append(Control(given["check"], until, given["reason"], place, rule))
    return tuple(found), tuple(faults)


def expired(controls: Sequence[Control], today: date) -> Iterator[Finding]:
    for each in controls:
        if not each.holds(today):
            message = f"{each.check} was turned off until {each.until}, which is over: {each.reason}"
            yield _finding(each.place, message, "Mend what it hid, and remove it.", f"{each.check} {each.until}")


def _comments(lines: Sequence[str]) -> Iterator[tuple[int, str, int | None]]:
    """The line, the words and the indent of each; without an indent where something stands before it."""
    count = 0
    for number, line in enumerate(lines, 1):
        if "kaizen:" not in line or count == _MOST:
            continue
        if found := _OURS.fullmatch(line):
            count += 1
            yield number, found["words"], len(line) - len(line.lstrip())
        elif (behind := _BEHIND.search(line)) and not any(line.count(quote, 0, behind.start()) % 2 for quote in "\"'"):
            count += 1
            yield number, behind["words"].removeprefix("kaizen:").strip(), None


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
    """The number of the first line behind this one that is neither blank, nor a comment alone, nor a mark of YAML."""
    while after < len(lines) and (not (text := lines[after].strip()) or text[0] in "#%" or text == "---"):
        after += 1
    return after + 1


def _rule(starts: Sequence[Start], number: int, indent: int | None, below: int) -> int | None:
    """The line of the rule that a comment is for: the one right below, or the one around it; None for neither. What is
    less indented than the rule before has left it."""
    at = bisect_right(starts, (number, _FAR))
    if at < len(starts) and starts[at][0] == below:
        return below
    line, column = starts[at - 1] if at else (0, _FAR)
    return line if indent is not None and indent + 1 >= column else None


def _finding(place: Place, message: str, todo: str, what: str) -> Finding:
    return Finding("disable", WARNING, message, todo, (Member(place),), (place.path, message, what))
