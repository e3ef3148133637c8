"""Progress and tickets in DynamoDB (moto's); and what DynamoDB leaves out of an answer."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws

from kaizen.storage.items import to_item
from tests.factories import NOW, MemoryStore, default_policy, issue_event
from ticket_tracker.store import record_attributes
from ticket_tracker.tracking import track
from webhook_sweep.store import SweepStore, UnreadError

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ENVIRONMENT = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with patch.dict(os.environ, ENVIRONMENT), mock_aws():
        client: Any = boto3.client("dynamodb")
        for name in ("sweep", "tickets"):
            client.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            )
        yield client


def test_what_is_kept_is_read_back(dynamodb: Any) -> None:
    store = SweepStore(dynamodb, "sweep", "tickets")
    assert (store.compared_until(7), store.absent(7)) == (None, {})
    store.keep(7, T0)
    store.keep_absent(7, {12: T0, 13: NOW})
    assert store.compared_until(7) == T0
    assert store.absent(7) == {12: T0, 13: NOW}
    assert (store.compared_until(8), store.absent(8)) == (None, {})


def test_tickets_are_read_in_batches_and_what_is_none_is_left_out(dynamodb: Any) -> None:
    policy, memory = default_policy(labels='["component:api"]'), MemoryStore()
    for number in range(250):
        labels = ("component:api",) if number % 2 else ()
        event = issue_event(issue_id=number, delivery_id=f"d{number}", labels=labels)
        track(event, memory, policy, NOW, lambda _: None)
        dynamodb.put_item(TableName="tickets", Item=to_item(record_attributes(memory.records[number])))
    found = SweepStore(dynamodb, "sweep", "tickets").tickets([*range(300), 1, 1])
    assert found == {number: memory.records[number].ticket for number in range(1, 250, 2)}


class Hungry:
    """DynamoDB without the capacity for a whole answer: it reads half of the keys, or none."""

    def __init__(self, client: Any, *, starved: bool) -> None:
        self._client, self._starved = client, starved

    def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - boto3's name
        ((table, wanted),) = RequestItems.items()
        half = 0 if self._starved else -(-len(wanted["Keys"]) // 2)
        read, left = wanted["Keys"][:half], wanted["Keys"][half:]
        answer = self._client.batch_get_item(RequestItems={table: wanted | {"Keys": read}}) if read else {}
        unread = {table: wanted | {"Keys": left}} if left else {}
        return {"Responses": answer.get("Responses", {table: []}), "UnprocessedKeys": unread}


def test_what_dynamodb_leaves_out_is_asked_for_again_and_never_taken_for_missing(dynamodb: Any) -> None:
    memory = MemoryStore()
    for number in range(8):
        track(issue_event(issue_id=number, delivery_id=f"d{number}"), memory, default_policy(), NOW, lambda _: None)
        dynamodb.put_item(TableName="tickets", Item=to_item(record_attributes(memory.records[number])))
    hungry: Any = Hungry(dynamodb, starved=False)
    assert set(SweepStore(hungry, "sweep", "tickets").tickets(range(8))) == set(range(8))
    starved: Any = Hungry(dynamodb, starved=True)
    with pytest.raises(UnreadError, match="8 tickets could not be read"):
        SweepStore(starved, "sweep", "tickets").tickets(range(8))
