"""What the stack says of the reaper: how often it runs, that nobody repeats a run, and which cluster it may ask for."""

import json
from typing import Any

from tests.architecture.house import resources


def reaper() -> dict[str, Any]:
    found: dict[str, Any] = resources("AWS::Serverless::Function")["SandboxReaper"]
    return found


def test_it_runs_every_five_minutes_and_a_run_that_came_late_is_dropped() -> None:
    (event,) = reaper()["Events"].values()
    given = event["Properties"]
    assert given["ScheduleExpression"] == "rate(5 minutes)"
    assert json.loads(given["Input"]) == {"do": "run"}
    assert given["RetryPolicy"] == {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 240}


def test_a_run_that_failed_is_not_run_again_but_told() -> None:
    given = reaper()["EventInvokeConfig"]
    assert given["MaximumRetryAttempts"] == 0
    assert given["DestinationConfig"]["OnFailure"]["Type"] == "SQS"


def test_it_may_ask_for_one_cluster_alone() -> None:
    statements = [each for policy in reaper()["Policies"] for each in policy["Statement"]]
    (eks,) = [each for each in statements if "eks:" in json.dumps(each["Action"])]
    assert eks["Action"] == "eks:DescribeCluster"
    assert "cluster/${EksCluster}" in json.dumps(eks["Resource"])
    assert "*" not in json.dumps(eks["Resource"])


def test_single_sandboxes_wait_for_each_other_longer_than_a_run_may_take() -> None:
    queue = resources("AWS::SQS::Queue")["SandboxWakeQueue"]
    assert queue["VisibilityTimeout"] >= 6 * reaper()["Timeout"]
