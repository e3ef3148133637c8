"""Plays the time to live of tables, which moto stores and never applies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from local.aws.lifecycle import DAY_SECONDS

_DAY = 24 * 3600
_MOST_ITEMS = 25  # of one BatchWriteItem


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A table's items go when the time in their `attribute` has come; `keys` are the attributes of its primary key."""

    attribute: str
    keys: tuple[str, ...]


def lifetime(table: Mapping[str, Any]) -> Lifetime | None:
    """What a table of the template says of it."""
    given = table.get("TimeToLiveSpecification", {})
    if not given.get("Enabled"):
        return None
    return Lifetime(given["AttributeName"], tuple(each["AttributeName"] for each in table["KeySchema"]))


def expired(dynamodb: Any, table: str, kept: Lifetime, now: datetime) -> Iterator[dict[str, Any]]:
    """The keys of what goes. The last day of every item takes as long as a day of a bucket does; nothing has less."""
    names = {f"#{index}": name for index, name in enumerate((*kept.keys, kept.attribute))}
    due = int(now.timestamp()) + _DAY - DAY_SECONDS
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression=f"#{len(kept.keys)} <= :due",
        ProjectionExpression=", ".join(names),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={":due": {"N": str(due)}},
    )
    for page in pages:
        for item in page["Items"]:
            yield {name: item[name] for name in kept.keys}


class Tables:
    """The tables by their physical names; those that keep everything are left out."""

    def __init__(self, dynamodb: Any, lifetimes: Mapping[str, Lifetime]) -> None:
        self._dynamodb = dynamodb
        self._lifetimes = lifetimes

    def sweep(self, now: datetime) -> int:
        """How many items went."""
        gone = 0
        for table, kept in self._lifetimes.items():
            for keys in batched(list(expired(self._dynamodb, table, kept, now)), _MOST_ITEMS, strict=False):
                requests = [{"DeleteRequest": {"Key": key}} for key in keys]
                self._dynamodb.batch_write_item(RequestItems={table: requests})
                gone += len(keys)
        return gone
