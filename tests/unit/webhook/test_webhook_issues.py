"""Payloads slimmed to facts: real ones pass, faulty ones are refused by the name of the field."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from github_webhook.delivery import RequestError
from github_webhook.fields import MAX_LABELS, MAX_TITLE
from github_webhook.kinds.issues import ACTIONS
from github_webhook.kinds.issues import slim as slim_issue
from kaizen.events.bus import detail_text
from kaizen.events.github import GithubIssue
from tests.unit.webhook.samples import HEADERS, NOW, names, payload

BUS_LIMIT = 256 * 1024


def slim(content: dict[str, Any]) -> GithubIssue:
    event = slim_issue(HEADERS, content, NOW)
    assert event is not None
    return event


def changed(path: str, value: Any, name: str = "01-checkout-502-opened") -> dict[str, Any]:
    """A sample payload with one value changed, or removed (`...`)."""
    content = payload(name)
    *parents, leaf = path.split(".")
    inside = content
    for parent in parents:
        inside = inside.setdefault(parent, {})
    if value is ...:
        inside.pop(leaf, None)
    else:
        inside[leaf] = value
    return content


def test_an_opened_issue() -> None:
    content = payload()
    event = slim(content)
    assert event.delivery_id == HEADERS.delivery_id
    assert event.received_at == NOW
    assert (event.action, event.state, event.state_reason) == ("opened", "open", "")
    assert (event.issue_id, event.number) == (content["issue"]["id"], content["issue"]["number"])
    assert event.repository == content["repository"]["full_name"]
    assert event.labels == tuple(sorted(label["name"] for label in content["issue"]["labels"]))
    assert event.created_at == datetime.fromisoformat(content["issue"]["created_at"])
    assert (event.closed_at, event.action_label, event.moved_issue_id) == (None, "", 0)


@pytest.mark.parametrize("name", names())
def test_every_sample_survives_the_bus(name: str) -> None:
    event = slim(payload(name))
    assert GithubIssue.from_detail(json.loads(detail_text(event))) == event


@pytest.mark.parametrize("action", sorted(ACTIONS - {"labeled", "unlabeled"}))
def test_every_action(action: str) -> None:
    assert slim(changed("action", action)).action == action


@pytest.mark.parametrize("action", ["", "exploded", "OPENED", "opened "])
def test_actions_that_tickets_do_not_know(action: str) -> None:
    assert slim_issue(HEADERS, changed("action", action), NOW) is None


def test_the_label_of_the_action() -> None:
    content = changed("action", "labeled") | {"label": {"name": "blocked"}}
    assert slim(content).action_label == "blocked"
    assert slim(content | {"action": "assigned"}).action_label == ""


def test_a_transfer_names_both_sides() -> None:
    other = {
        "id": 99,
        "created_at": "2026-01-02T03:04:05+02:00",
        "labels": [{"name": "sev1"}],
    }
    moved = {"old_issue": other, "old_repository": {"id": 7}, "new_issue": other, "new_repository": {"id": 8}}
    arrived = slim(payload() | {"changes": moved})
    assert (arrived.moved_issue_id, arrived.moved_repository_id, arrived.moved_labels) == (99, 7, ("sev1",))
    assert arrived.moved_opened_at == datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)
    left = slim(payload() | {"action": "transferred", "changes": moved})
    assert (left.moved_issue_id, left.moved_repository_id) == (99, 8)
    assert slim(payload() | {"action": "edited", "changes": moved}).moved_issue_id == 0


@pytest.mark.parametrize("changes", [None, [], {}, {"old_issue": None}, {"old_issue": 5}, {"old_issue": {}}])
def test_no_transfer(changes: Any) -> None:
    assert slim(payload() | {"changes": changes}).moved_issue_id == 0


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("issue.body", ...),
        ("issue.reactions", ...),
        ("issue.active_lock_reason", ...),
        ("issue.user", None),
        ("issue.assignees", ...),
        ("issue.labels", None),
        ("issue.labels", [None, 5, {"name": None}, {}, {"name": "sev1"}]),
        ("issue.state_reason", ...),
        ("issue.closed_at", ...),
        ("sender", ...),
        ("installation", {"id": 1}),
    ],
)
def test_only_what_is_used_is_validated(path: str, value: Any) -> None:
    slim(changed(path, value))


def test_a_pin_may_lack_the_state() -> None:
    assert slim(changed("issue.state", None) | {"action": "pinned"}).state == ""
    with pytest.raises(RequestError, match=r"issue\.state"):
        slim(changed("issue.state", None) | {"action": "closed"})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("action", ...),
        ("action", 5),
        ("issue", ...),
        ("issue", []),
        ("issue.id", ...),
        ("issue.id", "1"),
        ("issue.id", True),
        ("issue.id", 1.0),
        ("issue.id", 0),
        ("issue.id", -1),
        ("issue.id", 2**63),
        ("issue.number", None),
        ("issue.title", ...),
        ("issue.title", {}),
        ("issue.html_url", "javascript:alert(1)"),
        ("issue.html_url", "//example.org"),
        ("issue.state", "ajar"),
        ("issue.state", "open\ud800"),
        ("issue.state_reason", 5),
        ("issue.labels", "sev1"),
        ("issue.labels", {"name": "sev1"}),
        ("issue.assignees", 1),
        ("issue.created_at", ...),
        ("issue.created_at", 1772357460),
        ("issue.created_at", "yesterday"),
        ("issue.created_at", "2026-03-01T09:30:00"),
        ("issue.created_at", "0001-01-01T00:00:00+14:00"),
        ("issue.created_at", "0900-01-01T00:00:00Z"),
        ("issue.updated_at", "9999-12-31T23:59:59-12:00"),
        ("issue.updated_at", "9998-12-31T23:59:59Z"),
        ("issue.closed_at", ""),
        ("repository", None),
        ("repository.id", ...),
        ("repository.full_name", 5),
    ],
)
def test_a_faulty_field_is_named(path: str, value: Any) -> None:
    with pytest.raises(RequestError) as caught:
        slim(changed(path, value))
    assert (caught.value.status, caught.value.reason) == (400, "payload")
    assert path in str(caught.value)


def test_a_label_action_without_its_label() -> None:
    with pytest.raises(RequestError, match="label"):
        slim(changed("action", "labeled") | {"label": None})


def test_text_is_cleaned_and_cut() -> None:
    event = slim(changed("issue.title", "a\x00b\ud800" + "x" * 10_000))
    assert event.title == ("ab?" + "x" * 10_000)[:MAX_TITLE]


def test_instants_lose_nothing_but_their_zone() -> None:
    event = slim(changed("issue.created_at", "2026-03-01T09:30:00+05:30"))
    assert event.created_at == datetime(2026, 3, 1, 4, tzinfo=UTC)
    assert event.created_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("character", ["x", "🔥", "\x01", '"', "\\", "\u2028", "\ud800", "é"])
def test_the_largest_event_fits_the_bus(character: str) -> None:
    """Whatever its text is made of: the bus refuses more than 256 KB, and a refusal would be a 503."""
    text = character * 3_000
    many = [{"name": f"{number}{text}", "login": f"{number}{text}"} for number in range(MAX_LABELS + 10)]
    other = {"id": 2**63 - 1, "labels": many, "created_at": "2026-01-02T03:04:05Z"}
    content = payload()
    content["issue"] |= {
        "title": text,
        "html_url": f"https://{text}",
        "labels": many,
        "assignees": many,
        "user": {"login": text},
        "state_reason": text,
    }
    content["repository"]["full_name"] = text
    event = slim(content | {"changes": {"old_issue": other}})
    assert len(event.labels) == MAX_LABELS
    assert len(detail_text(event).encode()) < BUS_LIMIT - 1024  # the rest of the entry counts too
    assert GithubIssue.from_detail(json.loads(detail_text(event))) == event
