"""How far issues were compared, which were absent, and tickets by their ids."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kaizen.storage.items import from_item, to_item
from kaizen.tickets import Ticket, ticket_from
from kaizen.times import format_instant, parse_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BATCH = 100  # keys that one call takes
_ROUNDS = 5  # DynamoDB may leave out what it had no capacity for


class UnreadError(Exception):
    """DynamoDB left tickets out again and again. A later run reads them."""


class SweepStore:
    def __init__(self, client: "DynamoDBClient", table: str, tickets: str) -> None:
        self._client = client
        self._table = table
        self._tickets = tickets

    def compared_until(self, repository: int) -> datetime | None:
        """All issues that changed before this instant were compared; None before the first comparison."""
        answer = self._client.get_item(TableName=self._table, Key=_progress(repository), ConsistentRead=True)
        return parse_instant(from_item(answer["Item"])["until"]) if "Item" in answer else None

    def keep(self, repository: int, until: datetime) -> None:
        self._client.put_item(
            TableName=self._table, Item=_progress(repository) | to_item({"until": format_instant(until)})
        )

    def absent(self, repository: int) -> dict[int, datetime]:
        """Open tickets of which GitHub knew no issue, by their ids, and since when."""
        answer = self._client.get_item(TableName=self._table, Key=_absent(repository), ConsistentRead=True)
        found = from_item(answer["Item"])["since"] if "Item" in answer else {}
        return {int(number): parse_instant(at) for number, at in found.items()}

    def keep_absent(self, repository: int, absent: Mapping[int, datetime]) -> None:
        since = {str(number): format_instant(at) for number, at in absent.items()}
        self._client.put_item(TableName=self._table, Item=_absent(repository) | to_item({"since": since}))

    def tickets(self, ids: Iterable[int]) -> dict[int, Ticket]:
        """Those that are tickets, by the id of their issue. Raises UnreadError."""
        wanted = [to_item({"pk": f"ticket#{each}", "sk": "ticket"}) for each in dict.fromkeys(ids)]
        found: dict[int, Ticket] = {}
        for start in range(0, len(wanted), _BATCH):
            for item in self._items(wanted[start : start + _BATCH]):
                if item.get("tracked", True):
                    found[item["id"]] = ticket_from(item)
        return found

    def _items(self, keys: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for _ in range(_ROUNDS):
            answer = self._client.batch_get_item(
                RequestItems={self._tickets: {"Keys": list(keys), "ConsistentRead": True}}
            )
            found += [from_item(each) for each in answer["Responses"].get(self._tickets, [])]
            left = answer.get("UnprocessedKeys", {}).get(self._tickets)
            if not left:
                return found
            keys = left["Keys"]
        raise UnreadError(f"{len(keys)} tickets could not be read")


def _absent(repository: int) -> dict[str, Any]:
    return to_item({"pk": f"sweep#{repository}", "sk": "absent"})


def _progress(repository: int) -> dict[str, Any]:
    return to_item({"pk": f"sweep#{repository}", "sk": "issues"})
