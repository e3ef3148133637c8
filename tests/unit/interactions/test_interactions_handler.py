"""The door: statuses, counts, honest failures, and no address of Slack's in any log line or event."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from kaizen.events.bus import Publisher, PublishError
from kaizen.events.slack import SlackInteraction
from kaizen.runtime.secrets import SecretError
from slack_interactions import handler
from slack_interactions.interaction import MAX_BODY_BYTES
from tests.unit.interactions.interaction_samples import (
    CONTEXT,
    HOOK,
    NOW,
    STAMP,
    Bus,
    Counts,
    form,
    http,
    payload,
    verifier,
)

UNAVAILABLE = ClientError({"Error": {"Code": "InternalServerError", "Message": "x"}}, "PutEvents")
BODY = form(payload())


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    made, door = Bus(), verifier()
    monkeypatch.setattr(handler, "publisher", lambda: made)
    monkeypatch.setattr(handler, "verifier", lambda: door)
    monkeypatch.setattr(handler, "utc_now", lambda: NOW)
    return made


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    made = Counts()
    settings = handler.InteractionSettings("kaizen", "metrics", "current", "previous")
    monkeypatch.setattr(handler, "settings", lambda: settings)
    monkeypatch.setattr(handler, "_dynamodb", lambda: made)
    return made


def test_a_press_is_published_and_acknowledged_without_a_word(
    bus: Bus, counts: Counts, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = handler.lambda_handler(http(BODY), CONTEXT)
    assert (answer["statusCode"], answer["body"]) == (200, "")
    assert bus.events == [
        SlackInteraction(
            received_at=NOW,
            feature="sandbox",
            action_id="sandbox.keep",
            user_id="UA8RXUSPL",
            value="k1.content.signature",
            user_name="kim",
            team_id="T9TK3CUKW",
            channel_id="CBR2V3XEX",
            message_ts="1763630000.000200",
            action_ts="1763640000.123456",
            trigger_id="12466734323.1395872398",
        )
    ]
    assert counts.results == ["accepted"]
    seen = json.dumps(bus.events[0].detail()) + capsys.readouterr().out
    for secret in (HOOK, "hooks.slack.com", payload()["token"]):
        assert secret not in seen


def test_a_choice_in_a_menu_of_a_thread(bus: Bus, counts: Counts) -> None:
    chosen = {"type": "static_select", "action_id": "tickets.assign", "selected_option": {"value": "k1.x.y"}}
    message = {"ts": "2.5", "thread_ts": "1.5"}
    given = payload(actions=[chosen], message=message, channel=None)
    assert handler.lambda_handler(http(form(given)), CONTEXT)["statusCode"] == 200
    (event,) = bus.events
    assert (event.feature, event.value, event.thread_ts) == ("tickets", "k1.x.y", "1.5")
    assert event.channel_id == "CBR2V3XEX"  # of the container


@pytest.mark.parametrize(
    "given",
    [
        payload(type="view_submission"),
        payload(type="shortcut", actions=None),
        payload(actions=[{"action_id": "link-to-runbook", "type": "button", "url": "https://example.org"}]),
        payload(actions=[{"action_id": "a.", "type": "button"}]),
    ],
)
def test_what_is_not_ours_is_acknowledged_and_ignored(bus: Bus, counts: Counts, given: dict[str, Any]) -> None:
    assert handler.lambda_handler(http(form(given)), CONTEXT)["statusCode"] == 200
    assert (bus.events, counts.results) == ([], ["ignored"])


@pytest.mark.parametrize(
    ("event", "status", "word"),
    [
        (http(BODY, x_slack_signature=None), 401, "X-Slack-Signature"),
        (http(BODY, secret="forger"), 401, "X-Slack-Signature"),
        (http(BODY, x_slack_request_timestamp=None), 401, "X-Slack-Signature"),
        (http(BODY, stamp=str(int(STAMP) - 301)), 401, "too old"),
        (http(BODY, content_type="application/json"), 415, "x-www-form-urlencoded"),
        (http(BODY, content_type=None), 415, "x-www-form-urlencoded"),
        (http(b"x" * (MAX_BODY_BYTES + 1)), 413, "larger"),
        (http(b""), 400, "form"),
        (http(b"other=1"), 400, "payload"),
        (http(BODY + b"&payload=x"), 400, "payload"),
        (http(b"payload=%7B"), 400, "JSON"),
        (http(form([1])), 400, "object"),
        (http(form(payload(type=None))), 400, "type"),
        (http(form(payload(actions=[]))), 400, "actions"),
        (http(form(payload(actions=[{"action_id": "a.b"}] * 11))), 400, "actions"),
        (http(form(payload(user=None))), 400, "user.id"),
        (http(form(payload(channel="C1"))), 400, "channel"),
        (http(form(payload(actions=[{"action_id": "a.b", "value": "x" * 2001}]))), 400, "value"),
        (http(BODY) | {"body": "not base64!"}, 400, "base64"),
        ({}, 401, "X-Slack-Signature"),
    ],
)
def test_requests_at_fault(bus: Bus, counts: Counts, event: dict[str, Any], status: int, word: str) -> None:
    answer = handler.lambda_handler(event, CONTEXT)
    problem = json.loads(answer["body"])
    assert answer["statusCode"] == problem["status"] == status
    assert word in problem["detail"]
    assert (bus.events, counts.results) == ([], ["rejected"])


@pytest.mark.parametrize(
    "fault",
    [PublishError("ThrottlingException"), UNAVAILABLE, EndpointConnectionError(endpoint_url="x"), SecretError("x")],
)
def test_a_press_that_cannot_be_stored_is_not_acknowledged(bus: Bus, counts: Counts, fault: Exception) -> None:
    bus.fault = fault
    assert handler.lambda_handler(http(BODY), CONTEXT)["statusCode"] == 503


def test_a_count_that_is_lost_loses_no_press(bus: Bus, counts: Counts) -> None:
    counts.fault = UNAVAILABLE
    assert handler.lambda_handler(http(BODY), CONTEXT)["statusCode"] == 200
    assert len(bus.events) == 1


class Client:
    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.entries: list[dict[str, Any]] = []

    def put_events(self, **request: Any) -> dict[str, Any]:
        self.entries += request["Entries"]
        return self.answer


def test_entries_on_the_bus() -> None:
    event = SlackInteraction(NOW, "sandbox", "sandbox.keep", "U1", "🔥")
    client: Any = Client({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    Publisher(client, "kaizen-dev", "kaizen.slack").publish(event)
    (entry,) = client.entries
    assert (entry["EventBusName"], entry["Source"]) == ("kaizen-dev", "kaizen.slack")
    assert (entry["DetailType"], entry["Time"]) == ("slack.interaction", NOW)
    assert SlackInteraction.from_detail(json.loads(entry["Detail"])) == event
    refusing: Any = Client({"FailedEntryCount": 1, "Entries": [{"EventId": "1"}, {"ErrorCode": "ThrottlingException"}]})
    with pytest.raises(PublishError, match="ThrottlingException"):
        Publisher(refusing, "kaizen-dev", "kaizen.slack").publish(event, event)
