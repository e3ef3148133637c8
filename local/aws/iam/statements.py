"""What statements of a role's policies allow. Pure.

Only what the template uses is known: statements that allow, with four operators of conditions.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

_ANY = {"*": ".*", "?": "."}
_EVERY = "ForAllValues:"
_KNOWN = {"Action", "Condition", "Effect", "Resource", "Sid"}


@dataclass(frozen=True, slots=True)
class Need:
    """One action on one resource; `context` holds the values of condition keys."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __str__(self) -> str:
        known = "; ".join(f"{key} {', '.join(values)}" for key, values in self.context.items() if values)
        return f"{self.action} on {self.resource}" + (f" with {known}" if known else "")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that allows; `conditions` are operator, key and values."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    def permits(self, need: Need) -> bool:
        return (
            any(like(each.lower(), need.action.lower()) for each in self.actions)
            and any(like(each, need.resource) for each in self.resources)
            and all(_holds(operator, need.context.get(key, ()), wanted) for operator, key, wanted in self.conditions)
        )


def read(document: Mapping[str, Any]) -> Statement:
    """A statement of a policy, its values resolved. Raises ValueError for what is not known here."""
    if document.get("Effect") != "Allow" or not set(document) <= _KNOWN:
        raise ValueError(f"the statement {document} says more than Allow, Action, Resource and Condition")
    conditions = [
        (operator, key, _listed(values))
        for operator, keys in document.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    if unknown := {operator.removeprefix(_EVERY) for operator, _, _ in conditions} - set(_OPERATORS):
        raise ValueError(f"conditions with {', '.join(sorted(unknown))} are not known here")
    return Statement(_listed(document["Action"]), _listed(document["Resource"]), tuple(conditions))


def permitted(statements: Iterable[Statement], need: Need) -> bool:
    return any(each.permits(need) for each in statements)


def like(pattern: str, text: str) -> bool:
    """IAM's wildcards: `*` for any characters, `?` for one."""
    return _pattern(pattern).fullmatch(text) is not None


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_ANY.get(each, re.escape(each)) for each in pattern), re.DOTALL)


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, given: wanted == given,
    "StringLike": like,
}


def _holds(operator: str, given: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """As on AWS, a condition for all values holds where there is none, and any other one does not."""
    matches = _OPERATORS[operator.removeprefix(_EVERY)]
    found = [any(matches(each, value) for each in wanted) for value in given]
    return all(found) if operator.startswith(_EVERY) else any(found)


def _listed(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,)
