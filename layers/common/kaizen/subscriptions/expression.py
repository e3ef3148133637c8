"""Expressions over tickets: `severity:sev1 and (component:api or label:"needs help") and not repo:acme/legacy-*`. Pure.

    expression = conjunction { "or" conjunction }
    conjunction = factor { "and" factor }
    factor = "not" factor | "(" expression ")" | field ":" value

Fields: label, component, severity, repo (with * and ?), event (opened, closed, reopened, labeled, breached, changed).
Case makes no difference. A value with spaces or parentheses stands in double quotes.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

FIELDS = ("label", "component", "severity", "repo", "event")
EVENTS = ("opened", "closed", "reopened", "labeled", "breached", "changed")
MOST_CHARACTERS, MOST_DEPTH = 500, 20
_TOKEN = re.compile(r'\s*(?:([()])|([A-Za-z]+):(?:"([^"]*)"|([^\s()"]+))|([^\s()]+))')
# What people's phones and desktops make of a quote.
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "’": "'", "\u00a0": " "})


class ExpressionError(Exception):
    """The expression cannot be read; `position` is the character at fault, counted from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Subject:
    """What an expression is asked about: a ticket as it is now, and what has just happened to it."""

    labels: frozenset[str]
    component: str
    severity: str
    repository: str
    event: str = "changed"

    @classmethod
    def of(cls, labels: Iterable[str], component: str, severity: str, repository: str, event: str) -> "Subject":
        """All in lower case."""
        return cls(
            frozenset(map(str.lower, labels)), component.lower(), severity.lower(), repository.lower(), event.lower()
        )


@dataclass(frozen=True, slots=True)
class Term:
    field: str
    value: str

    def matches(self, subject: Subject) -> bool:
        match self.field:
            case "label":
                return self.value in subject.labels
            case "component":
                return self.value == subject.component
            case "severity":
                return self.value == subject.severity
            case "repo":
                return fnmatchcase(subject.repository, self.value)
            case _:
                return self.value in (subject.event, "changed")

    def __str__(self) -> str:
        plain = re.fullmatch(r'[^\s()"]+', self.value)
        return f"{self.field}:{self.value}" if plain else f'{self.field}:"{self.value}"'


@dataclass(frozen=True, slots=True)
class Not:
    inner: "Expression"

    def matches(self, subject: Subject) -> bool:
        return not self.inner.matches(subject)

    def __str__(self) -> str:
        return f"not ({self.inner})" if isinstance(self.inner, Both | Either) else f"not {self.inner}"


@dataclass(frozen=True, slots=True)
class Both:
    left: "Expression"
    right: "Expression"

    def matches(self, subject: Subject) -> bool:
        return self.left.matches(subject) and self.right.matches(subject)

    def __str__(self) -> str:
        return " and ".join(f"({each})" if isinstance(each, Either) else str(each) for each in (self.left, self.right))


@dataclass(frozen=True, slots=True)
class Either:
    left: "Expression"
    right: "Expression"

    def matches(self, subject: Subject) -> bool:
        return self.left.matches(subject) or self.right.matches(subject)

    def __str__(self) -> str:
        return f"{self.left} or {self.right}"


Expression = Term | Not | Both | Either


def terms(expression: Expression) -> Iterable["Term"]:
    """Every condition in it."""
    match expression:
        case Term():
            yield expression
        case Not(inner):
            yield from terms(inner)
        case Both(left, right) | Either(left, right):
            yield from terms(left)
            yield from terms(right)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    position: int
    term: Term | None = None

    def keyword(self, word: str) -> bool:
        return self.term is None and self.text.lower() == word


def parse(text: str) -> Expression:
    """Raises ExpressionError naming the first character that is wrong."""
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"is longer than {MOST_CHARACTERS} characters", MOST_CHARACTERS)
    reader = _Reader(list(_tokens(text.translate(_QUOTES))), len(text.rstrip()))
    expression = reader.either(0)
    if reader.here is not None:
        raise ExpressionError(
            f"{reader.here.text!r} is not expected here: put and, or, not before it", reader.here.position
        )
    return expression


def before_digest(text: str) -> tuple[str, int | None]:
    """The expression alone, and where the word `digest` behind it ends; None where there is none."""
    for token in _tokens(text.translate(_QUOTES)):
        if token.keyword("digest"):
            return text[: token.position], token.position + len("digest")
    return text, None


def _tokens(text: str) -> Iterable[_Token]:
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        assert found is not None  # the last alternative takes whatever is left
        group = next(index for index in (1, 2, 5) if found[index] is not None)
        start = found.start(group)
        if group == 2:
            value = found[3] if found[3] is not None else found[4]
            yield _Token(
                found[0].strip(), start, _term(found[2].lower(), value, start, found.start(4 if found[4] else 3))
            )
        else:
            yield _Token(found[group], start)
        place = found.end()


def _term(field: str, value: str, start: int, value_start: int) -> Term:
    if field not in FIELDS:
        raise ExpressionError(f"there is no field {field!r}; there are {', '.join(FIELDS)}", start)
    if not value.strip():
        raise ExpressionError("the value is empty", value_start)
    if field == "event" and value.lower() not in EVENTS:
        raise ExpressionError(f"there is no event {value!r}; there are {', '.join(EVENTS)}", value_start)
    return Term(field, value.strip().lower())


class _Reader:
    """A recursive descent over tokens; `end` is the position that a missing word is missed at."""

    def __init__(self, tokens: list[_Token], end: int) -> None:
        self._tokens = tokens
        self._end = end
        self._next = 0

    @property
    def here(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def either(self, depth: int) -> Expression:
        return self._joined("or", Either, lambda: self._joined("and", Both, lambda: self._factor(depth)))

    def _joined(self, word: str, join: type[Both] | type[Either], operand: Callable[[], Expression]) -> Expression:
        left = operand()
        while self.here is not None and self.here.keyword(word):
            self._next += 1
            left = join(left, operand())
        return left

    def _factor(self, depth: int) -> Expression:
        token = self.here
        if token is None:
            raise ExpressionError("something is missing at the end, such as severity:sev1", self._end)
        if depth > MOST_DEPTH:
            raise ExpressionError(f"is nested more than {MOST_DEPTH} deep", token.position)
        self._next += 1
        if token.term is not None:
            return token.term
        if token.keyword("not"):
            return Not(self._factor(depth + 1))
        if token.text == "(":
            inner = self.either(depth + 1)
            if self.here is None or self.here.text != ")":
                raise ExpressionError("this parenthesis is not closed", token.position)
            self._next += 1
            return inner
        raise ExpressionError(
            f"{token.text!r} is no condition: write field:value, such as severity:sev1", token.position
        )
