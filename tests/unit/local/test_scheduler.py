"""Schedules that functions create at run time: when they run, with what, and what becomes of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.aws.stand_ins import function_arn
from local.doors.scheduler import Scheduler
from local.errors import LocalError

DEAD = "arn:aws:sqs:eu-west-1:123456789012:dead"
Run = tuple[str, Any, str]


class Played:
    """A scheduler with what it ran, sent and said."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.now = datetime.now(UTC).replace(microsecond=0)  # moto has no other clock
        self.ran: list[Run] = []
        self.sent: list[tuple[str, str]] = []
        self.said: list[str] = []
        self.scheduler = Scheduler(client, self._run, lambda *given: self.sent.append(given), self.said.append)

    def _run(self, function: str, payload: Any, dead_letters: str) -> None:
        if function == "Broken":
            raise LocalError("there is no function Broken")
        self.ran.append((function, payload, dead_letters))

    def create(self, expression: str, name: str = "one", *, target: dict[str, Any] | None = None, **more: Any) -> None:
        wanted = {"Arn": function_arn("Worker"), "RoleArn": "arn:aws:iam::123456789012:role/R", "Input": '{"n": 1}'}
        self.client.create_schedule(
            Name=name,
            ScheduleExpression=expression,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=wanted | (target or {}),
            **more,
        )

    def look(self, now: datetime) -> list[Run]:
        """What one look ran."""
        before = len(self.ran)
        for thread in self.scheduler.once(now):
            thread.join()
        return self.ran[before:]

    @property
    def names(self) -> list[str]:
        return [each["Name"] for each in self.client.list_schedules()["Schedules"]]


@pytest.fixture
def played() -> Iterator[Played]:
    with mock_aws():
        yield Played(boto3.client("scheduler", region_name="eu-west-1"))


def at(instant: datetime) -> str:
    return f"at({instant:%Y-%m-%dT%H:%M:%S})"


def test_at_runs_once_and_is_deleted_where_it_asks_for_that(played: Played) -> None:
    played.client.create_schedule_group(Name="checks")
    played.create(at(played.now + timedelta(minutes=1)), GroupName="checks", ActionAfterCompletion="DELETE")
    played.create(at(played.now + timedelta(minutes=1)), "kept", ActionAfterCompletion="NONE")
    assert played.look(played.now) == []
    assert played.look(played.now + timedelta(minutes=1)) == [("Worker", {"n": 1}, "")] * 2
    assert played.names == ["kept"]
    assert played.look(played.now + timedelta(minutes=9)) == []


def test_at_in_the_past_runs_at_once_and_in_its_own_zone(played: Played) -> None:
    played.create("at(2020-01-01T00:00:00)", "past")
    later = played.now + timedelta(hours=1)
    played.create(at(later + timedelta(hours=9)), "tokyo", ScheduleExpressionTimezone="Asia/Tokyo")
    assert len(played.look(played.now)) == 1
    assert len(played.look(later)) == 1


def test_a_rate_repeats_and_ends_at_its_end(played: Played) -> None:
    played.create("rate(1 minute)", EndDate=played.now + timedelta(minutes=4), ActionAfterCompletion="DELETE")
    ran = [len(played.look(played.now + timedelta(seconds=each))) for each in range(0, 400, 20)]
    assert 2 <= sum(ran) <= 3
    assert played.names == []


def test_changed_disabled_and_deleted(played: Played) -> None:
    played.create("cron(0 0 1 1 ? 2199)")
    assert played.look(played.now) == []
    given = played.client.get_schedule(Name="one")
    kept = {name: given[name] for name in ("Name", "FlexibleTimeWindow", "Target")}
    played.client.update_schedule(**kept, ScheduleExpression=at(played.now), State="DISABLED")
    assert played.look(played.now) == []
    played.client.update_schedule(**kept, ScheduleExpression=at(played.now), State="ENABLED")
    assert len(played.look(played.now)) == 1
    played.client.delete_schedule(Name="one")
    assert played.look(played.now) == []


def test_the_dead_letters_go_along(played: Played) -> None:
    played.create(at(played.now), target={"DeadLetterConfig": {"Arn": DEAD}})
    assert played.look(played.now) == [("Worker", {"n": 1}, DEAD)]


def test_a_queue_gets_the_input_as_it_is(played: Played) -> None:
    played.create(
        at(played.now), target={"Arn": "arn:aws:sqs:eu-west-1:123456789012:work"}, ActionAfterCompletion="DELETE"
    )
    assert played.look(played.now) == []
    assert played.sent == [("arn:aws:sqs:eu-west-1:123456789012:work", '{"n": 1}')]
    assert (played.said, played.names) == ([], [])


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ({"Arn": "arn:aws:sns:eu-west-1:123456789012:topic"}, "is no function of this stack"),
        ({"Arn": function_arn("Broken")}, "there is no function Broken"),
        ({"Input": "no JSON"}, "Expecting value"),
    ],
)
def test_what_cannot_be_delivered_is_a_dead_letter(played: Played, target: dict[str, str], fault: str) -> None:
    played.create(at(played.now), target=target | {"DeadLetterConfig": {"Arn": DEAD}}, ActionAfterCompletion="DELETE")
    assert played.look(played.now) == []
    assert played.sent == [(DEAD, target.get("Input", '{"n": 1}'))]
    assert fault in played.said[0]
    assert played.names == []


def test_what_cannot_be_played_is_said_once(played: Played) -> None:
    played.create("rate(2 fortnights)")
    for _ in range(3):
        assert played.look(played.now) == []
    assert len(played.said) == 1
    assert "the schedule one does not run" in played.said[0]
