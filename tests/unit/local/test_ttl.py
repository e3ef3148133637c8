"""The tables' time to live, played: an item's last day is short, what has no time stays."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws

from local.aws.lifecycle import DAY_SECONDS
from local.aws.ttl import Lifetime, Tables, lifetime

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TABLE = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
}


def test_lifetimes_are_read_from_the_template() -> None:
    assert lifetime(TABLE) == Lifetime("expires_at", ("pk", "sk"))
    assert lifetime({"KeySchema": TABLE["KeySchema"]}) is None
    assert lifetime(TABLE | {"TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": False}}) is None


def left(dynamodb: Any) -> list[str]:
    return sorted(each["pk"]["S"] for each in dynamodb.scan(TableName="savings")["Items"])


def test_what_is_old_goes() -> None:
    with mock_aws():
        dynamodb: Any = boto3.client("dynamodb", region_name="eu-west-1")
        dynamodb.create_table(
            TableName="savings",
            KeySchema=TABLE["KeySchema"],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        lives = {f"day-{index:02}": timedelta(days=1) for index in range(60)} | {"week": timedelta(days=7)}
        for name, life in lives.items():
            expires = {"N": str(int((NOW + life).timestamp()))}
            dynamodb.put_item(TableName="savings", Item={"pk": {"S": name}, "sk": {"S": "x"}, "expires_at": expires})
        dynamodb.put_item(TableName="savings", Item={"pk": {"S": "for ever"}, "sk": {"S": "x"}})
        tables = Tables(dynamodb, {"savings": Lifetime("expires_at", ("pk", "sk"))})
        assert tables.sweep(NOW + timedelta(seconds=DAY_SECONDS - 1)) == 0
        assert tables.sweep(NOW + timedelta(seconds=DAY_SECONDS)) == 60
        assert left(dynamodb) == ["for ever", "week"]
        assert tables.sweep(NOW + timedelta(days=6, seconds=DAY_SECONDS)) == 1
        assert left(dynamodb) == ["for ever"]
