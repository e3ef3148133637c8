"""The text cut into tokens, with their positions; what would harm the parser is refused before it sees it. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kaizen.promql.automata import MOST_STATES, states_of
from kaizen.promql.errors import PromqlError, UnreadError

LONGEST = 16 * 1024  # bytes; the longest expression of 3,700 real ones has 1,517
DEEPEST = 200  # brackets within one another; at some 10,000 the parser ends the process

_OPEN, _CLOSE = {"(": ")", "[": "]", "{": "}"}, frozenset(")]}")
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+) | (?P<comment>\#[^\n]*)
    | (?P<string>"(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | `[^`]*`)
    | (?P<number>0[xX][0-9a-fA-F]+ | (?:[0-9]+(?:ms|[smhdwy]))+(?![0-9A-Za-z_.])
        | (?:[0-9]+\.?[0-9]* | \.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[A-Za-z_:][A-Za-z0-9_:]*)
    | (?P<sign>==|!=|=~|!~|>=|<=|[-+*/%^<>=(){}\[\],@:])""",
    re.VERBOSE | re.DOTALL,
)
_STRING = 2  # its group
_STATES = 6  # of an automaton take as long as a token
# Words that stand between operands, or before a list of labels.
_BETWEEN = ("and", "or", "unless", "atan2", "bool", "offset")
LISTS = ("by", "without", "on", "ignoring", "group_left", "group_right")


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is string, number, name or sign; `position` counts characters of the text."""

    kind: str
    text: str
    position: int

    @property
    def end(self) -> int:
        return self.position + len(self.text)

    def word(self, *words: str) -> bool:
        return self.kind == "name" and self.text.lower() in words


def weight(text: str) -> int:
    """About how much there is to read: the tokens of a text, blanks and comments included. Takes any text; what is too
    long to be read weighs nothing."""
    if len(text) > LONGEST:
        return 0
    found = _TOKEN.findall(text)
    return len(found) + sum(states_of(each[_STRING]) // _STATES for each in found if each[_STRING])


def tokens(text: str) -> list[Token]:
    """Raises UnreadError for what is too long or too deep, PromqlError for what is no token."""
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        raise UnreadError(f"the expression is longer than {LONGEST} bytes", 0)
    found = list(_tokens(text))
    _check_brackets(found)
    _check_patterns(found)
    return found


def _tokens(text: str) -> Iterator[Token]:
    at, in_range = 0, False
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            what = "a string without an end" if text[at] in "\"'`" else f"unexpected character {text[at]!r}"
            raise PromqlError(what, at)
        kind, found = str(match.lastgroup), match.group()
        if in_range and kind == "name" and found.startswith(":"):  # `[5m:1m]`: no name begins there
            kind, found = "sign", ":"
        if kind == "sign" and found in "[]":
            in_range = found == "["
        if kind not in ("space", "comment"):
            yield Token(kind, found, at)
        at += len(found)


def _check_brackets(found: Sequence[Token]) -> None:
    stack: list[Token] = []
    for each in found:
        if each.kind != "sign":
            continue
        if each.text in _OPEN:
            stack.append(each)
            if len(stack) > DEEPEST:
                raise UnreadError(f"more than {DEEPEST} brackets within one another", each.position)
        elif each.text in _CLOSE and (not stack or _OPEN[stack.pop().text] != each.text):
            raise PromqlError(f"unexpected {each.text!r}", each.position)
    if stack:
        raise PromqlError(f"{stack[-1].text!r} is never closed", stack[-1].position)


def _check_patterns(found: Sequence[Token]) -> None:
    for operator, each in pairwise(found):
        if operator.text in ("=~", "!~") and each.kind == "string" and states_of(each.text) > MOST_STATES:
            raise UnreadError(f"a regular expression of more than {MOST_STATES} states", each.position)


def operand_ends(found: Sequence[Token]) -> list[bool]:
    """Whether each token may be the end of an operand, so that an operator can follow; words may be metrics, too."""
    ends: list[bool] = []
    for each in found:
        if each.kind == "sign":
            ends.append(each.text in _CLOSE)
        else:
            ends.append(not each.word(*_BETWEEN, *LISTS) or not (ends and ends[-1]))
    return ends


def unexpected(found: Sequence[Token]) -> Token | None:
    """The first token that cannot stand where it does; None when the fault is another, or the text just ends early.

    Only the order of operands and operators is looked at, outside of braces and brackets.
    """
    inside = 0
    ends = [False, *operand_ends(found)]
    for index, each in enumerate(found):
        if each.kind == "sign" and each.text in "]}":
            inside -= 1
            continue
        if not inside:
            operand = ends[index]
            if each.kind == "sign":
                wrong = each.text not in "([{-+@" and each.text not in _CLOSE and not operand
            else:
                wrong = operand and not each.word(*_BETWEEN, *LISTS, "anchored", "smoothed")
                wrong = wrong and found[index - 1].text not in (")", "bool")
            if wrong:
                return each
        if each.kind == "sign" and each.text in "[{":
            inside += 1
    return None
