"""Expressions as text on one line, with as few parentheses as can be. Pure."""

import json
import math

from kaizen.promql.nodes import (
    Aggregation,
    Binary,
    Call,
    Expression,
    Matcher,
    Negation,
    Number,
    Selector,
    Subquery,
    Text,
)

_RANKS = {
    "or": 1, "and": 2, "unless": 2, "==": 3, "!=": 3, ">": 3, ">=": 3, "<": 3, "<=": 3, "+": 4, "-": 4, "*": 5, "/": 5,
    "%": 5, "atan2": 5, "^": 7,
}  # fmt: skip
_NEGATION, _POWER, _ATOM = 6, 7, 9
_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))


def number(value: float) -> str:
    """The shortest text that is this number."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def duration(milliseconds: int) -> str:
    """As Prometheus writes it: `1h30m`; `0s` for none."""
    if milliseconds < 0:
        return f"-{duration(-milliseconds)}"
    words = []
    for unit, length in _UNITS:
        amount, milliseconds = divmod(milliseconds, length)
        if amount:
            words.append(f"{amount}{unit}")
    return "".join(words) or "0s"


def matcher(given: Matcher) -> str:
    return f"{_label(given.label)}{given.operator}{quoted(given.value)}"


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def write(node: Expression) -> str:
    """The text of an expression; parsed again, it is the same tree."""
    return _write(node)[0]


def _write(node: Expression) -> tuple[str, int]:
    """The text, and how firmly it holds together."""
    match node:
        case Number():
            return number(node.value), _ATOM if node.value >= 0 or math.isnan(node.value) else _NEGATION
        case Text():
            return quoted(node.value), _ATOM
        case Selector():
            return _selector(node), _ATOM
        case Subquery():
            step = "" if node.step is None else duration(node.step)
            inner = _within(node.expression, _ATOM)
            return f"{inner}[{duration(node.range)}:{step}]{_when(node.offset, node.at)}", _ATOM
        case Call():
            return f"{node.name}({', '.join(map(write, node.arguments))})", _ATOM
        case Negation():
            return f"-{_within(node.expression, _NEGATION)}", _NEGATION
        case Aggregation():
            grouping = f" {node.grouping} ({', '.join(map(_label, node.labels))}) " if node.grouping else ""
            parameter = "" if node.parameter is None else f"{write(node.parameter)}, "
            return f"{node.operator}{grouping}({parameter}{write(node.expression)})", _ATOM
        case Binary():
            rank = _RANKS[node.operator]
            left = _within(node.left, rank + (node.operator == "^"))
            right = _within(node.right, rank + (node.operator != "^"))
            return f"{left} {node.operator}{_modifiers(node)} {right}", rank
    raise AssertionError(node)


def _within(node: Expression, rank: int) -> str:
    text, firmness = _write(node)
    return text if firmness >= rank else f"({text})"


def _selector(node: Selector) -> str:
    parts = [", ".join(map(matcher, node.matchers))] if node.matchers else []
    parts += [", ".join(map(matcher, each)) for each in node.alternatives]
    plain = not node.metric or _is_name(node.metric, ":")
    name = node.metric if plain else ""
    if not plain:
        parts = [quoted(node.metric) + (f", {parts[0]}" if parts else ""), *parts[1:]]
    braces = f"{{{' or '.join(parts)}}}" if parts else ""
    range_ = "" if node.range is None else f"[{duration(node.range)}]"
    extension = f" {node.extension}" if node.extension else ""
    return f"{name}{braces}{range_}{extension}{_when(node.offset, node.at)}"


def _when(offset: int, at: str) -> str:
    moment = f" @ {at}()" if at in ("start", "end") else f" @ {at}" if at else ""
    return moment + (f" offset {duration(offset)}" if offset else "")


def _modifiers(node: Binary) -> str:
    words = " bool" if node.bool else ""
    if node.matching:
        words += f" {node.matching} ({', '.join(map(_label, node.labels))})"
    if node.side:
        words += f" group_{node.side} ({', '.join(map(_label, node.include))})"
    for name, value in zip(("fill_left", "fill_right"), node.fill, strict=True):
        words += f" {name} ({number(value)})" if value is not None else ""
    return words


def _label(name: str) -> str:
    return name if _is_name(name) else quoted(name)


def _is_name(text: str, more: str = "") -> bool:
    plain = text.isascii() and all(each.isalnum() or each in f"_{more}" for each in text)
    return bool(text) and plain and not text[0].isdigit()
