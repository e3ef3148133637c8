"""The sweep against the double of GitHub: what was lost comes back, by a redelivery or by comparing."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kaizen.events.github.issue import COMPARED, GithubIssue
from kaizen.github.client import Github
from kaizen.github.errors import NotFoundError
from kaizen.policy.sections.sweep import SweepPolicy
from kaizen.runtime.settings import SettingsError
from kaizen.times import format_instant
from local.outside.service import Reply, Request
from tests.contract.github.github_world import NAME, NOW, github
from tests.contract.webhook_sweep.sweep_world import HOOK, POLICY, Team, life
from tests.effort import examples
from tests.factories import issue_event
from webhook_sweep import hooks
from webhook_sweep.deliveries import Attempt

BEGAN = NOW - timedelta(hours=40)


@pytest.fixture
def team() -> Iterator[Team]:
    with github() as world:
        world.repository.repository_id = issue_event().repository_id
        yield Team(world)


def one_ticket(team: Team, number: int = 1, *, lost: bool = False) -> GithubIssue:
    (event,) = life(random.Random(number), number, BEGAN, 1, issue_event())
    team.happen(event, lost=lost)
    return event


def stands(team: Team) -> dict[int, object]:
    """Each ticket as it is now."""
    found: dict[int, object] = {}
    for number, record in team.tickets.records.items():
        ticket = record.ticket
        if record.tracked:
            labels = frozenset(ticket.labels)
            found[number] = (ticket.state, ticket.resolution, labels, ticket.title, ticket.component, ticket.severity)
    return found


def told(team: Team) -> dict[int, object]:
    """The same for a tracker that missed nothing. Of changes within one second it may take the last but one."""
    perfect = Team(team.world)
    for event in team.events.values():
        perfect.apply(event)
    return stands(perfect)


def truth(team: Team) -> dict[int, object]:
    """What GitHub's issues say."""
    found: dict[int, object] = {}
    for issue in team.contents():
        labels = tuple(issue.labels)
        if POLICY.is_ticket(labels):
            resolution = issue.state_reason if issue.state == "closed" else ""
            sorted_into = (POLICY.component_of(labels), POLICY.severity_of(labels))
            found[issue.issue_id] = (issue.state, resolution, frozenset(labels), issue.title, *sorted_into)
    return found


def worked(team: Team, deliveries: int, lost: float, seed: int = 13) -> int:
    """People work; so many deliveries are lost."""
    rng = random.Random(seed)
    number = missing = 0
    while len(team.events) < deliveries:
        number += 1
        began = BEGAN + timedelta(seconds=rng.randrange(20 * 3600))
        for event in life(rng, number, began, rng.randint(1, 9), issue_event()):
            team.world.now = event.updated_at
            gone = rng.random() < lost
            missing += gone
            team.happen(event, lost=gone)
    team.world.now = NOW
    return missing


def test_ten_thousand_deliveries_of_which_five_percent_never_arrived(team: Team) -> None:
    missing = worked(team, examples(10_000), 0.05)
    assert missing
    assert stands(team) != told(team)
    outcome = team.deliveries()
    assert (len(outcome.again), outcome.lost, outcome.faults) == (missing, [], [])
    assert stands(team) == told(team)
    assert team.deliveries().again == []
    team.issues()
    assert stands(team) == truth(team)
    assert team.issues().repairs == []


def test_what_github_does_not_send_again_is_found_by_comparing(team: Team) -> None:
    worked(team, examples(3_000), 0.05)
    team.hook.deliveries.clear()  # three days are over
    outcome = team.issues()
    assert outcome.repairs
    assert not outcome.faults
    assert stands(team) == truth(team)
    assert team.issues().repairs == []
    assert all(each.action == COMPARED for each in team.published)
    assert not [key for key in team.tickets.rows if "webhook" in key[0] and "compared" in key[1]]


def test_a_hook_that_was_down_gets_everything_once_it_is_up(team: Team) -> None:
    team.down = 503
    worked(team, 40, 0)
    for hour in range(12):
        team.world.now = NOW + timedelta(hours=hour)
        team.deliveries()
    asked = len([each for each in team.hook.deliveries if each.redelivery])
    assert asked <= 4 * 40, "each wait is longer than the one before"
    team.down = 0
    for hour in range(12, 25):
        team.world.now = NOW + timedelta(hours=hour)
        team.deliveries()
    assert stands(team) == told(team)


def test_a_back_fill_counts_and_does_not_flood_the_feed(team: Team) -> None:
    """A new stack beside an old repository: nothing was ever delivered."""
    old = NOW - timedelta(days=200)
    for number in range(1, 251):
        for event in life(random.Random(number), number, old, 4, issue_event()):
            team.happen(event, lost=True)
    team.hook.deliveries.clear()
    team.world.now = NOW
    outcome = team.issues()
    assert {each.kind for each in outcome.repairs} == {"missed"}
    tracked = [each for each in team.tickets.records.values() if each.tracked]
    assert len(tracked) == len(outcome.repairs) > 200
    assert team.tickets.total("kaizen_tickets_opened_total") == len(tracked)
    assert team.tickets.feed == []
    assert team.tickets.total("kaizen_webhook_deliveries_total") == 0


def test_a_run_that_is_cut_off_goes_on_where_it_was(team: Team) -> None:
    worked(team, 900, 1.0)
    team.hook.deliveries.clear()
    seen = 0
    for _ in range(20):
        team.steps = 120
        outcome = team.issues()
        seen += outcome.looked_at
        if not outcome.faults:
            break
        assert "no time for the rest" in outcome.faults[0]
    assert outcome.faults == []
    assert stands(team) == truth(team)
    assert seen < 2 * len(team.world.repository.issues), "no run began again from the first issue"


def test_a_listing_that_is_cut_off_acts_on_what_it_saw(team: Team) -> None:
    missing = worked(team, 400, 0.5)
    team.steps = 150
    outcome = team.deliveries()
    assert 0 < len(outcome.again) < missing
    assert "only the newest" in outcome.faults[0]
    team.steps = 10**9
    team.deliveries()
    assert stands(team) == told(team)


def test_an_issue_that_was_deleted_ends_its_ticket(team: Team) -> None:
    one_ticket(team)
    del team.world.repository.issues[1]
    team.world.repository.gone[1] = "deleted"
    assert [each.kind for each in team.issues().repairs] == ["gone"]
    assert team.tickets.records[1001].ticket.state == "deleted"
    assert team.issues().repairs == []


def test_an_issue_that_github_does_not_know_is_believed_to_have_moved_on_the_second_day(team: Team) -> None:
    event = one_ticket(team)
    kept = team.world.repository.issues.pop(1)
    assert team.issues().repairs == []
    team.world.repository.issues[1] = kept  # it was a fault of GitHub's
    team.world.now += timedelta(days=1)
    assert team.issues().repairs == []
    del team.world.repository.issues[1]
    for hours, state in ((0, "open"), (10, "open"), (24, "transferred")):
        team.world.now += timedelta(hours=hours)
        team.issues()
        assert team.tickets.records[event.issue_id].ticket.state == state


@pytest.mark.parametrize("trouble", ["403", "404", "429", "500", "html", "timeout"])
@pytest.mark.parametrize("call", [0, 1, 2, 3])
def test_trouble_at_any_call_ends_no_ticket_and_is_told(
    team: Team, trouble: str, call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The repository, its changed issues, its open ones, and the one that is not among them."""
    for number in (1, 2):
        one_ticket(team, number)
    team.progress.keep(5, NOW)
    team.world.repository.issues[2]["state"] = "closed"
    service, asked = team.world.service, [0]
    answer = service.answer

    def answered(request: Request) -> Reply:
        if asked[0] == call:
            service.trouble(trouble, trouble)
        asked[0] += 1
        return answer(request)

    monkeypatch.setattr(service, "answer", answered)
    outcome = team.issues()
    assert {record.ticket.state for record in team.tickets.records.values()} == {"open"}
    if (call, trouble) != (3, "404"):
        assert len(outcome.faults) == 1
        assert NAME in outcome.faults[0]
    monkeypatch.setattr(service, "answer", answer)
    for _ in range(2):  # a trouble that was not met by a second try is met by the first of these
        team.issues()
    assert team.tickets.records[1002].ticket.state == "closed"


def test_a_hook_that_cannot_be_read_keeps_no_other_waiting(team: Team) -> None:
    worked(team, 20, 0.5)
    del team.world.service.world.hooks[HOOK]
    outcome = team.deliveries()
    assert HOOK in outcome.faults[0]
    assert team.issues().faults == []


def test_a_delivery_that_github_refuses_to_send_holds_up_no_other(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = worked(team, 40, 0.5)
    refused = next(each for each in team.hook.deliveries if each.status == 0)
    monkeypatch.setattr("webhook_sweep.hooks.repeat", refusing(refused.guid))
    outcome = team.deliveries()
    assert len(outcome.again) == missing - 1
    assert (outcome.faults, outcome.lost) == ([], [refused.guid])


def test_a_run_without_time_asks_for_no_more_and_says_so(team: Team) -> None:
    missing = worked(team, 60, 0.5)
    team.steps, team.reserve = 10**9, 0
    asked: list[str] = []

    def repeat(github: Any, hook: str, attempt: Any) -> None:
        asked.append(attempt.guid)
        team.steps = 0 if len(asked) == 5 else team.steps

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("webhook_sweep.hooks.repeat", repeat)
        outcome = team.deliveries()
    assert len(outcome.again) == 5
    assert [f"no time to ask for {missing - 5} more" in each for each in outcome.faults] == [True]


def test_an_issue_that_changes_while_the_list_is_read_hides_no_other(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the first page gets a comment: the first one of the second page comes to stand on the first."""
    for number in range(1, 151):
        one_ticket(team, number, lost=True)
        content = team.world.repository.issues[number]
        content["updated_at"] = format_instant(BEGAN + timedelta(minutes=number))
    team.world.now = NOW
    pages = Github.pages
    touched: list[int] = []

    def moving(self: Github, path: str, **query: Any) -> Iterator[Any]:
        for place, each in enumerate(pages(self, path, **query)):
            yield each
            if query.get("state") == "all" and place == 50 and not touched:
                touched.append(each["id"])
                issue = next(one for one in team.world.repository.issues.values() if one["id"] == each["id"])
                issue["updated_at"] = format_instant(team.world.now - timedelta(minutes=5))

    monkeypatch.setattr(Github, "pages", moving)
    team.issues()
    assert touched
    assert len(stands(team)) == 150


def test_an_app_that_is_not_set_up_keeps_no_other_hook_waiting(team: Team) -> None:
    missing = worked(team, 40, 0.5)
    sweep = replace(team.sweep(), policy=replace(POLICY, sweep=SweepPolicy(("app", HOOK))))

    def at_hook(hook: str) -> Github:
        if hook == "app":
            raise SettingsError("no GitHub App is set up")
        return team.world.by_token()

    outcome = replace(sweep, at_hook=at_hook).deliveries(("issues",))
    assert outcome.faults == ["app: no GitHub App is set up"]
    assert len(outcome.again) == missing


def test_an_issue_that_cannot_be_read_is_told_and_left_behind(team: Team) -> None:
    for number in (1, 2, 3):
        one_ticket(team, number, lost=True)
    team.world.repository.issues[2]["title"] = None
    outcome = team.issues()
    assert [f"{NAME}#2" in each for each in outcome.faults] == [True]
    assert set(stands(team)) == {1001, 1003}
    assert team.progress.until


def test_another_reason_of_a_close_is_a_difference(team: Team) -> None:
    event = one_ticket(team)
    closed = replace(event, action="closed", state="closed", state_reason="completed", closed_at=event.updated_at)
    team.happen(replace(closed, delivery_id="1-1"))
    team.happen(replace(closed, delivery_id="1-2", state_reason="not_planned"), lost=True)
    assert [each.kind for each in team.issues().repairs] == ["changed"]
    assert team.tickets.records[1001].ticket.resolution == "not_planned"
    assert team.issues().repairs == []


def refusing(guid: str) -> Callable[[Github, str, Attempt], None]:
    """GitHub's answer for a delivery that it has let go of meanwhile."""
    real = hooks.repeat

    def repeat(github: Github, hook: str, attempt: Attempt) -> None:
        if attempt.guid == guid:
            raise NotFoundError(404, "Not Found")
        real(github, hook, attempt)

    return repeat


def test_a_dry_run_changes_nothing(team: Team) -> None:
    missing = worked(team, 60, 0.3)
    before, attempts = stands(team), len(team.hook.deliveries)
    assert len(team.deliveries(dry_run=True).again) == missing
    assert team.issues(dry_run=True).repairs
    assert (stands(team), len(team.hook.deliveries), team.progress.until, team.published) == (before, attempts, {}, [])


def test_an_issue_that_has_just_changed_is_left_to_the_next_run(team: Team) -> None:
    (event,) = life(random.Random(1), 1, NOW - timedelta(seconds=30), 1, issue_event())
    team.happen(event, lost=True)
    assert team.issues().repairs == []
    team.world.now = NOW + timedelta(minutes=2)
    assert [each.kind for each in team.issues().repairs] == ["missed"]
    assert POLICY.is_ticket(event.labels)
