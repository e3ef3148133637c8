"""Events onto the bus, and no acknowledgement of what the bus refused."""

import json
from dataclasses import replace
from typing import Any

import pytest

from github_webhook.kinds.issues import slim as slim_issue
from kaizen.events.bus import Publisher, PublishError
from kaizen.events.detail import correlation_of
from kaizen.events.github import GithubIssue
from kaizen.runtime.log import correlate, logger
from tests.unit.webhook.samples import HEADERS, NOW, payload

EVENT = slim_issue(HEADERS, payload(), NOW)
assert EVENT is not None


class Client:
    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.entries: list[dict[str, Any]] = []

    def put_events(self, **request: Any) -> dict[str, Any]:
        self.entries += request["Entries"]
        return self.answer


def test_an_entry() -> None:
    client: Any = Client({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    assert EVENT is not None
    Publisher(client, "kaizen-dev", "kaizen.github").publish(EVENT)
    (entry,) = client.entries
    assert (entry["EventBusName"], entry["Source"]) == ("kaizen-dev", "kaizen.github")
    assert (entry["DetailType"], entry["Time"]) == ("github.issues", NOW)
    read = GithubIssue.from_detail(json.loads(entry["Detail"]))
    assert replace(read, correlation_id="") == EVENT


def test_an_entry_carries_the_id_of_its_request() -> None:
    client: Any = Client({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
    assert EVENT is not None
    try:
        correlate("request-1")
        Publisher(client, "kaizen-dev", "kaizen.github").publish(EVENT)
    finally:
        logger.clear_state()
    detail = json.loads(client.entries[0]["Detail"])
    assert (detail["version"], correlation_of(detail)) == (1, "request-1")
    assert GithubIssue.from_detail(detail) == replace(EVENT, correlation_id="request-1")


def test_a_refused_entry_raises() -> None:
    client: Any = Client({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]})
    assert EVENT is not None
    with pytest.raises(PublishError, match="ThrottlingException"):
        Publisher(client, "kaizen-dev", "kaizen.github").publish(EVENT)
