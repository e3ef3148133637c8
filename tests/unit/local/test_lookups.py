"""What is worked out once gives what moto works out anew each time, and one update leaves nothing to the next."""

from typing import Any

import boto3
import moto.core.responses
import moto.dynamodb.parsing.ast_nodes
import moto.dynamodb.parsing.expressions
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from local.aws import lookups

_NODES: Any = moto.dynamodb.parsing.ast_nodes
_PARSER: Any = moto.dynamodb.parsing.expressions.UpdateExpressionParser  # type: ignore[attr-defined]
_RESPONSES: Any = moto.core.responses

UPDATES = [
    "SET #n = if_not_exists(#n, :one) + :one",
    "SET parts.a = :one, parts.b = list_append(lists, :more)",
    "SET lists[1] = :one REMOVE lists[0], gone",
    "ADD n :one, names :set",
    "DELETE names :set",
    "SET #n = #n - :one, parts.c = #n",
    "SET pk = :one",  # the key
    "SET nowhere.deep = :one",
    "SET n = :one, n = :one",  # twice
    "SET n = :unknown",
    "ADD lists :one",  # no number
    "SET n = = :one",
    "SET name = :one",  # reserved
]
_VALUES = {":one": {"N": "1"}, ":more": {"L": [{"N": "2"}]}, ":set": {"SS": ["x"]}}
_ITEM = {
    "n": {"N": "5"}, "lists": {"L": [{"S": "a"}, {"S": "b"}]}, "parts": {"M": {}}, "names": {"SS": ["x", "y"]},
    "gone": {"BOOL": True},
}  # fmt: skip


def outcomes() -> list[Any]:
    """Of each update, on an item and on none, twice each: what it answers or refuses, and what it leaves."""
    found: list[Any] = []
    with mock_aws():
        dynamodb: Any = boto3.client("dynamodb", region_name="eu-west-1")
        dynamodb.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for update in UPDATES:
            given = {each: value for each, value in _VALUES.items() if each in update}
            names = {"ExpressionAttributeNames": {"#n": "n"}} if "#n" in update else {}
            for pk in ("there", "new"):
                key = {"pk": {"S": pk}}
                dynamodb.delete_item(TableName="t", Key=key)
                if pk == "there":
                    dynamodb.put_item(TableName="t", Item=key | _ITEM)
                for _ in range(2):
                    try:
                        answer: Any = dynamodb.update_item(
                            TableName="t", Key=key, UpdateExpression=update, ReturnValues="ALL_NEW",
                            **({"ExpressionAttributeValues": given} if given else {}), **names,
                        )["Attributes"]  # fmt: skip
                    except ClientError as error:
                        answer = str(error)
                    found.append((update, pk, answer, dynamodb.get_item(TableName="t", Key=key).get("Item")))
    return found


def test_updates_answer_and_leave_what_they_do_in_motos_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(_NODES.DepthFirstTraverser, "traverse_node_recursively", lookups._MOTOS_WALK)
        patch.setattr(_PARSER, "make", lookups._parsed.__wrapped__)
        patch.delattr(_NODES.Node, "__deepcopy__", raising=False)
        patch.setattr(_RESPONSES, "method_names_from_class", lookups._names.__wrapped__)
        motos = outcomes()
    lookups.look_up_once()
    assert outcomes() == motos
    assert outcomes() == motos  # all of it from memory
    assert len({update for update, _, answer, _ in motos if isinstance(answer, str)}) >= 7
