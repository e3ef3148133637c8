"""What an expression is about. Pure."""

from collections.abc import Iterator

from kaizen.promql.nodes import Expression, Selector, children


def walk(node: Expression) -> Iterator[Expression]:
    """The node and all below it, in the order of the text."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(reversed(children(each)))


def selectors(node: Expression) -> tuple[Selector, ...]:
    """Every selector, in the order of the text."""
    return tuple(each for each in walk(node) if isinstance(each, Selector))


def metrics(node: Expression) -> frozenset[str]:
    """The names of the metrics that it reads; a selector that gives no one name adds none."""
    return frozenset(each.metric for each in selectors(node) if each.metric)
