"""The door over AWS (moto's): the secret in SSM, the event on a bus and from there in a queue, the count in its row."""

import json
import os
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws

from kaizen.events.slack import SlackInteraction
from kaizen.runtime import secrets
from kaizen.slack.requests import signature
from kaizen.times import utc_now
from slack_interactions import handler
from tests.unit.interactions.interaction_samples import CONTEXT, SECRET, form, http, payload

ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "EVENT_BUS_NAME": "kaizen-test",
    "METRICS_TABLE": "metrics",
    "SLACK_SIGNING_SECRET_PARAMETER": "/kaizen/slack/signing-secret",
    "SLACK_SIGNING_SECRET_PREVIOUS_PARAMETER": "/kaizen/slack/signing-secret-previous",
}


def new_process() -> None:
    for cached in (handler.settings, handler.publisher, handler.verifier, handler._dynamodb, secrets._provider):
        cached.cache_clear()


@pytest.fixture
def queue() -> Iterator[tuple[Any, str]]:
    """A feature's queue behind a rule of its own, as features will have."""
    with patch.dict(os.environ, ENVIRONMENT, clear=True), mock_aws():
        new_process()
        build: Any = boto3.client
        events, sqs = build("events"), build("sqs")
        events.create_event_bus(Name="kaizen-test")
        address = sqs.create_queue(QueueName="sandbox")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=address, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = {"source": ["kaizen.slack"], "detail-type": ["slack.interaction"], "detail": {"feature": ["sandbox"]}}
        events.put_rule(Name="sandbox", EventBusName="kaizen-test", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="sandbox", EventBusName="kaizen-test", Targets=[{"Id": "queue", "Arn": arn}])
        build("dynamodb").create_table(
            TableName="metrics",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "metric", "AttributeType": "S"},
                {"AttributeName": "series", "AttributeType": "S"},
            ],
            KeySchema=[{"AttributeName": "metric", "KeyType": "HASH"}, {"AttributeName": "series", "KeyType": "RANGE"}],
        )
        yield sqs, address
    new_process()


def press(given: dict[str, Any]) -> int:
    stamp = str(int(utc_now().timestamp()))
    return int(handler.lambda_handler(http(form(given), stamp=stamp), CONTEXT)["statusCode"])


def test_a_press_reaches_its_features_queue(queue: tuple[Any, str]) -> None:
    sqs, address = queue
    assert press(payload()) == 503  # no secret yet: nobody gets in, and nobody is told that it worked
    boto3.client("ssm").put_parameter(
        Name=ENVIRONMENT["SLACK_SIGNING_SECRET_PARAMETER"], Value=SECRET, Type="SecureString"
    )
    assert press(payload()) == 200
    other = payload()
    other["actions"][0]["action_id"] = "tickets.assign"
    assert press(other) == 200  # published, for another feature's rule
    (message,) = sqs.receive_message(QueueUrl=address, MaxNumberOfMessages=10)["Messages"]
    event = SlackInteraction.from_detail(json.loads(message["Body"])["detail"])
    assert (event.action_id, event.user_id, event.value) == ("sandbox.keep", "UA8RXUSPL", "k1.content.signature")
    assert "response_url" not in message["Body"]
    rows = boto3.client("dynamodb").scan(TableName="metrics")["Items"]
    assert [(row["series"]["S"], row["value"]["N"]) for row in rows] == [('["accepted"]', "2")]


def test_the_previous_secret_is_good_through_a_rotation(queue: tuple[Any, str]) -> None:
    ssm = boto3.client("ssm")
    for name, value in (
        ("SLACK_SIGNING_SECRET_PARAMETER", "newer"),
        ("SLACK_SIGNING_SECRET_PREVIOUS_PARAMETER", SECRET),
    ):
        ssm.put_parameter(Name=ENVIRONMENT[name], Value=value, Type="SecureString")
    assert press(payload()) == 200
    stamp = str(int(utc_now().timestamp()))
    body = form(payload())
    event = http(body, stamp=stamp, x_slack_signature=signature(stamp, body, "newer"))
    assert handler.lambda_handler(event, CONTEXT)["statusCode"] == 200
