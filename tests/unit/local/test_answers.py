"""Our way to write DynamoDB's values gives what moto's own way gives, for every kind of value."""

from typing import Any
from unittest.mock import patch

import boto3
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.core.serialize import BaseJSONSerializer

from local.aws import answers
from tests.effort import examples

_numbers = st.integers(-(10**9), 10**9).map(str)
_texts = st.text("aé\x00\"'", max_size=5)
_bytes = st.binary(max_size=5)
_leaves = st.one_of(
    st.fixed_dictionaries({"S": _texts}),
    st.fixed_dictionaries({"N": _numbers}),
    st.fixed_dictionaries({"B": _bytes}),
    st.fixed_dictionaries({"BOOL": st.booleans()}),
    st.just({"NULL": True}),
    st.fixed_dictionaries({"SS": st.lists(_texts, min_size=1, max_size=3, unique=True)}),
    st.fixed_dictionaries({"NS": st.lists(_numbers, min_size=1, max_size=3, unique=True)}),
    st.fixed_dictionaries({"BS": st.lists(_bytes, min_size=1, max_size=3, unique=True)}),
)
_values: st.SearchStrategy[Any] = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"L": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"M": st.dictionaries(st.sampled_from(["S", "s", "Items", "x"]), inner, max_size=3)}),
    ),
    max_leaves=8,
)


@settings(max_examples=examples(20))
@given(st.lists(_values, min_size=1, max_size=6))
def test_every_kind_of_value_comes_back_as_moto_itself_gives_it(values: list[Any]) -> None:
    with mock_aws():
        dynamodb = boto3.client("dynamodb", region_name="eu-west-1")
        dynamodb.create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "N"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for number, value in enumerate(values):
            dynamodb.put_item(TableName="t", Item={"pk": {"N": str(number)}, "value": value})
        answers.write_values_quickly()
        ours = dynamodb.scan(TableName="t")["Items"]
        with patch.object(BaseJSONSerializer, "_serialize_type_structure", answers.MOTOS_WAY):
            assert ours == dynamodb.scan(TableName="t")["Items"]
        assert len(ours) == len(values)
