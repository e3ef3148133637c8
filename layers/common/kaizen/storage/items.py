"""DynamoDB items of the low-level client to and from plain Python values."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]  # attribute name -> {"S": ...}, {"N": ...}, ...


def to_value(value: Any) -> dict[str, Any]:
    """One attribute value. Floats are stored by their shortest text, None as NULL."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float() | Decimal():
            return {"N": repr(value) if isinstance(value, float) else str(value)}
        case bytes():
            return {"B": value}
        case Mapping():
            return {"M": to_item(value)}
        case list() | tuple():
            return {"L": [to_value(each) for each in value]}
    raise TypeError(f"cannot store a {type(value).__name__}")


def to_item(values: Mapping[str, Any]) -> Item:
    return {name: to_value(value) for name, value in values.items()}


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def from_value(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return _number(content)
        case "M":
            return from_item(content)
        case "L":
            return [from_value(each) for each in content]
        case "NULL":
            return None
        case "NS":
            return {_number(each) for each in content}
        case "SS":
            return set(content)
        case _:
            return content


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: from_value(value) for name, value in item.items()}


def pages(client: "DynamoDBClient", operation: str, **request: Any) -> Iterator[dict[str, Any]]:
    """Every item of a `query` or `scan`, page after page, as plain values."""
    while True:
        answer = getattr(client, operation)(**request)
        for item in answer.get("Items", []):
            yield from_item(item)
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
