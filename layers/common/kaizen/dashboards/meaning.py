"""What is different between two queries, in words: window, grouping, matchers, thresholds. Pure."""

from collections import Counter
from collections.abc import Iterator

from kaizen.dashboards.queries import Query
from kaizen.dashboards.sentences import LONGEST, Quoted, Sentence
from kaizen.dashboards.variables import Stand
from kaizen.promql.nodes import (
    COMPARISONS,
    Aggregation,
    Binary,
    Call,
    Expression,
    Matcher,
    Number,
    Selector,
    Subquery,
    children,
)
from kaizen.promql.patterns import literals
from kaizen.promql.writing import duration, matcher, number, quoted, write

_MOST = 6  # words: a query with more of them was written anew
REWRITTEN: Sentence = ("query rewritten",)


def words(before: Query, after: Query) -> tuple[Sentence, ...]:
    """Empty where the queries mean the same, or are not PromQL."""
    if before.tree is None or after.tree is None:
        return ()
    found = Counter(_Words(before.stand).between(before.tree, after.tree))
    if not found:
        return ()
    if REWRITTEN in found or len(found) > _MOST:
        return (REWRITTEN,)
    return tuple((*each, f" ({count} times)") if count > 1 else each for each, count in found.items())


class _Words:
    def __init__(self, stand: Stand) -> None:
        self._stand = stand

    def _text(self, text: str) -> Quoted:
        shown = self._stand.shown(text)
        return Quoted(shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…")

    def _pair(self, what: str, before: str, after: str) -> Sentence:
        return (f"{what} ", self._text(before), " → ", self._text(after))

    def between(self, before: Expression, after: Expression) -> Iterator[Sentence]:
        if before == after:
            return
        match before, after:
            case Selector(), Selector():
                yield from self._selectors(before, after)
                return
            case Aggregation(), Aggregation():
                old, new = self._named(before), self._named(after)
                if (old.parameter is None) == (new.parameter is None):
                    yield from self._aggregations(old, new)
                    return
            case Call(), Call() if len(before.arguments) == len(after.arguments):
                if before.name != after.name:
                    yield self._pair("function", before.name, after.name)
                for one, other in zip(before.arguments, after.arguments, strict=True):
                    yield from self.between(one, other)
                return
            case Binary(), Binary() if self._alike(before, after):
                yield from self._binaries(before, after)
                return
            case Number(), Number():
                yield self._pair("number", number(before.value), number(after.value))
                return
            case Subquery(), Subquery():
                if (before.range, before.step) != (after.range, after.step):
                    yield self._pair("subquery", _subquery(before), _subquery(after))
                yield from self._moment(before, after)
                yield from self.between(before.expression, after.expression)
                return
        yield from self._wrapped(before, after)

    def _named(self, node: Aggregation) -> Aggregation:
        """A function that is a variable, by the variable's name."""
        if isinstance(node.parameter, Number):
            name = self._stand.function(node.parameter.value)
            if name:
                return Aggregation(name, node.expression, node.grouping, node.labels)
        return node

    def _wrapped(self, before: Expression, after: Expression) -> Iterator[Sentence]:
        """One is a part of the other, or all is new."""
        for one, other, word in ((before, after, "now "), (after, before, "no longer ")):
            if one not in children(other):
                continue
            if isinstance(other, Binary):
                more = other.right if other.left == one else other.left
                side = " after it" if other.left == one else " before it"
                yield (f"{word}with ", Quoted(other.operator), " ", self._text(write(more)), side)
            else:
                yield (f"{word}within ", self._text(write(other).replace(write(one), "…", 1)))
            return
        yield REWRITTEN

    def _alike(self, before: Binary, after: Binary) -> bool:
        """Whether it is one operation changed, not another one."""
        if before.operator == after.operator:
            return True
        comparisons = before.operator in COMPARISONS and after.operator in COMPARISONS
        return comparisons or (before.left == after.left and before.right == after.right)

    def _binaries(self, before: Binary, after: Binary) -> Iterator[Sentence]:
        numbers = isinstance(before.right, Number) and isinstance(after.right, Number)
        if before.operator in COMPARISONS and numbers and before.left == after.left:
            one, other = (f"{each.operator} {write(each.right)}" for each in (before, after))
            if one != other:
                yield self._pair("threshold", one, other)
        else:
            if before.operator != after.operator:
                yield self._pair("operator", before.operator, after.operator)
            yield from self.between(before.left, after.left)
            if before.operator in COMPARISONS and numbers and before.right != after.right:
                yield self._pair("threshold", write(before.right), write(after.right))
            else:
                yield from self.between(before.right, after.right)
        if before.bool != after.bool:
            yield ("now with ", Quoted("bool")) if after.bool else ("no longer with ", Quoted("bool"))
        if _matching(before) != _matching(after):
            yield self._pair("matching", _matching(before), _matching(after))

    def _aggregations(self, before: Aggregation, after: Aggregation) -> Iterator[Sentence]:
        if before.operator != after.operator:
            yield self._pair("aggregation", before.operator, after.operator)
        if (before.grouping, before.labels) != (after.grouping, after.labels):
            yield self._pair("grouping", _grouping(before), _grouping(after))
        if before.parameter is not None and after.parameter is not None and before.parameter != after.parameter:
            yield self._pair("parameter", write(before.parameter), write(after.parameter))
        yield from self.between(before.expression, after.expression)

    def _selectors(self, before: Selector, after: Selector) -> Iterator[Sentence]:
        if before.metric != after.metric:
            yield self._pair("metric", before.metric or "any", after.metric or "any")
        yield from self._matchers(before, after)
        if before.range != after.range:
            yield self._pair("window", _window(before.range), _window(after.range))
        if before.extension != after.extension:
            yield self._pair("window's edges", before.extension or "plain", after.extension or "plain")
        yield from self._moment(before, after)

    def _moment(self, before: Selector | Subquery, after: Selector | Subquery) -> Iterator[Sentence]:
        if before.offset != after.offset:
            yield self._pair("offset", duration(before.offset), duration(after.offset))
        if before.at != after.at:
            yield self._pair("@", before.at or "none", after.at or "none")

    def _matchers(self, before: Selector, after: Selector) -> Iterator[Sentence]:
        gone = [each for each in before.matchers if each not in after.matchers]
        new = [each for each in after.matchers if each not in before.matchers]
        for each in gone:
            other = next((one for one in new if one.label == each.label), None)
            if other is None:
                yield ("matcher ", self._text(matcher(each)), " removed")
            else:
                new.remove(other)
                yield (*self._pair("matcher", matcher(each), matcher(other)), _scope(each, other))
        for each in new:
            yield ("matcher ", self._text(matcher(each)), " added")
        if before.alternatives != after.alternatives:
            yield REWRITTEN


def _scope(before: Matcher, after: Matcher) -> str:
    one, other = _values(before), _values(after)
    if one is None or other is None:
        return ""
    return " (widened)" if one < other else " (narrowed)" if other < one else ""


def _values(given: Matcher) -> frozenset[str] | None:
    if given.operator == "=":
        return frozenset({given.value})
    return literals(given.value) if given.operator == "=~" else None


def _window(milliseconds: int | None) -> str:
    return "none" if milliseconds is None else duration(milliseconds)


def _subquery(given: Subquery) -> str:
    return f"[{duration(given.range)}:{'' if given.step is None else duration(given.step)}]"


def _labels(labels: tuple[str, ...]) -> str:
    return ", ".join(each if each.isidentifier() else quoted(each) for each in labels)


def _grouping(given: Aggregation) -> str:
    return f"{given.grouping} ({_labels(given.labels)})" if given.grouping else "none"


def _matching(given: Binary) -> str:
    words = [f"{given.matching} ({_labels(given.labels)})"] if given.matching else []
    words += [f"group_{given.side} ({_labels(given.include)})"] if given.side else []
    return " ".join(words) or "none"
