"""PromQL read safely, compared and written: what rule linting and dashboards share. Pure.

- `parse(text)` gives a tree (kaizen.promql.nodes), or raises PromqlError with a message and, where known, a position.
- `normal(tree)` gives the same tree for expressions that mean the same, `canonical(tree)` its text.
- `write(tree)` gives a tree's text as it is; `selectors(tree)` and `metrics(tree)` say what it reads.

Hostile text does no harm: it is refused before the parser sees it (kaizen.promql.tokens says what is too much).
"""

from kaizen.promql.errors import PromqlError, UnreadError
from kaizen.promql.nodes import Expression
from kaizen.promql.normal import normal
from kaizen.promql.reading import parse
from kaizen.promql.walking import metrics, selectors, walk
from kaizen.promql.writing import write

__all__ = [
    "Expression",
    "PromqlError",
    "UnreadError",
    "canonical",
    "metrics",
    "normal",
    "parse",
    "selectors",
    "walk",
    "write",
]


def canonical(expression: Expression) -> str:
    """One text for all expressions that mean the same."""
    return write(normal(expression))
