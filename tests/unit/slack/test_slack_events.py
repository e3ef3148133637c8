"""The event of an interaction: details of other versions are read, and what is none is refused."""

from datetime import UTC, datetime

import pytest

from kaizen.events.github import MalformedEventError
from kaizen.events.slack import SlackInteraction

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVENT = SlackInteraction(
    NOW, "sandbox", "sandbox.keep", "U1", "k1.a.b", "kim", "T1", "C1", "1.5", "1.2", "2.5", "398738663015.47"
)
LEAST = {
    "version": 1,
    "received_at": "2026-11-20T12:00:00Z",
    "feature": "sandbox",
    "action_id": "sandbox.keep",
    "user_id": "U1",
}


def test_a_detail_comes_back() -> None:
    assert SlackInteraction.from_detail(EVENT.detail()) == EVENT
    assert EVENT.detail()["version"] == 1
    assert EVENT.detail()["received_at"] == "2026-11-20T12:00:00Z"


def test_details_of_other_versions_are_read() -> None:
    assert SlackInteraction.from_detail(LEAST) == SlackInteraction(NOW, "sandbox", "sandbox.keep", "U1")
    later = LEAST | {"version": 2, "block_id": "b", "state": {"values": {}}}
    assert SlackInteraction.from_detail(later) == SlackInteraction(NOW, "sandbox", "sandbox.keep", "U1")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"version": None}, "version"),
        ({"version": "1"}, "version"),
        ({"version": 0}, "version"),
        ({"version": True}, "version"),
        ({"received_at": "today"}, "received_at"),
        ({"received_at": None}, "received_at"),
        ({"feature": None}, "feature"),
        ({"value": 7}, "value"),
    ],
)
def test_what_is_no_such_event(change: dict[str, object], fault: str) -> None:
    with pytest.raises(MalformedEventError, match=fault):
        SlackInteraction.from_detail(LEAST | change)


@pytest.mark.parametrize("name", sorted(LEAST))
def test_what_every_event_has(name: str) -> None:
    with pytest.raises(MalformedEventError, match=name):
        SlackInteraction.from_detail({key: value for key, value in LEAST.items() if key != name})
