"""Durations that are made by arithmetic, `[2m+2m]` or `offset (1h*2)`: Prometheus 3 takes them, our parser does not.

They are worked out here, before the parser sees the text. Pure.
"""

import math
import re
from collections.abc import Sequence

from kaizen.promql.errors import PromqlError, UnreadError
from kaizen.promql.tokens import Token

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_PART = re.compile(r"([0-9]+)(ms|[smhdwy])")
_RANKS = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 4}
_SIGNED = 3  # a sign binds weaker than a power, stronger than a product
_DEEPEST = 20


def seconds(text: str) -> float | None:
    """A number or a duration such as `1h30m`, in seconds; None for anything else."""
    parts = _PART.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return sum(int(number) * _UNITS[unit] for number, unit in parts)
    try:
        return float(int(text, 16)) if text[:2].lower() == "0x" else float(text)
    except (ValueError, OverflowError):
        return None


def written(value: float, position: int) -> str:
    """A duration as every version of Prometheus takes it. Raises PromqlError for one that is none."""
    if not math.isfinite(value) or abs(value) > 1e12:
        raise PromqlError("the duration is out of range", position)
    return f"{round(value * 1000)}ms"


class Sum:
    """Reads one arithmetic expression from tokens."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def value(self) -> float:
        """In seconds. Raises PromqlError; UnreadError for what only a query knows, such as `step()`."""
        result = self._expression(1, 0)
        if self._at < len(self._tokens):
            raise PromqlError(f"unexpected {self._peek()!r} in a duration", self._tokens[self._at].position)
        return result

    def _peek(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _take(self) -> Token:
        if self._at >= len(self._tokens):
            raise PromqlError("a duration ends too early", self._tokens[-1].end if self._tokens else None)
        self._at += 1
        return self._tokens[self._at - 1]

    def _expression(self, rank: int, depth: int) -> float:
        if depth > _DEEPEST:
            raise UnreadError(f"a duration with more than {_DEEPEST} levels", self._tokens[0].position)
        left = self._operand(depth)
        while _RANKS.get(self._peek(), 0) >= rank:
            operator = self._take()
            above = _RANKS[operator.text] + (operator.text != "^")
            left = _worked_out(operator, left, self._expression(above, depth + 1))
        return left

    def _operand(self, depth: int) -> float:
        token = self._take()
        if token.text in "+-":
            value = self._expression(_SIGNED, depth + 1)
            return -value if token.text == "-" else value
        if token.text == "(":
            value = self._expression(1, depth + 1)
            if self._take().text != ")":
                raise PromqlError("unexpected token in a duration", self._tokens[self._at - 1].position)
            return value
        if token.kind == "name":
            raise UnreadError(f"a duration that needs {token.text}() is known at query time only", token.position)
        found = seconds(token.text)
        if token.kind != "number" or found is None:
            raise PromqlError(f"{token.text!r} is no duration", token.position)
        return found


def _worked_out(operator: Token, left: float, right: float) -> float:
    try:
        match operator.text:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right
            case "%":
                return math.fmod(left, right)
        return float(left**right)
    except (ArithmeticError, ValueError, TypeError) as error:
        raise PromqlError("a duration that cannot be worked out", operator.position) from error
