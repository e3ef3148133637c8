"""The text as the parser takes it, and what it does not know said beside. Pure.

Our parser refuses back-tick strings with a backslash, arithmetic in durations, and `anchored` and `smoothed`, all of
which Prometheus takes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kaizen.promql.durations import Sum, written
from kaizen.promql.errors import PromqlError
from kaizen.promql.tokens import LISTS, Token, operand_ends

_EXTENSIONS = ("anchored", "smoothed")
_NO_METRIC = ("and", "or", "unless", "atan2", "bool", "offset", "inf", "nan", *LISTS)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """`extensions` says `anchored` or `smoothed` of the selectors, counted from 0 in the order of the text.

    `selectors` is how many there are; None where nobody needs to know.
    """

    text: str
    extensions: Mapping[int, str]
    selectors: int | None


def rewritten(tokens: Sequence[Token]) -> Rewritten:
    """Raises PromqlError, UnreadError."""
    pieces: list[str] = []
    extensions: dict[int, str] = {}
    ends = [False, *operand_ends(tokens)]
    extended = any(each.word(*_EXTENSIONS) for each in tokens)
    labels = _labels(tokens) if extended else []
    selectors = 0
    index = 0
    while index < len(tokens):
        each = tokens[index]
        if each.text == "[" and each.kind == "sign":
            end = _closing(tokens, index)
            pieces.append(f"[{_range(tokens[index + 1 : end])}]")
            index = end + 1
            continue
        if each.word("offset") and ends[index]:
            pieces.append("offset")
            words, index = _offset(tokens, index + 1)
            pieces.append(words)
            continue
        if each.word(*_EXTENSIONS) and ends[index]:
            if not selectors or tokens[index - 1].text == ")":
                raise PromqlError(f"{each.text} must follow a selector", each.position)
            extensions[selectors - 1] = each.text.lower()
        elif each.text.startswith("`"):
            pieces.append(_quoted(each.text[1:-1]))
        else:
            pieces.append(each.text)
            selectors += extended and not labels[index] and _begins_selector(tokens, index)
        index += 1
    return Rewritten(" ".join(pieces), extensions, selectors if extensions else None)


def _quoted(raw: str) -> str:
    escaped = raw.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _closing(tokens: Sequence[Token], start: int) -> int:
    """The index of the bracket that closes the one at `start`; brackets are known to be balanced."""
    depth = 0
    for index in range(start, len(tokens)):
        if tokens[index].kind == "sign":
            depth += (tokens[index].text in "([{") - (tokens[index].text in ")]}")
            if not depth:
                return index
    raise AssertionError("unbalanced")


def _range(tokens: Sequence[Token]) -> str:
    """What stands in `[...]`: a duration, or two of a subquery."""
    colons = [index for index, each in enumerate(tokens) if each.kind == "sign" and each.text == ":"]
    parts = [tokens[: colons[0]], tokens[colons[0] + 1 :]] if colons else [tokens]
    return ":".join(_duration(part) for part in parts)


def _duration(tokens: Sequence[Token]) -> str:
    if len(tokens) < 2:  # a plain one, or none: the parser knows
        return "".join(each.text for each in tokens)
    value = Sum(tokens).value()
    if value <= 0:
        raise PromqlError("a duration must be greater than 0", tokens[0].position)
    return written(value, tokens[0].position)


def _offset(tokens: Sequence[Token], start: int) -> tuple[str, int]:
    """What follows `offset`, and the index behind it."""
    sign = start < len(tokens) and tokens[start].text in ("-", "+")
    at = start + sign
    if at >= len(tokens) or tokens[at].text != "(":
        return (tokens[start].text if sign else ""), at
    end = _closing(tokens, at)
    value = Sum(tokens[start : end + 1]).value()
    return ("-" if value < 0 else "") + written(abs(value), tokens[start].position), end + 1


def _begins_selector(tokens: Sequence[Token], index: int) -> bool:
    each = tokens[index]
    before = tokens[index - 1] if index else None
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if each.text == "{" and each.kind == "sign":
        return before is None or before.kind != "name" or before.word(*_NO_METRIC)
    if each.kind != "name":
        return False
    calls = after is not None and (after.text == "(" or after.word("by", "without"))
    return not calls and not each.word(*_NO_METRIC)


def _labels(tokens: Sequence[Token]) -> list[bool]:
    """Whether each token stands in braces, or in the list of labels after `by`, `on` and their like."""
    found: list[bool] = []
    around: list[bool] = []  # for each bracket that is open, whether labels stand in it
    for index, each in enumerate(tokens):
        sign = each.kind == "sign"
        if sign and each.text in ")]}":
            around.pop()
        found.append(bool(around) and around[-1])
        if sign and each.text in "([{":
            around.append(each.text == "{" or (each.text == "(" and index > 0 and tokens[index - 1].word(*LISTS)))
    return found
