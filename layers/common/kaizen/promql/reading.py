"""The parser's own tree made into ours: comparable, and without its surprises. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import promql_parser as parser

from kaizen.promql.errors import PromqlError, UnreadError
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
    children,
    rebuilt,
)
from kaizen.promql.rewriting import rewritten
from kaizen.promql.tokens import Token, tokens, unexpected

MOST_OPERATORS = 100  # the parser's time grows with their square; the largest real one known has 23
DEEPEST_TREE = 150  # what walks over trees calls itself at each level
_OPERATORS = ("+", "-", "*", "/", "%", "^", "==", "!=", ">", ">=", "<", "<=")
_WORDS = ("and", "or", "unless", "atan2")
_OPS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}
_SIDES = {"VectorMatchCardinality.ManyToOne": "left", "VectorMatchCardinality.OneToMany": "right"}
_RENAMED = {"holt_winters": "Prometheus 3.0 renamed it double_exponential_smoothing"}
_UNKNOWN = "unknown function with name "


def parse(text: str) -> Expression:
    """An expression with its types checked, as Prometheus 3.16 takes it.

    Raises PromqlError; UnreadError, one of them, for what may be right and is not read here. Never ends the process:
    what the parser cannot bear is refused before.
    """
    found = tokens(text)
    operators = sum(each.text in _OPERATORS if each.kind == "sign" else each.word(*_WORDS) for each in found)
    if operators > MOST_OPERATORS:
        raise UnreadError(f"the expression has more than {MOST_OPERATORS} operators", 0)
    given = rewritten(found)
    try:
        tree = _node(parser.parse(given.text), 0)
    except PromqlError:
        raise
    except ValueError as error:
        raise _named(str(error), found, len(text)) from error
    except OverflowError as error:
        raise PromqlError("a duration is out of range") from error
    if not given.extensions:
        return tree
    counter = count()
    extended = _extended(tree, counter, given.extensions)
    if next(counter) != given.selectors:
        raise UnreadError("it is not clear which selector is anchored or smoothed")
    return extended


def _named(message: str, found: list[Token], end: int) -> PromqlError:
    """The parser's message in plain words, with the place where it can be told."""
    if message.startswith(_UNKNOWN):
        name = message.removeprefix(_UNKNOWN).strip("'")
        at = next((each.position for each in found if each.text == name), None)
        return PromqlError(f"unknown function {name}" + (f": {_RENAMED[name]}" if name in _RENAMED else ""), at)
    if message == "invalid promql query":
        wrong = unexpected(found)
        if wrong is not None:
            return PromqlError(f"unexpected {wrong.text[:60]!r}", wrong.position)
        return PromqlError("the expression is not complete, or in the wrong order", end)
    for each in found:  # messages name what is wrong, and the first of that name is the best guess
        if each.kind == "name" and f"'{each.text}'" in message:
            return PromqlError(message, each.position)
    return PromqlError(message)


def _node(node: Any, depth: int) -> Expression:
    if depth > DEEPEST_TREE:
        raise UnreadError(f"the expression has more than {DEEPEST_TREE} levels")
    match node:
        case parser.ParenExpr():
            while isinstance(node, parser.ParenExpr):
                node = node.expr
            return _node(node, depth)
        case parser.NumberLiteral():
            return Number(float(node.val))
        case parser.StringLiteral():
            return Text(node.val)
        case parser.VectorSelector():
            return _selector(node, None)
        case parser.MatrixSelector():
            return _selector(node.vector_selector, _milliseconds(node.range))
        case parser.SubqueryExpr():
            step = None if node.step is None else _milliseconds(node.step)
            inner = _node(node.expr, depth + 1)
            return Subquery(inner, _milliseconds(node.range), step, _milliseconds(node.offset), _at(node.at))
        case parser.Call():
            return Call(node.func.name, tuple(_node(each, depth + 1) for each in node.args))
        case parser.UnaryExpr():
            return Negation(_node(node.expr, depth + 1))
        case parser.AggregateExpr():
            return _aggregation(node, depth)
        case parser.BinaryExpr():
            return _binary(node, depth)
    raise UnreadError(f"an expression of the kind {type(node).__name__}")


def _selector(node: Any, range_: int | None) -> Selector:
    given = tuple(_matcher(each) for each in node.matchers.matchers)
    names = [each.value for each in given if each.label == "__name__" and each.operator == "="]
    metric = node.name or (names[0] if len(names) == 1 else "")
    matchers = tuple(
        each for each in given if not (each.label == "__name__" and each.operator == "=" and each.value == metric)
    )
    alternatives = tuple(tuple(_matcher(each) for each in part) for part in node.matchers.or_matchers)
    return Selector(metric, matchers, alternatives, range_, _milliseconds(node.offset), _at(node.at))


def _matcher(node: Any) -> Matcher:
    return Matcher(node.name, _OPS[repr(node.op)], node.value)


def _aggregation(node: Any, depth: int) -> Aggregation:
    grouping, labels = "", ()
    if node.modifier is not None:
        grouping = "by" if node.modifier.type == parser.AggModifierType.By else "without"
        labels = tuple(node.modifier.labels)
    parameter = None if node.param is None else _node(node.param, depth + 1)
    return Aggregation(str(node.op), _node(node.expr, depth + 1), grouping, labels, parameter)


def _binary(node: Any, depth: int) -> Binary:
    left, right = _node(node.lhs, depth + 1), _node(node.rhs, depth + 1)
    given = node.modifier
    if given is None:
        return Binary(str(node.op), left, right)
    matching, labels = "", ()
    if given.matching is not None:
        matching = "on" if given.matching.type == parser.LabelModifierType.Include else "ignoring"
        labels = tuple(given.matching.labels)
    side = _SIDES.get(repr(given.card), "")
    include = tuple(given.group_labels or ()) if side else ()
    fill = (given.fill_values.lhs, given.fill_values.rhs) if given.fill_values is not None else (None, None)
    return Binary(str(node.op), left, right, given.return_bool, matching, labels, side, include, fill)


def _milliseconds(duration: timedelta | None) -> int:
    return 0 if duration is None else round(duration / timedelta(milliseconds=1))


def _at(modifier: Any) -> str:
    if modifier is None:
        return ""
    if modifier.type == parser.AtModifierType.Start:
        return "start"
    if modifier.type == parser.AtModifierType.End:
        return "end"
    return str(modifier).removeprefix("@").strip()


def _extended(node: Expression, counter: Iterator[int], extensions: Mapping[int, str]) -> Expression:
    """The tree with what `anchored` and `smoothed` were said of; selectors are met in the order of the text."""
    if isinstance(node, Selector):
        return replace(node, extension=extensions.get(next(counter), ""))
    return rebuilt(node, tuple(_extended(each, counter, extensions) for each in children(node)))
