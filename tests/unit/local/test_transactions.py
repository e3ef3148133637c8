"""Our way through a transaction leaves in a table what moto's own way leaves in it, and copies far less."""

import copy
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import Item

from local.aws import transactions
from tests.effort import examples

ACCOUNT, REGION = "123456789012", "eu-west-1"
TABLES = ("whole", "parted")


def _make(dynamodb: Any, name: str, *keys: str, **more: Any) -> None:
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )


def _world() -> Any:
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    _make(dynamodb, "whole", "pk")
    _make(dynamodb, "parted", "pk", "sk")
    for pk in ("a", "b"):
        dynamodb.put_item(TableName="whole", Item={"pk": {"S": pk}, "list": {"L": [{"N": "1"}]}})
        dynamodb.put_item(TableName="parted", Item={"pk": {"S": pk}, "sk": {"S": "x"}, "list": {"L": [{"N": "1"}]}})
    return dynamodb


_ADD = {
    "UpdateExpression": "SET #list = list_append(#list, :more)",
    "ExpressionAttributeNames": {"#list": "list"},
    "ExpressionAttributeValues": {":more": {"L": [{"N": "2"}]}},
}
_ONLY_IF = st.sampled_from([{}, {"ConditionExpression": "attribute_exists(pk)"}])


def _operation(table: str, pk: str, kind: str, only_if: dict[str, Any]) -> dict[str, Any]:
    key = {"pk": {"S": pk}} | ({"sk": {"S": "x"}} if table == "parted" else {})
    match kind:
        case "Put":
            return {"Put": {"TableName": table, "Item": key | {"new": {"BOOL": True}}, **only_if}}
        case "Update":
            return {"Update": {"TableName": table, "Key": key, **_ADD, **only_if}}
        case "ConditionCheck":
            return {"ConditionCheck": {"TableName": table, "Key": key, "ConditionExpression": "attribute_exists(pk)"}}
    return {kind: {"TableName": table, "Key": key, **only_if}}


operations = st.lists(
    st.builds(
        _operation,
        st.sampled_from(TABLES),
        st.sampled_from("abc"),
        st.sampled_from(["Put", "Update", "Delete", "ConditionCheck"]),
        _ONLY_IF,
    ),
    min_size=1,
    max_size=5,
)


def _played(given_: Sequence[dict[str, Any]]) -> Any:
    """The answer (or what was refused and why), and then both tables."""
    with mock_aws():
        dynamodb = _world()
        try:
            dynamodb.transact_write_items(TransactItems=given_)
            answer: Any = "done"
        except ClientError as error:
            answer = error.response["Error"]["Code"], error.response.get("CancellationReasons")
        return answer, [
            sorted(dynamodb.scan(TableName=name)["Items"], key=lambda item: str(item["pk"])) for name in TABLES
        ]


@settings(max_examples=examples(20))
@given(operations)
def test_the_tables_hold_what_motos_own_way_leaves(given_: list[dict[str, Any]]) -> None:
    transactions.copy_only_what_they_touch()
    ours = _played(given_)
    with patch.object(DynamoDBBackend, "transact_write_items", transactions.MOTOS_WAY):
        assert ours == _played(given_)


def test_only_the_items_it_touches_are_copied() -> None:
    transactions.copy_only_what_they_touch()
    with mock_aws():
        dynamodb, copied = _world(), []
        original = Item.__deepcopy__

        def counted(self: Item, memo: dict[int, Any]) -> Item:
            copied.append(self.hash_key.value)
            return original(self, memo)

        with patch.object(Item, "__deepcopy__", counted), pytest.raises(ClientError):
            dynamodb.transact_write_items(
                TransactItems=[
                    _operation("parted", "a", "Put", {}),
                    _operation("whole", "c", "ConditionCheck", {}),
                ]
            )
        assert set(copied) <= {"a", "c"}
        assert dynamodb.get_item(TableName="parted", Key={"pk": {"S": "a"}, "sk": {"S": "x"}})["Item"]["list"]


def test_a_copy_outside_of_a_transaction_shares_nothing() -> None:
    """Backups are made of it."""
    transactions.copy_only_what_they_touch()
    with mock_aws():
        dynamodb = _world()
        table = dynamodb_backends[ACCOUNT][REGION].tables["whole"]
        kept = copy.deepcopy(table)
        dynamodb.delete_item(TableName="whole", Key={"pk": {"S": "a"}})
        assert (len(kept.items), len(table.items)) == (2, 1)
        assert vars(kept).keys() == vars(table).keys()


def test_a_table_with_a_stream_goes_motos_way() -> None:
    transactions.copy_only_what_they_touch()
    with mock_aws():
        dynamodb = _world()
        _make(dynamodb, "streamed", "pk", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
        put = {"Put": {"TableName": "streamed", "Item": {"pk": {"S": "z"}}}}
        with pytest.raises(ClientError):
            dynamodb.transact_write_items(TransactItems=[put, _operation("whole", "c", "ConditionCheck", {})])
        streamed = dynamodb_backends[ACCOUNT][REGION].tables["streamed"]
        assert not streamed.items
        assert streamed.stream_shard is not None
        assert not streamed.stream_shard.items
