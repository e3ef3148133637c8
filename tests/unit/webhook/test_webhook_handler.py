"""The door: statuses, counts, encodings, and honest failures."""

import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from github_webhook import handler, parts
from github_webhook.delivery import MAX_BODY_BYTES
from github_webhook.kinds import KINDS
from kaizen.events.bus import Publisher, PublishError
from kaizen.github.signatures import signature
from tests.unit.webhook.samples import (
    CONTEXT,
    HEADERS,
    ROOT,
    SECRET,
    Bus,
    Counts,
    Secrets,
    form_body,
    http,
    json_body,
    of_kind,
    payload,
    verifier,
)

UNAVAILABLE = ClientError({"Error": {"Code": "InternalServerError", "Message": "x"}}, "PutEvents")
BODY = json_body(payload())


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    made = Bus()
    monkeypatch.setattr(handler, "publisher", lambda: made)
    door = verifier()
    monkeypatch.setattr(handler, "verifier", lambda: door)
    return made


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    made = Counts()
    settings = parts.WebhookSettings("kaizen", "metrics", "current", "previous")
    monkeypatch.setattr(handler, "settings", lambda: settings)
    monkeypatch.setattr(handler, "_dynamodb", made.with_limits)
    return made


def call(event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = handler.lambda_handler(event, CONTEXT)
    return answer["statusCode"], json.loads(answer["body"])


def test_a_delivery_is_acknowledged_with_its_id(bus: Bus, counts: Counts) -> None:
    assert call(http(BODY)) == (202, {"delivery": HEADERS.delivery_id, "result": "accepted"})
    assert len(bus.events) == 1
    assert counts.series == []  # the tracker counts it with the ticket it changes


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"issues"}))
def test_a_delivery_that_no_consumer_counts_is_counted_here(bus: Bus, counts: Counts, kind: str) -> None:
    assert call(http(json_body(of_kind(kind)), x_github_event=kind))[1]["result"] == "accepted"
    assert len(bus.events) == 1
    assert counts.series == [[kind, "accepted"]]


@pytest.mark.parametrize("base64_encoded", [False, True])
@pytest.mark.parametrize("form", [False, True])
def test_every_encoding_is_verified_on_the_raw_bytes(
    bus: Bus, counts: Counts, form: bool, base64_encoded: bool
) -> None:
    content = payload("19-hostile-opened")
    content["issue"]["title"] = "Größe 👍 \u2028"
    body = form_body(content) if form else json.dumps(content, ensure_ascii=False).encode()
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    assert call(http(body, base64_encoded=base64_encoded, content_type=kind))[0] == 202
    assert bus.events[0].title == "Größe 👍 \u2028"


def test_headers_in_any_case(bus: Bus, counts: Counts) -> None:
    event = http(BODY)
    event["headers"] = {name.title(): value for name, value in event["headers"].items()}
    assert call(event)[0] == 202


@pytest.mark.parametrize(
    ("event", "status", "series"),
    [
        (http(BODY, x_hub_signature_256=None), 401, None),
        (http(BODY, x_hub_signature_256=signature(BODY, "forger")), 401, ["issues", "rejected"]),
        (http(BODY, x_hub_signature_256=None, x_hub_signature="sha1=" + "0" * 40), 401, None),
        (http(BODY, x_hub_signature_256=signature(BODY, "forger"), x_github_event="star"), 401, ["other", "rejected"]),
        (http(b"x" * (MAX_BODY_BYTES + 1), x_hub_signature_256=None), 413, None),
        (http(BODY, x_github_event=None), 400, ["other", "rejected"]),
        (http(BODY, x_github_delivery=None), 400, ["issues", "rejected"]),
        (http(b"{"), 400, ["issues", "rejected"]),
        (http(json_body(payload() | {"issue": None})), 400, ["issues", "rejected"]),
        (http(BODY, content_type="text/plain"), 415, ["issues", "rejected"]),
        (http(b"x" * (MAX_BODY_BYTES + 1)), 413, ["issues", "rejected"]),
        (http(BODY) | {"body": "not base64!", "isBase64Encoded": True}, 400, ["issues", "rejected"]),
        (http(BODY) | {"body": None}, 401, ["issues", "rejected"]),
        ({}, 401, None),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_requests_at_fault(
    bus: Bus, counts: Counts, event: dict[str, Any], status: int, series: list[str] | None
) -> None:
    """What has no signature is not even counted: a flood of it causes no writes."""
    answer = handler.lambda_handler(event, CONTEXT)
    problem = json.loads(answer["body"])
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert answer["statusCode"] == problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert bus.events == []
    assert counts.series == ([] if series is None else [series])
    assert all(limits.read <= 0.5 and limits.attempts == 1 for limits in counts.limits), "a flood would hold executions"


def test_missing_and_wrong_signatures_look_alike(bus: Bus, counts: Counts) -> None:
    assert call(http(BODY, x_hub_signature_256=None)) == call(http(BODY, secret="forger"))


@pytest.mark.parametrize(
    ("name", "content", "series"),
    [
        ("ping", {"zen": "Design for failure."}, ["ping", "ignored"]),
        ("star", {}, ["other", "ignored"]),
        ("projects_v2_item", {}, ["other", "ignored"]),
        ("pull_request", of_kind("pull_request") | {"action": "assigned"}, ["pull_request", "ignored"]),
        ("issues", payload() | {"action": "exploded"}, ["issues", "ignored"]),
    ],
)
def test_unknown_events_are_202_and_counted(
    bus: Bus, counts: Counts, name: str, content: dict[str, Any], series: list[str]
) -> None:
    status, answer = call(http(json_body(content), x_github_event=name))
    assert (status, answer) == (202, {"delivery": HEADERS.delivery_id, "result": "ignored"})
    assert bus.events == []
    assert counts.series == [series]


@pytest.mark.parametrize("fault", [PublishError("x"), UNAVAILABLE, EndpointConnectionError(endpoint_url="https://e")])
def test_a_bus_that_fails_is_never_acknowledged(bus: Bus, counts: Counts, fault: Exception) -> None:
    bus.fault = fault
    status, problem = call(http(BODY))
    assert status == problem["status"] == 503


def test_a_refused_entry_is_a_503(bus: Bus, counts: Counts, monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def put_events(self, **_: Any) -> dict[str, Any]:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}

    client: Any = Client()
    monkeypatch.setattr(handler, "publisher", lambda: Publisher(client, "kaizen", "kaizen.github"))
    assert call(http(BODY))[0] == 503


def test_without_the_secret_the_door_stays_shut(bus: Bus, counts: Counts, monkeypatch: pytest.MonkeyPatch) -> None:
    door = verifier(Secrets())
    monkeypatch.setattr(handler, "verifier", lambda: door)
    assert call(http(BODY))[0] == 503
    assert call(http(BODY, x_hub_signature_256=None))[0] == 401
    assert bus.events == []


def test_an_answer_stands_without_its_count(bus: Bus, counts: Counts) -> None:
    counts.fault = UNAVAILABLE
    assert call(http(b"{}", x_github_event="ping"))[0] == 202
    assert call(http(BODY, x_hub_signature_256=None))[0] == 401


def test_a_secret_is_never_logged_or_answered(bus: Bus, counts: Counts, capsys: pytest.CaptureFixture[str]) -> None:
    answers = [handler.lambda_handler(http(BODY, secret=secret), CONTEXT) for secret in (SECRET, "forger")]
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err + json.dumps(answers)


def test_the_sample_event(bus: Bus, counts: Counts) -> None:
    """events/github_webhook.json is for `sam local invoke`: signed with the secret of GitHub's own documentation."""
    event = json.loads((ROOT / "events" / "github_webhook.json").read_text(encoding="utf-8"))
    body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    assert event["headers"]["x-hub-signature-256"] == signature(body, SECRET)
    assert call(event) == (202, {"delivery": event["headers"]["x-github-delivery"], "result": "accepted"})
