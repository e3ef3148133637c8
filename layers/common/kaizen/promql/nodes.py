"""Expressions as trees that can be compared. Pure.

Parentheses are not kept: the tree says what belongs together. Durations are whole milliseconds.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Matcher:
    """`operator` is one of `=`, `!=`, `=~`, `!~`."""

    label: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """Series by name and labels. `metric` is empty where no one name is given.

    `range` is None for an instant vector. `at` is empty, `start`, `end` or seconds since 1970; `extension` is empty,
    `anchored` or `smoothed` (Prometheus 3.16). `alternatives` are the parts that `or` joins inside the braces.
    """

    metric: str
    matchers: tuple[Matcher, ...] = ()
    alternatives: tuple[tuple[Matcher, ...], ...] = ()
    range: int | None = None
    offset: int = 0
    at: str = ""
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Subquery:
    """`step` is None where the evaluation interval is meant."""

    expression: "Expression"
    range: int
    step: int | None = None
    offset: int = 0
    at: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Aggregation:
    """`grouping` is `by`, `without`, or empty for none."""

    operator: str
    expression: "Expression"
    grouping: str = ""
    labels: tuple[str, ...] = ()
    parameter: "Expression | None" = None


@dataclass(frozen=True, slots=True)
class Binary:
    """`matching` is `on`, `ignoring` or empty; `side` is `left` or `right` where that side has many, else empty."""

    operator: str
    left: "Expression"
    right: "Expression"
    bool: bool = False
    matching: str = ""
    labels: tuple[str, ...] = ()
    side: str = ""
    include: tuple[str, ...] = ()
    fill: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Negation:
    expression: "Expression"


Expression = Number | Text | Selector | Subquery | Call | Aggregation | Binary | Negation

COMPARISONS = ("==", "!=", ">", ">=", "<", "<=")
SET_OPERATORS = ("and", "or", "unless")


def children(node: Expression) -> tuple[Expression, ...]:
    """What a node is made of, in the order in which it is written."""
    match node:
        case Subquery(expression=inner) | Negation(expression=inner):
            return (inner,)
        case Call(arguments=arguments):
            return arguments
        case Aggregation(expression=inner, parameter=parameter):
            return (inner,) if parameter is None else (parameter, inner)
        case Binary(left=left, right=right):
            return (left, right)
    return ()


def rebuilt(node: Expression, parts: tuple[Expression, ...]) -> Expression:
    """The node made of other parts, given as `children` lists them."""
    match node:
        case Subquery() | Negation():
            return replace(node, expression=parts[0])
        case Call():
            return replace(node, arguments=parts)
        case Aggregation(parameter=None):
            return replace(node, expression=parts[0])
        case Aggregation():
            return replace(node, parameter=parts[0], expression=parts[1])
        case Binary():
            return replace(node, left=parts[0], right=parts[1])
    return node
