"""Values of resources that moto's CloudFormation does not create: functions, roles and groups of schedules. Pure.

Functions run under their emulators and roles bind nobody here, yet functions name them, as the target of a schedule
that they create. So references to them are replaced by text before CloudFormation sees them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

REGION = "eu-west-1"
ACCOUNT = "123456789012"
_VARIABLE = re.compile(r"\$\{(\w+)(?:\.(\w+))?\}")


@dataclass(frozen=True, slots=True)
class StandIn:
    """What `!Ref` and `!GetAtt X.Arn` come to: texts for `!Sub`."""

    ref: str
    arn: str


def function_arn(name: str) -> str:
    """Of a function by its logical id, which is its name here."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def function_of(arn: str) -> str:
    """The logical id of a function by its ARN, with or without a version; empty when it is none of ours."""
    name = arn.removeprefix(function_arn(""))
    return "" if name == arn else name.partition(":")[0]


def _function(name: str, properties: Mapping[str, Any]) -> StandIn:
    return StandIn(name, function_arn(name))


def _role(name: str, properties: Mapping[str, Any]) -> StandIn:
    return StandIn(name, f"arn:aws:iam::{ACCOUNT}:role/{name}")


def _group(name: str, properties: Mapping[str, Any]) -> StandIn:
    given = _text(properties.get("Name", name))
    return StandIn(given, f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/{given}")


GROUP = "AWS::Scheduler::ScheduleGroup"
_KINDS: Mapping[str, Callable[[str, Mapping[str, Any]], StandIn]] = {
    "AWS::Lambda::Function": _function,
    "AWS::IAM::Role": _role,
    GROUP: _group,
}


def stand_ins(resources: Mapping[str, Any]) -> dict[str, StandIn]:
    """By their logical ids."""
    return {
        name: _KINDS[each["Type"]](name, each.get("Properties", {}))
        for name, each in resources.items()
        if each["Type"] in _KINDS
    }


def resolved(value: Any, known: Mapping[str, StandIn]) -> Any:
    """A value of the template without references to the resources that are `known`, however deep they are.

    Raises ValueError for an attribute other than the ARN: there is no such value here.
    """
    if isinstance(value, list):
        return [resolved(each, known) for each in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": str(name)} if len(value) == 1 and name in known:
            return {"Fn::Sub": known[name].ref}
        case {"Fn::GetAtt": [str(name), str(attribute)]} if len(value) == 1 and name in known:
            return {"Fn::Sub": _attribute(known, name, attribute)}
        case {"Fn::Sub": str(text)} if len(value) == 1:
            return {"Fn::Sub": _substituted(text, known)}
        case {"Fn::Sub": [str(text), dict(names)]} if len(value) == 1:
            given = {name: resolved(each, known) for name, each in names.items()}
            return {"Fn::Sub": [_substituted(text, {n: each for n, each in known.items() if n not in names}), given]}
    return {key: resolved(each, known) for key, each in value.items()}


def _substituted(text: str, known: Mapping[str, StandIn]) -> str:
    def of(found: re.Match[str]) -> str:
        name, attribute = found[1], found[2]
        if name not in known:
            return found[0]
        return _attribute(known, name, attribute) if attribute else known[name].ref

    return _VARIABLE.sub(of, text)


def _attribute(known: Mapping[str, StandIn], name: str, attribute: str) -> str:
    if attribute != "Arn":
        raise ValueError(f"{name}.{attribute} has no value on this machine")
    return known[name].arn


def _text(value: Any) -> str:
    """A name as a text for `!Sub`. Raises ValueError for one that is made in another way."""
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::Sub": str(text)}:
            return text
    raise ValueError(f"a group of schedules has the name {value}")
