"""Rules as they were read, and what is said of them. Pure."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from kaizen.promql import Expression, normal, write

Kind = Literal["alert", "record"]
Level = Literal["error", "warning", "note"]
ERROR: Level = "error"
WARNING: Level = "warning"
LEVELS: tuple[Level, ...] = (ERROR, WARNING, "note")
REFUSED = ("promql", "rule-file", "yaml")  # checks of what Prometheus refuses a whole file for


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands; line and column count from 1."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `labels` are the group's with the rule's own; lengths are in milliseconds, `expression` is None where
    the text is no PromQL. `normal` is the expression in the form that is equal for equal meanings.
    """

    kind: Kind
    name: str
    labels: Mapping[str, str]
    text: str
    expression: Expression | None
    place: Place
    group: str
    number: int  # in its group, from 1
    waits: int = 0  # `for`
    keeps: int = 0  # `keep_firing_for`
    interval: int = 0  # 0: the server's default
    annotations: Mapping[str, str] = field(default_factory=dict)
    normal: Expression | None = None
    offset: int = 0  # the group's `query_offset`

    @property
    def canonical(self) -> str:
        return write(self.normal) if self.normal is not None else self.text

    @property
    def identity(self) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        """What Prometheus tells its results by."""
        return self.kind, self.name, tuple(sorted(self.labels.items()))


# Whether two rules are not to be compared, such as those of two packages of one file.
Apart = Callable[[Rule, Rule], bool]


def normal_form(expression: Expression | None) -> Expression | None:
    return None if expression is None else normal(expression)


@dataclass(frozen=True, slots=True)
class Member:
    """A rule or a file that a finding is about, as people know it."""

    place: Place
    title: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `message` says what and why, `todo` what to do; both are plain text.

    `key` is what it is about, never a line number: the same fault in a file that has grown is the same finding.
    `code` is what is to be shown as it stands, such as an expression.
    """

    check: str
    level: Level
    message: str
    todo: str
    members: tuple[Member, ...]
    key: tuple[str, ...]
    code: str = ""

    @property
    def id(self) -> str:
        """Stable as long as check and key are."""
        content = json.dumps([self.check, *self.key], ensure_ascii=True)
        return f"{self.check}-{hashlib.sha256(content.encode()).hexdigest()[:10]}"

    @property
    def place(self) -> Place:
        return self.members[0].place


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first: what keeps a whole file from being loaded, then by level and place; none is there twice."""

    def urgency(finding: Finding) -> tuple[bool, int, Place, str]:
        return (finding.check not in REFUSED, LEVELS.index(finding.level), finding.place, finding.id)

    return tuple(sorted({each.id: each for each in findings}.values(), key=urgency))


@dataclass(frozen=True, slots=True)
class RuleFile:
    """What was read of one file. `findings` are the faults of reading it; `whole` is False where it is no YAML, or was
    not read. `lines` is the text, for the comments in it."""

    path: str
    rules: tuple[Rule, ...] = ()
    findings: tuple[Finding, ...] = ()
    whole: bool = True
    lines: tuple[str, ...] = ()


def never(one: Rule, other: Rule) -> bool:
    """No two rules are apart."""
    return False


def titled(rule: Rule) -> str:
    return f"{rule.kind} {rule.name}"


def member(rule: Rule) -> Member:
    return Member(rule.place, titled(rule))
