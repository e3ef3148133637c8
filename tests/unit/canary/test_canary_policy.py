"""The policy's [canary]: what is wrong is named with its place; what is right is read."""

from typing import Any

import pytest

from kaizen.policy import PolicyError, parse
from kaizen.policy.sections.canary import CanaryPolicy
from kaizen.policy.store import DEFAULT_FILE

DEFAULT = DEFAULT_FILE.read_text(encoding="utf-8")
BEFORE = DEFAULT[: DEFAULT.index("[canary]")]
AFTER = DEFAULT[DEFAULT.index("[bandwidth]") :]
BUDGET = '[[canary.budgets]]\nenvironment = "production"\n'


def canary(text: str) -> CanaryPolicy:
    return parse(f"{BEFORE}[canary]\n{text}\n{AFTER}").canary


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('responders = "U0ANA"', "canary.responders: is not a list"),
        ('responders = ["ana"]', "canary.responders: its item 1 is not the Slack id of a person"),
        ('responders = ["U0ANA", "@ben"]', "canary.responders: its item 2 is not the Slack id of a person"),
        ('responders = ["C0CANARIES"]', "canary.responders: its item 1 is not the Slack id of a person"),
        ("responders = [7]", "canary.responders: its item 1 is not the Slack id of a person"),
        ('responder = ["U0ANA"]', "canary.responder: there is no such key"),
        ('runbook = "http://example.org"', "canary.runbook: is not an https address"),
        ('life = "2h"', "canary.budgets.0: its budget is not shorter than the canary's life"),
        (BUDGET + 'repository = "shop"', "canary.budgets.0.repository: is not a repository"),
        (BUDGET + 'budget = "soon"', "canary.budgets.0.budget: 'soon' is not a length"),
        (BUDGET + "payload = { canary = 1.5 }", "canary.budgets.0.payload: is not a table of texts"),
    ],
)
def test_what_is_wrong_is_named(text: str, fault: str) -> None:
    with pytest.raises(PolicyError) as found:
        canary(f'channel = "C0CANARIES"\n{text}')
    assert any(each.startswith(fault) for each in found.value.problems), found.value.problems


@pytest.mark.parametrize("text", ["", 'channel = "C0CANARIES"\nwebhook_parameter = "/kaizen/slack/other"'])
def test_there_is_exactly_one_way_into_slack(text: str) -> None:
    with pytest.raises(PolicyError, match="canary: needs exactly one of channel and webhook_parameter"):
        canary(text)


def test_who_may_press_is_read() -> None:
    assert canary('channel = "C0CANARIES"\nresponders = ["U0ANA", "W0BEN"]').responders == ("U0ANA", "W0BEN")
    assert canary('channel = "C0CANARIES"').responders == ()


@pytest.mark.parametrize(
    ("text", "task", "payload", "budget"),
    [
        ('task = "deploy"\nbudget = "1h"', "deploy", {}, 3600),
        ('task = "deploy"\nbudget = "1h"', "migrate", {}, None),
        ("payload = { canary = true }", "deploy", {"canary": True, "other": 1}, 7200),
        ("payload = { canary = true }", "deploy", {"canary": False}, None),
        ("payload = { canary = true }", "deploy", {}, None),
    ],
)
def test_task_and_payload_say_what_is_a_canary(
    text: str, task: str, payload: dict[str, Any], budget: int | None
) -> None:
    read = canary(f'channel = "C0CANARIES"\n{BUDGET}{text}')
    assert read.budget("acme/shop", "production", task, payload) == budget


def test_true_is_not_one() -> None:
    read = canary(f'channel = "C0CANARIES"\n{BUDGET}payload = {{ canary = true }}')
    assert read.budget("acme/shop", "production", "deploy", {"canary": 1}) is None
