"""PagerDuty, GitHub and EventBridge Scheduler in trouble: what is tried again, what is a dead letter, what is told."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from canary_monitor.alarms import Alarm, Alarms
from canary_monitor.group import Canary, Group
from canary_monitor.monitor import CanaryFailedError, UnreadError
from canary_monitor.reread import rereader
from kaizen.github.client import Github
from kaizen.pager.client import Pager, PagerRefusedError, PagerUnavailableError
from kaizen.runtime.outbound import Answer, UnreachableError
from kaizen.runtime.secrets import SecretError, SecretMissingError
from kaizen.runtime.settings import SettingsError
from tests.unit.canary.canary_world import T0, World, at

TIMEOUT = UnreachableError("no answer in time")
GROUP, CANARY = Group(7, "acme/shop", "production", "deploy"), Canary(1, T0)


class Known:
    def authorization(self, *, fresh: bool = False) -> str:
        return "Bearer token"


class Service:
    """Answers with these statuses, one after the other; an exception is raised instead."""

    def __init__(self, *answers: int | Exception, body: bytes = b"{}") -> None:
        self.answers = list(answers)
        self.body = body
        self.asked = 0

    def __call__(self, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Answer(answer, {}, self.body)


def page(service: Service) -> list[float]:
    """The pauses that were made."""
    pauses: list[float] = []
    Pager("https://pager.example.org", service, pauses.append).send({"event_action": "trigger"})
    return pauses


@pytest.mark.parametrize("trouble", [429, 500, 503, TIMEOUT])
def test_a_pager_in_trouble_is_asked_again(trouble: int | Exception) -> None:
    assert page(Service(trouble, trouble, 202)) == [1, 2]
    service = Service(trouble, trouble, trouble)
    with pytest.raises(PagerUnavailableError):
        page(service)
    assert service.asked == 3


@pytest.mark.parametrize("status", [400, 401, 404, 413])
def test_what_the_pager_refuses_is_not_repeated_and_says_why(status: int) -> None:
    service = Service(status, body=b'{"message": "Event object is invalid", "errors": ["\'routing_key\' is invalid"]}')
    with pytest.raises(PagerRefusedError, match="'routing_key' is invalid"):
        page(service)
    assert service.asked == 1


@pytest.mark.parametrize("trouble", [400, 429, 500, TIMEOUT])
def test_a_page_that_was_not_taken_is_not_lost(trouble: int | Exception) -> None:
    """Slack hears of it, the gauge stays away so that Alertmanager pages, and the message that comes again pages."""
    service = Service(trouble, trouble, trouble)
    world = World()
    world.page = Pager("https://pager.example.org", service, lambda _: None).send  # type: ignore[method-assign]
    world.tell("in_progress", 1)
    ((alarm, _),) = world.alarms.items()
    world.minutes = 122
    with pytest.raises(CanaryFailedError):
        world.monitor.check(alarm)
    assert "over its time budget" in world.shown[-1][1].text
    assert "kaizen_canary_paged_timestamp_seconds" not in {name for name, _ in world.table.gauges}
    service.answers = [202]
    world.monitor.check(alarm)
    assert service.answers == []
    assert "kaizen_canary_paged_timestamp_seconds" in {name for name, _ in world.table.gauges}
    assert len(world.shown) == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (404, "knows no such deployment"),
        (403, "may not read deployments"),
        (500, "did not answer"),
        (TIMEOUT, "did not answer"),
    ],
)
def test_why_github_could_not_be_asked_is_told_in_the_page(answer: int | Exception, why: str) -> None:
    github = Github("https://api.github.com", Known(), Service(*[answer] * 3), lambda: T0)
    with pytest.raises(UnreadError, match=why) as found:
        rereader(lambda: github)(GROUP, CANARY)
    world = World(statuses=str(found.value))
    world.tell("in_progress", 1)
    world.ring(122)
    assert [action for action, _ in world.pages] == ["trigger"]
    assert why in world.shown[-1][1].text


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (SecretMissingError("/t"), "no access to GitHub"),
        (SecretError("/t"), "token cannot be read"),
        (SettingsError("an App without its key"), "half set up"),
    ],
)
def test_without_a_token_the_page_says_so(error: Exception, why: str) -> None:
    def missing() -> Github:
        raise error

    with pytest.raises(UnreadError, match=why):
        rereader(missing)(GROUP, CANARY)


def test_a_scheduler_that_throttles_fails_the_message_and_the_next_try_sets_the_alarm() -> None:
    client: Any = boto3.client("scheduler", region_name="eu-central-1")
    alarms = Alarms(client, "canaries", "arn:aws:sqs:::queue-of-canaries", "arn:aws:iam:::role", "arn:aws:sqs:::dead")
    with Stubber(client) as stub:
        stub.add_client_error("create_schedule", "ThrottlingException", http_status_code=429)
        with pytest.raises(ClientError, match="Throttling"):
            alarms.set(Alarm(7, "production", "deploy", 1), datetime(2026, 3, 2, tzinfo=UTC))
    world = World(broken={"alarm"})
    with pytest.raises(CanaryFailedError):
        world.tell("in_progress", 1)
    assert world.alarms == {}
    assert len(world.table.gauges) == 3  # Prometheus sees it all the same: the alert pages without any alarm
    world.broken = set()
    world.tell("in_progress", 1)
    assert list(world.alarms.values()) == [at(121)]


def test_one_that_ends_before_its_page_was_taken_is_resolved_in_case_it_was_and_slack_says_how_it_ended() -> None:
    world = World()
    world.tell("in_progress", 1)
    ((alarm, _),) = world.alarms.items()
    world.minutes, world.broken = 122, {"pager"}
    with pytest.raises(CanaryFailedError):
        world.monitor.check(alarm)
    world.broken = set()
    world.tell("success", 123)
    assert [each for each, _ in world.pages] == ["resolve"]  # an answer may be lost while the page is taken
    assert "Canary finished" in world.shown[-1][1].text


def test_statuses_of_another_environment_say_nothing_of_this_one() -> None:
    """A deployment that was promoted: it succeeded in staging, and runs in production."""
    made = {"created_at": "2026-03-02T09:00:00Z", "log_url": ""}
    listed = [
        made | {"id": 1, "state": "success", "environment": "staging"},
        made | {"id": 2, "state": "in_progress", "environment": "production"},
        made | {"id": 3, "state": "queued", "environment": ""},
    ]
    github = Github("https://api.github.com", Known(), Service(200, body=json.dumps(listed).encode()), lambda: T0)
    assert {each.state for each in rereader(lambda: github)(GROUP, CANARY)} == {"in_progress", "queued"}
