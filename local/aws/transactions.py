"""Transactions of DynamoDB that copy the items they touch, and not the whole tables as moto does.

moto copies every table of a transaction once for each of its items: one transaction over a table of 2,000 items takes
more than half a second, and all other calls wait.
"""

import copy
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

_within = threading.local()  # `.tables` is true while this thread is in a transaction that we undo ourselves
type _Key = tuple[DynamoType, DynamoType | None]

MOTOS_WAY = DynamoDBBackend.transact_write_items


def copy_only_what_they_touch() -> None:
    """From now on, in all of moto of this process. A table with a stream still goes moto's way."""
    DynamoDBBackend.transact_write_items = _transact  # type: ignore[method-assign,assignment]
    Table.__deepcopy__ = _copied  # type: ignore[attr-defined]


def _transact(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    touched = list(_touched(backend, transact_items))
    if any(table.stream_shard is not None for table, _ in touched):
        MOTOS_WAY(backend, transact_items)
        return
    before = [(table, key, copy.deepcopy(table.get_item(*key))) for table, key in touched]
    _within.tables = True
    try:
        MOTOS_WAY(backend, transact_items)
    except BaseException:
        for table, key, item in before:
            _put_back(table, key, item)
        raise
    finally:
        _within.tables = False


def _touched(backend: DynamoDBBackend, operations: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Table, _Key]]:
    """What an operation may change. One without a table or a whole key changes nothing: moto refuses it."""
    for operation in operations:
        for call in operation.values():
            table = backend.tables.get(call.get("TableName", ""))
            given = call.get("Item", call.get("Key", {}))
            if table is None or any(name not in given for name in table.table_key_attrs):
                continue
            ends = table.range_key_attr
            yield table, (DynamoType(given[table.hash_key_attr]), DynamoType(given[ends]) if ends else None)


def _put_back(table: Table, key: _Key, item: Item | None) -> None:
    whole, part = key
    if item is None:
        table.delete_item(whole, part)
    elif part is None:
        table.items[whole] = item  # type: ignore[assignment]
    else:
        table.items[whole][part] = item


def _copied(table: Table, memo: dict[int, Any]) -> Any:
    """The table itself within our transactions, else a copy of everything: backups are made of it."""
    if getattr(_within, "tables", False):
        return table
    other: Any = Table.__new__(Table)
    memo[id(table)] = other
    for name, value in vars(table).items():
        setattr(other, name, copy.deepcopy(value, memo))
    return other
