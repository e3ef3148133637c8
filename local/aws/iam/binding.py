"""What the guard needs of the template: its functions' statements, with values in them, and its tables' keys. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from local.aws.iam.needs import Keys
from local.aws.iam.statements import Statement, read
from local.errors import LocalError
from local.template import Template


def wanted(template: Template) -> dict[str, Any]:
    """The values within statements that CloudFormation has to find, by names to ask for them later."""
    return {_name(each): each for function in template.functions.values() for each in _open(list(function.statements))}


def statements(template: Template, values: Mapping[str, str]) -> dict[str, list[Statement]]:
    """By function; `values` by the names of `wanted`. Raises LocalError for a statement that is not known here."""
    try:
        return {
            name: [read(_filled(each, values)) for each in function.statements]
            for name, function in template.functions.items()
        }
    except ValueError as error:
        raise LocalError(str(error)) from error


def keys(template: Template, physical: Mapping[str, str]) -> Keys:
    """The partition keys of the tables and their indexes, by the tables' names."""
    return {
        physical[name]: {
            each.get("IndexName", ""): _partition(each["KeySchema"])
            for each in (table["Properties"], *table["Properties"].get("GlobalSecondaryIndexes", []))
        }
        for name, table in template.stateful["Resources"].items()
        if table["Type"] == "AWS::DynamoDB::Table"
    }


def _partition(schema: list[dict[str, str]]) -> str:
    (found,) = [each["AttributeName"] for each in schema if each["KeyType"] == "HASH"]
    return found


def _is_open(value: Any) -> bool:
    """Whether this is a function of CloudFormation's, not a value."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::"))


def _open(value: Any) -> Iterator[Any]:
    if _is_open(value):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _open(each)
    elif isinstance(value, list):
        for each in value:
            yield from _open(each)


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if _is_open(value):
        return values[_name(value)]
    if isinstance(value, dict):
        return {key: _filled(each, values) for key, each in value.items()}
    return [_filled(each, values) for each in value] if isinstance(value, list) else value


def _name(value: Any) -> str:
    return "statement " + json.dumps(value, sort_keys=True)
