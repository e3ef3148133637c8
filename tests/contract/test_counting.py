"""Counts by themselves: added to their rows, or told in a log line when AWS does not answer."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kaizen.metrics.changes import add
from kaizen.metrics.counting import count, count_if_possible
from tests.contract.phase_aws import ENVIRONMENT, METRICS, PhaseAws, mocked
from tests.factories import NOW

CHANGES = [
    add("phase_posts_refused_total", {"code": "404"}, 2),
    add("phase_posts_refused_total", {"code": "400"}, 1),
]


@pytest.fixture
def aws() -> Iterator[PhaseAws]:
    with mocked(ENVIRONMENT):
        yield PhaseAws()


@pytest.mark.parametrize("way", [count, count_if_possible])
def test_counts_add_up(aws: PhaseAws, way: Any) -> None:
    way(aws.dynamodb, METRICS, CHANGES, NOW)
    way(aws.dynamodb, METRICS, iter(CHANGES), NOW)
    assert aws.metric("phase_posts_refused_total") == {("404",): 4, ("400",): 2}


def test_what_cannot_be_counted_is_told(aws: PhaseAws, caplog: pytest.LogCaptureFixture) -> None:
    aws.dynamodb.delete_table(TableName=METRICS)
    with pytest.raises(ClientError):
        count(aws.dynamodb, METRICS, CHANGES, NOW)
    with caplog.at_level(logging.ERROR):
        count_if_possible(aws.dynamodb, METRICS, iter(CHANGES), NOW)
    (record,) = [vars(each) for each in caplog.records if each.getMessage() == "not counted"]
    assert record["error"] == "ResourceNotFoundException"
    assert [each["metric"] for each in record["changes"]] == ["phase_posts_refused_total"] * 2
