"""Subscriptions in the Slack table: read by everyone who posts, written by slack_commands."""

from typing import TYPE_CHECKING

from kaizen.storage.items import pages, to_item, to_value
from kaizen.subscriptions.model import PARTITION, Subscription, attributes, subscription_from

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_subscriptions(client: "DynamoDBClient", table: str, channel: str = "") -> list[Subscription]:
    """All of them, or those of one channel, in the order of their channels and ids."""
    condition, values = "pk = :pk", {":pk": to_value(PARTITION)}
    if channel:
        condition, values = f"{condition} AND begins_with(sk, :channel)", values | {":channel": to_value(f"{channel}#")}
    items = pages(
        client,
        "query",
        TableName=table,
        KeyConditionExpression=condition,
        ExpressionAttributeValues=values,
        ConsistentRead=True,
    )
    return [subscription_from(item) for item in items]


def add(client: "DynamoDBClient", table: str, subscription: Subscription) -> bool:
    """Whether it is new: the same expression in the same channel is kept, unless its digest is at another time."""
    try:
        client.put_item(
            TableName=table,
            Item=to_item(attributes(subscription)),
            ConditionExpression="attribute_not_exists(pk) OR #daily <> :daily",
            ExpressionAttributeNames={"#daily": "daily"},
            ExpressionAttributeValues=to_item({":daily": str(subscription.daily) if subscription.daily else None}),
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def remove(client: "DynamoDBClient", table: str, channel: str, identity: str) -> bool:
    """Whether there was one with that id."""
    key = to_item({"pk": PARTITION, "sk": f"{channel}#{identity}"})
    return "Attributes" in client.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")
