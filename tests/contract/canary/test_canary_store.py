"""Groups of canaries in DynamoDB, and their alarms in EventBridge Scheduler (moto's)."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws

from canary_monitor.alarms import Alarm, Alarms
from canary_monitor.group import Group, Status, merged
from canary_monitor.plan import Told
from canary_monitor.presses import Press
from canary_monitor.store import CanaryStore, Record
from kaizen.metrics.changes import remove, set_gauge

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ENVIRONMENT = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
GAUGE = ("canary_deployment_start_time", {"deployment": "1", "environment": "production"})


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with patch.dict(os.environ, ENVIRONMENT), mock_aws():
        client: Any = boto3.client("dynamodb")
        for name, keys in (("canaries", ("pk", "sk")), ("metrics", ("metric", "series"))):
            client.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)
                ],
            )
        yield client


def record() -> Record:
    group = Group(7, "acme/shop", "production", "deploy")
    for status in (
        Status(1, T0, "in_progress", T0, "main", "a" * 40, "ana", "https://ci.example.org"),
        Status(1, T0, "failure", T0 + timedelta(hours=1)),
        Status(2, T0 + timedelta(hours=2), "", T0 + timedelta(hours=2)),
    ):
        group = merged(group, status)
    told = {1: Told(7200, exported=True, alarm_at=T0 + timedelta(hours=2), paged_at=T0, shown="in_flight"), 2: Told(0)}
    return Record(group, told)


def test_what_is_written_is_read_back(dynamodb: Any) -> None:
    store = CanaryStore(dynamodb, "canaries", "metrics")
    assert store.load(7, "production", "deploy") is None
    saved = store.save(record(), [set_gauge(*GAUGE, 1)], T0)
    assert store.load(7, "production", "deploy") == saved == replace(record(), version=1)
    assert store.save(saved, [remove(*GAUGE)], T0).version == 2
    assert dynamodb.scan(TableName="metrics")["Items"] == []


def test_a_canary_is_found_by_its_deployment(dynamodb: Any) -> None:
    store = CanaryStore(dynamodb, "canaries", "metrics")
    saved = store.save(record(), [], T0)
    assert store.find(1, "production") == saved
    assert store.find(2, "production") is None  # no canary: it has no budget
    again = store.load(7, "production", "deploy")
    assert again is not None
    with_another = replace(again, told={**again.told, 3: Told(60)}, group=merged(again.group, Status(3, T0, "", T0)))
    store.save(with_another, [], T0)
    assert store.find(3, "production") == store.find(1, "production") == store.load(7, "production", "deploy")


def test_a_press_is_kept_beside_the_group(dynamodb: Any) -> None:
    store = CanaryStore(dynamodb, "canaries", "metrics")
    press = Press(Alarm(7, "production", "deploy", 1), "extend", T0, "U0ANA", T0 + timedelta(minutes=5), "t1")
    extended = replace(record().told[1], extended_to=T0 + timedelta(hours=3), extended_by="U0ANA", done_by="U0BEN")
    saved = store.save(replace(record(), told={1: extended}), [], T0, press)
    assert store.load(7, "production", "deploy") == saved
    items = dynamodb.scan(TableName="canaries")["Items"]
    (kept,) = [each for each in items if each["sk"]["S"].startswith("press#")]
    assert kept["sk"]["S"] == "press#2026-03-02T09:05:00Z#t1"
    assert (kept["by"]["S"], kept["verb"]["S"], kept["due"]["S"]) == ("U0ANA", "extend", "2026-03-02T09:00:00Z")


def test_who_read_before_another_wrote_writes_nothing(dynamodb: Any) -> None:
    store = CanaryStore(dynamodb, "canaries", "metrics")
    store.save(record(), [], T0)
    with pytest.raises(Exception, match="ConditionalCheckFailed"):
        store.save(record(), [set_gauge(*GAUGE, 1)], T0)
    assert dynamodb.scan(TableName="metrics")["Items"] == []


def test_an_alarm_is_set_moved_and_removed() -> None:
    with patch.dict(os.environ, ENVIRONMENT), mock_aws():
        client = boto3.client("scheduler")
        client.create_schedule_group(Name="canaries")
        alarms = Alarms(
            client,
            "canaries",
            "arn:aws:sqs:eu-central-1:123456789012:queue",
            "arn:aws:iam::123456789012:role/alarm",
            "arn:aws:sqs:eu-central-1:123456789012:dead",
        )
        alarm = Alarm(7, "production", "deploy", 1)
        alarms.set(alarm, T0)
        alarms.set(alarm, T0 + timedelta(hours=1))
        found = client.get_schedule(Name=alarm.name, GroupName="canaries")
        assert found["ScheduleExpression"] == "at(2026-03-02T10:00:00)"
        assert found["ActionAfterCompletion"] == "DELETE"
        assert json.loads(found["Target"]["Input"])["detail"]["deployment"] == 1
        alarms.unset(alarm)
        alarms.unset(alarm)
        assert client.list_schedules(GroupName="canaries")["Schedules"] == []
