"""Schedules that are created at run time, as functions create them: they run, fail as the function does, and go."""

import json
import time
from collections.abc import Callable
from typing import Any

from local.aws.stand_ins import function_arn
from local.stack import Stack

ROLE = "arn:aws:iam::123456789012:role/any"


def until(reached: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 300
    while not (found := reached()):
        assert time.monotonic() < deadline, "it has not come to that in five minutes"
        time.sleep(0.2)
    return found


def create(stack: Stack, function: str, name: str, **target: Any) -> None:
    stack.aws.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="at(2020-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={"Arn": function_arn(function), "RoleArn": ROLE} | target,
    )


def names(stack: Stack) -> list[str]:
    return [each["Name"] for each in stack.aws.client("scheduler").list_schedules()["Schedules"]]


def test_it_runs_and_goes(fresh_stack: Stack) -> None:
    before = fresh_stack.functions()["TicketStatistics"].invocations
    create(fresh_stack, "TicketStatistics", "once", Input="{}")
    until(lambda: "once" not in names(fresh_stack))
    assert fresh_stack.functions()["TicketStatistics"].invocations == before + 1


def test_what_fails_to_the_last_is_a_dead_letter_of_the_schedule(fresh_stack: Stack) -> None:
    sqs = fresh_stack.aws.client("sqs")
    url = sqs.create_queue(QueueName="dead-letters-of-a-schedule")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    # The tracker takes batches alone, and has no failure destination of its own.
    create(fresh_stack, "TicketTracker", "fails", Input='{"no": "records"}', DeadLetterConfig={"Arn": arn})
    letters = until(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    record = json.loads(letters[0]["Body"])
    assert record["requestPayload"] == {"no": "records"}
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    until(lambda: "fails" not in names(fresh_stack))
