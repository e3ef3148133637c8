"""What stands in the page and in the message, and that nothing which is out there is forgotten."""

import pytest

from canary_monitor.alarms import Alarm, Alarms
from canary_monitor.monitor import CanaryFailedError
from canary_monitor.wording import key_of
from kaizen.pager.events import MAX_KEY
from kaizen.policy.sections.canary import CanaryBudget, CanaryPolicy
from tests.unit.canary.canary_world import KEY, World, at
from tests.unit.canary.test_canary_presses import open_incidents, paging


def test_the_page_can_be_acted_on_without_anything_else() -> None:
    world = World(statuses="the token may not read deployments", policy=CanaryPolicy(runbook="https://wiki.example/c"))
    world.tell("success", 1, deployment=1)
    world.tell("in_progress", 2, deployment=2, log_url="https://ci.example/2")
    world.ring(125)
    (event,) = world.incidents
    payload, shop = event["payload"], "https://github.com/acme/shop"
    assert payload["summary"] == "Canary of acme/shop in production has run for 2h 3m, its budget is 2h"
    assert (payload["severity"], payload["source"], payload["component"]) == ("critical", "acme/shop", "production")
    assert payload["timestamp"] == "2026-03-02T11:05:00Z"
    details = payload["custom_details"]
    assert {name: details[name] for name in ("elapsed", "budget", "started at", "started by", "ref", "commit")} == {
        "elapsed": "2h 3m", "budget": "2h", "started at": "2026-03-02T09:02:00Z", "started by": "ana", "ref": "main",
        "commit": f"{2:040x}",
    }  # fmt: skip
    assert details["note"].endswith("before this page: the token may not read deployments")
    assert "Finish the rollout or roll it back" in details["what to do"]
    assert '"Extend 1 h"' in details["what to do"]
    assert [link["href"] for link in event["links"]] == [
        f"{shop}/compare/{1:040x}...{2:040x}", f"{shop}/deployments", "https://wiki.example/c", "https://ci.example/2",
    ]  # fmt: skip


def test_a_key_keeps_the_deployment_whatever_the_names_are() -> None:
    keys = {key_of("a" * 100 + "/" + "b" * 100, "e" * 255, deployment) for deployment in (10**17, 10**17 + 1)}
    assert len(keys) == 2
    assert all(len(each) <= MAX_KEY for each in keys)


@pytest.mark.parametrize("verb", ["extend", "done"])
def test_a_stranger_may_press_neither_button(verb: str) -> None:
    world = paging(policy=CanaryPolicy(responders=("U0ANA",)))
    assert world.press(verb, 131, user_id="U0EVE") == "stranger"
    assert open_incidents(world) == {KEY}
    assert world.table.presses == []


def test_the_messages_last_words_say_what_is_left_to_do() -> None:
    world = paging()
    world.press("done", 133)
    assert "The page is resolved. GitHub may still show it as in progress" in world.shown[-1][1].text
    world = paging()
    world.ring(1 + 24 * 60)
    assert "The page is closed, but the deployment may still be there" in world.shown[-1][1].text
    world = paging()
    world.tell("in_progress", 130, deployment=2, creator="ben", ref="hotfix")
    expected = f"A newer deployment (hotfix, <https://github.com/acme/shop/commit/{2:040x}|0000000> by ben)"
    assert expected in world.shown[-1][1].text


def test_a_canary_over_its_budget_pages_once_there_is_a_pager() -> None:
    """Prometheus says so again and again; whatever wakes the monitor does."""
    world = World(pager=False)
    world.tell("in_progress", 1)
    world.ring(122)
    world.alert(130)
    assert (world.pages, len(world.shown)) == ([], 1)
    world.pager = True
    world.alert(135)
    assert open_incidents(world) == {KEY}
    assert "No pager is set up" not in world.shown[-1][1].text
    assert len(world.shown) == 2
    world.alert(140)
    assert (len(world.pages), len(world.shown)) == (1, 2)
    world.tell("success", 150)
    assert open_incidents(world) == set()


def test_without_a_pager_no_incident_is_resolved_that_never_was() -> None:
    world = World(pager=False)
    world.tell("in_progress", 1)
    world.ring(122)
    world.pager = True
    world.tell("success", 130)
    assert world.pages == []


def test_a_longer_budget_in_the_policy_moves_the_alarm_and_the_series() -> None:
    world = World()
    world.tell("in_progress", 1)
    world.policy = CanaryPolicy(budgets=(CanaryBudget("*/*", "production", None, {}, 10800),))
    world.tell("in_progress", 5)
    assert list(world.alarms.values()) == [at(181)]
    assert 10800 in world.table.gauges.values()


@pytest.mark.parametrize("broken", ["pager", "slack"])
def test_nothing_that_is_out_there_is_forgotten_however_many_are_newer(broken: str) -> None:
    """A canary pages, forty newer deployments come, and whatever takes its place finds the pager or Slack down."""
    world = paging()
    for number in range(2, 42):
        world.tell("waiting", 122, deployment=number)
    world.broken = {broken}
    with pytest.raises(CanaryFailedError):
        world.tell("in_progress", 130, deployment=42)
    for number in range(43, 83):
        with pytest.raises(CanaryFailedError):
            world.tell("in_progress", 131, deployment=number)
    world.broken = set()
    world.check(132)
    assert open_incidents(world) == set()
    assert "superseded" in next(message.text for key, message in reversed(world.shown) if key == KEY)
    assert [series for _, series in world.table.gauges if '"1"' in series] == []
    world.tell("in_progress", 140, deployment=90)
    assert world.table.record is not None
    assert world.table.record.group.canary(1) is None, "now nothing of it is left"


def test_an_alarm_that_cannot_be_delivered_is_tried_for_an_hour_and_kept() -> None:
    class Scheduler:
        def create_schedule(self, **given: object) -> None:
            self.given = given

        class exceptions:  # noqa: N801 - boto3's name
            ConflictException = KeyError

    client = Scheduler()
    Alarms(client, "group", "arn:queue", "arn:role", "arn:dead").set(Alarm(7, "production", "deploy", 1), at(0))  # type: ignore[arg-type]
    target = client.given["Target"]
    assert isinstance(target, dict)
    assert target["DeadLetterConfig"] == {"Arn": "arn:dead"}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 60, "MaximumEventAgeInSeconds": 3600}
    assert (target["Arn"], target["RoleArn"]) == ("arn:queue", "arn:role")
