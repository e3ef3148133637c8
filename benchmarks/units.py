"""Write and read units of DynamoDB, from the requests and the sizes of the items that they touch.

A write takes a unit for each KB begun of the item, the larger of before and after; in a transaction two. A read takes a
unit for each 4 KB begun, half of that unless it is consistent. A query counts what it read before its filter, here by
the mean size of what came out. Writes of indexes are not counted.
"""

import json
import math
from typing import Any

# On demand in eu-west-1 and us-east-1, dollars a million, as AWS listed them in 2025; a reader may have other prices.
WRITE_DOLLARS, READ_DOLLARS = 0.625, 0.125


def cost(written: float, read: float) -> str:
    """Of one step. Units a step are dollars a million steps, but for the price."""
    dollars = written * WRITE_DOLLARS + read * READ_DOLLARS
    return f"{written:.2f} write units, {read:.2f} read units, ${dollars:.2f} a million"


class Units:
    """What all clients have used since `clear`; items are measured as JSON, which is a little more than DynamoDB's."""

    def __init__(self) -> None:
        self.written = self.read = 0.0
        self._items: dict[tuple[str, str], int] = {}
        self._asked: dict[str, Any] = {}

    def clear(self) -> None:
        self.written = self.read = 0.0

    def before(self, params: dict[str, Any], **_: Any) -> None:
        self._asked = params

    def after(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        asked = self._asked
        match model.name:
            case "PutItem" | "UpdateItem" | "DeleteItem":
                self.written += self._write(asked)
            case "TransactWriteItems":
                self.written += sum(
                    2 * self._write(each) for action in asked["TransactItems"] for each in action.values()
                )
            case "GetItem":
                self.read += _reads(_size(parsed.get("Item", {})), asked)
            case "BatchGetItem":
                for table, items in parsed.get("Responses", {}).items():
                    self.read += sum(_reads(_size(item), asked["RequestItems"][table]) for item in items)
            case "Query" | "Scan":
                sizes = [_size(item) for item in parsed.get("Items", [])]
                mean = sum(sizes) / len(sizes) if sizes else 0.0
                self.read += _reads(mean * max(len(sizes), parsed.get("ScannedCount", 0)), asked)

    def _write(self, request: dict[str, Any]) -> int:
        """Updates are measured by all that was ever written to their item: none of ours takes anything away."""
        if "Item" in request:
            return max(1, math.ceil(_size(request["Item"]) / 1024))
        key = (str(request["TableName"]), json.dumps(request.get("Key"), sort_keys=True))
        values = _size(request.get("ExpressionAttributeValues", {})) + len(request.get("UpdateExpression", ""))
        self._items[key] = max(self._items.get(key, 0), _size(request.get("Key", {})) + values)
        return max(1, math.ceil(self._items[key] / 1024))


def _size(item: Any) -> int:
    """Names and values; not the letters that say their types."""
    if isinstance(item, dict):
        typed = len(item) == 1 and next(iter(item)) in ("S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS")
        return sum((0 if typed else len(str(name))) + _size(value) for name, value in item.items())
    if isinstance(item, list):
        return sum(_size(each) + 1 for each in item)
    return len(item) if isinstance(item, bytes) else len(str(item).encode())


def _reads(size: float, asked: dict[str, Any]) -> float:
    units = max(1, math.ceil(size / 4096))
    return float(units) if asked.get("ConsistentRead") else units / 2
