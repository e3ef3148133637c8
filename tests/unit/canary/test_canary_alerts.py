"""Alerts of Prometheus: what the door takes and refuses, and that two paths to a page make one incident."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from canary_alerts import handler
from canary_alerts.notification import MAX_BODY_BYTES, NotificationError, read_notification
from kaizen.events.canary import CanaryAlert
from kaizen.runtime.secrets import SecretError
from tests.unit.canary.canary_world import KEY, T0, World, at

LABELS = {"alertname": "KaizenCanaryBudgetExceeded", "repository": "acme/shop", "environment": "production",
          "deployment": "1"}  # fmt: skip


def notification(status: str = "firing", **other: Any) -> dict[str, Any]:
    alert = {"status": status, "labels": LABELS, "startsAt": "2026-03-02T11:01:00Z"}
    return {"version": "4", "status": status, "alerts": [alert]} | other


def test_a_notification_is_read() -> None:
    (found,) = read_notification(json.dumps(notification("resolved")).encode(), T0)
    assert found == CanaryAlert(T0, "acme/shop", "production", 1, firing=False, began_at=at(121))
    assert CanaryAlert.from_detail(found.detail()) == found


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ([], "no notification of Alertmanager"),
        (notification(version="3"), "version 4"),
        (notification(alerts=[]), "alerts is not a list"),
        (notification(alerts=[{"status": "firing", "labels": LABELS}] * 501), "alerts is not a list"),
        (notification(alerts=[7]), "alerts.0.status"),
        (notification("suppressed"), "alerts.0.status"),
        (notification(alerts=[{"status": "firing"}]), "alerts.0.labels"),
        (notification(alerts=[{"status": "firing", "labels": LABELS | {"deployment": "-1"}}]), "labels.deployment"),
        (notification(alerts=[{"status": "firing", "labels": LABELS | {"deployment": "٣"}}]), "labels.deployment"),
        (notification(alerts=[{"status": "firing", "labels": LABELS | {"repository": "shop"}}]), "labels.repository"),
        (notification(alerts=[{"status": "firing", "labels": LABELS}]), "alerts.0.startsAt"),
        (notification(alerts=[{"status": "firing", "labels": LABELS, "startsAt": "today"}]), "alerts.0.startsAt"),
        (notification(alerts=[{"status": "firing", "labels": LABELS, "startsAt": "2026-03-02"}]), "alerts.0.startsAt"),
        (notification(alerts=[{"status": "firing", "labels": {"alertname": "KaizenHeartbeat"}}]), "no other alerts"),
    ],
)
def test_what_is_no_alert_of_a_canary_is_named(content: Any, fault: str) -> None:
    with pytest.raises(NotificationError, match=fault) as found:
        read_notification(json.dumps(content).encode(), T0)
    assert found.value.status == 400


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"\xff", 400), (b"[" * 10_000, 400), (b" " * MAX_BODY_BYTES + b"1", 413)]
)
def test_what_cannot_be_read_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(NotificationError) as found:
        read_notification(body, T0)
    assert found.value.status == status


class Context:
    function_name, memory_limit_in_mb, invoked_function_arn, aws_request_id = "alerts", 128, "arn", "r"


class Queue:
    """SQS; `error` is raised instead."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.sent: list[dict[str, Any]] = []

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - boto3's names
        if self.error is not None:
            raise self.error
        assert QueueUrl == "queue"
        self.sent.append(json.loads(MessageBody))


def ask(monkeypatch: pytest.MonkeyPatch, queue: Queue, token: str = "right", body: str = "") -> dict[str, Any]:
    monkeypatch.setattr(handler, "settings", lambda: handler.AlertSettings("queue", "/token"))
    monkeypatch.setattr(handler, "secret", lambda name: "right older")
    monkeypatch.setattr(handler, "sqs", lambda: queue)
    monkeypatch.setattr(handler, "utc_now", lambda: T0)
    event = {
        "headers": {"authorization": f"Bearer {token}"},
        "requestContext": {"requestId": "req-1"},
        "body": body or json.dumps(notification()),
    }
    answer: dict[str, Any] = handler.lambda_handler(event, Context())
    return answer


def test_the_door_hands_alerts_to_the_monitors_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Queue()
    assert ask(monkeypatch, queue)["statusCode"] == 202
    (sent,) = queue.sent
    assert sent["detail-type"] == "canary.alert"
    assert CanaryAlert.from_detail(sent["detail"]).firing


@pytest.mark.parametrize("token", ["", "wrong", "righ"])
def test_the_door_wants_the_token(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    queue = Queue()
    answer = ask(monkeypatch, queue, token)
    assert (answer["statusCode"], queue.sent) == (401, [])
    assert answer["headers"]["www-authenticate"] == 'Bearer realm="alerts"'


def test_a_bad_notification_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    alerts = [{"status": "firing", "labels": LABELS}, {"status": "firing", "labels": {}}]
    queue = Queue()
    assert ask(monkeypatch, queue, body=json.dumps(notification(alerts=alerts)))["statusCode"] == 400
    assert queue.sent == []


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "x"}}, "SendMessage"),
        ReadTimeoutError(endpoint_url="https://sqs"),
    ],
)
def test_a_queue_that_does_not_answer_makes_alertmanager_try_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    assert ask(monkeypatch, Queue(error))["statusCode"] == 503


def test_a_token_that_cannot_be_read_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "settings", lambda: handler.AlertSettings("queue", "/token"))

    def broken(name: str) -> str:
        raise SecretError(name)

    monkeypatch.setattr(handler, "secret", broken)
    event = {"headers": {}, "body": json.dumps(notification())}
    assert handler.lambda_handler(event, Context())["statusCode"] == 503


def test_the_alert_alone_pages_and_its_end_resolves() -> None:
    """The schedule never fired."""
    world = World()
    world.tell("in_progress", 1)
    assert world.alert(122) == "checked"
    assert world.pages == [("trigger", KEY)]
    world.tell("success", 130)
    world.alert(131, firing=False)
    assert world.pages == [("trigger", KEY), ("resolve", KEY)]


@pytest.mark.parametrize("first", ["schedule", "alert"])
def test_both_paths_make_one_incident(first: str) -> None:
    world = World()
    world.tell("in_progress", 1)
    if first == "alert":
        world.alert(121)
        world.check(121.5)
    else:
        world.ring(121)
    for minutes in (122, 132, 142):  # Alertmanager repeats itself
        world.alert(minutes)
    assert (world.pages, len(world.shown)) == ([("trigger", KEY)], 1)


def test_an_alert_that_is_behind_pages_nobody() -> None:
    """Extended, ended or superseded since Prometheus last looked."""
    world = World()
    world.tell("in_progress", 1)
    world.ring(121)
    world.press("extend", 130)
    world.alert(131)
    assert world.pages == [("trigger", KEY), ("resolve", KEY)]
    world.tell("in_progress", 140, deployment=2)
    world.alert(200)
    assert len(world.pages) == 2


def test_of_a_canary_that_nobody_knows_the_page_says_what_the_alert_does() -> None:
    world = World()
    key = "kaizen/canary/acme/shop/production/9"
    assert world.alert(1, deployment=9) == "unknown"
    world.alert(2, deployment=9)
    world.alert(30, deployment=9, firing=False)
    assert world.pages == [("trigger", key), ("trigger", key), ("resolve", key)]


def test_an_alert_of_an_unknown_canary_that_was_held_up_opens_nothing_after_its_end() -> None:
    world = World(broken={"pager"})
    with pytest.raises(ConnectionError):
        world.alert(1, deployment=9, began=1)
    world.broken = set()
    world.alert(5, deployment=9, began=1, firing=False)
    world.alert(6, deployment=9, began=1)  # the first one's message comes again
    assert "trigger" not in dict(world.pages)
    world.alert(60, deployment=9, began=60)  # over its budget once more
    world.alert(61, deployment=9, began=1, firing=False)  # the old end, late
    assert world.pages[-2][0] == "trigger"


def test_an_end_that_overtakes_the_page_of_an_unknown_canary_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    taken, ended = world.page, list[bool]()

    def page(event: Any) -> None:
        if not ended:
            ended.append(True)
            world.alert(5, deployment=9, began=1, firing=False)
        taken(event)

    monkeypatch.setattr(world, "page", page)
    world.alert(1, deployment=9, began=1)
    assert [each for each, _ in world.pages] == ["resolve", "trigger", "resolve"]


def test_an_alert_is_a_dead_letter_rather_than_lost_when_the_pager_fails() -> None:
    world = World(broken={"pager"})
    with pytest.raises(ConnectionError):
        world.alert(1, deployment=9)
