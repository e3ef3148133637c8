"""Every trigger that nobody waits for has a way out for what fails, and an alarm on it."""

from typing import Any

import pytest

from tests.architecture.house import lambda_functions, listed, resources, statements, target, template

GLOBAL_TIMEOUT = template()["Globals"]["Function"]["Timeout"]


def events(kind: str) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    return [
        (name, function, event["Properties"])
        for name, function in lambda_functions().items()
        for event in function.get("Events", {}).values()
        if event["Type"] == kind
    ]


def sources() -> dict[str, dict[str, Any]]:
    return resources("AWS::Lambda::EventSourceMapping")


def alarmed_queues() -> set[str]:
    return {
        target(dimension["Value"])
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible" and alarm["AlarmActions"]
        for dimension in alarm["Dimensions"]
    }


def dead_letter_queues() -> set[str]:
    redrives = {
        target(queue["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in resources("AWS::SQS::Queue").values()
        if "RedrivePolicy" in queue
    }
    schedules = {target(event["DeadLetterConfig"]["Arn"]) for _, _, event in events("ScheduleV2")}
    failures = {
        target(function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"])
        for _, function, _ in events("ScheduleV2")
    }
    rules = {
        target(each["DeadLetterConfig"]["Arn"])
        for rule in resources("AWS::Events::Rule").values()
        for each in rule["Targets"]
    }
    return redrives | schedules | failures | rules


@pytest.mark.parametrize(("name", "mapping"), sources().items(), ids=lambda value: str(value)[:24])
def test_queue_consumers(name: str, mapping: dict[str, Any]) -> None:
    function = lambda_functions()[target(mapping["FunctionName"])]
    queue = resources("AWS::SQS::Queue")[target(mapping["EventSourceArn"])]
    assert queue["VisibilityTimeout"] >= 6 * function.get("Timeout", GLOBAL_TIMEOUT)
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "RedrivePolicy" in queue


def receivers(statement: dict[str, Any]) -> list[str]:
    """The queues that a statement lets a function take messages from."""
    receives = {"sqs:ReceiveMessage", "sqs:DeleteMessage"} & set(listed(statement["Action"]))
    return [target(each) for each in listed(statement["Resource"])] if receives else []


@pytest.mark.parametrize("name", lambda_functions())
def test_a_consumer_may_receive_from_its_own_queue_only(name: str) -> None:
    """SAM's own SQS event would add a policy that is good for every queue of the account."""
    function = lambda_functions()[name]
    assert not [event for event in function.get("Events", {}).values() if event["Type"] == "SQS"]
    own = [target(each["EventSourceArn"]) for each in sources().values() if target(each["FunctionName"]) == name]
    assert sorted(queue for each in statements(function) for queue in receivers(each)) == sorted(own)


@pytest.mark.parametrize(("name", "function", "event"), events("ScheduleV2"), ids=lambda value: str(value)[:24])
def test_scheduled_functions(name: str, function: dict[str, Any], event: dict[str, Any]) -> None:
    assert target(event["DeadLetterConfig"]["Arn"])
    assert target(function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"])


def test_rules_bound_their_retries() -> None:
    for rule in resources("AWS::Events::Rule").values():
        for each in rule["Targets"]:
            assert {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"} <= set(each["RetryPolicy"])


def test_every_dead_letter_queue_has_an_alarm() -> None:
    assert dead_letter_queues() == alarmed_queues()


def test_viewers_have_limits_of_their_own() -> None:
    """A storm at one of their doors stays below what leaves room for the tracker and the exporter."""
    (api,) = resources("AWS::Serverless::HttpApi").values()
    limits = api["RouteSettings"]
    served = {f"{event['Method']} {event['Path']}" for name, _, event in events("HttpApi") if name == "PhaseStream"}
    assert served <= set(limits)
    assert sum(limits[route]["ThrottlingRateLimit"] for route in served if not route.startswith("OPTIONS ")) <= 310
    assert limits["GET /phase/savings/audit"]["ThrottlingRateLimit"] <= 5
    assert limits["GET /metrics"]["ThrottlingRateLimit"] >= 1


def test_githubs_bursts_are_not_throttled() -> None:
    """GitHub does not repeat what was answered with 429, and no counter sees it: 50 a second lost deliveries."""
    (api,) = resources("AWS::Serverless::HttpApi").values()
    door = api["RouteSettings"]["POST /github/webhook"]
    assert door["ThrottlingRateLimit"] >= 500
    assert door["ThrottlingBurstLimit"] >= 1000
    (alarm,) = [
        each
        for each in resources("AWS::CloudWatch::Alarm").values()
        if {"Name": "Resource", "Value": "/github/webhook"} in each["Dimensions"]
    ]
    assert door["DetailedMetricsEnabled"] is True, "else the route has no metric of its own"
    assert (alarm["MetricName"], alarm["Statistic"]) == ("4xx", "Sum")
    assert alarm["Threshold"] <= 10
    assert alarm["AlarmActions"]


def test_no_concurrency_is_reserved_by_default() -> None:
    """Accounts with a limit of 10 refuse any."""
    assert template()["Parameters"]["WebhookConcurrency"]["Default"] == 0


def test_every_route_is_throttled() -> None:
    (api,) = resources("AWS::Serverless::HttpApi").values()
    assert api["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    routes = {f"{event['Method']} {event['Path']}" for _, _, event in events("HttpApi")}
    assert set(api["RouteSettings"]) <= routes  # a setting for a route that is gone would fail the deployment
