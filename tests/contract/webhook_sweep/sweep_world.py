"""A GitHub that loses deliveries, the tracker that gets the rest, and the sweep between them."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from kaizen.events.github import GithubIssue
from kaizen.policy.sections.sweep import SweepPolicy
from kaizen.tickets import Ticket
from kaizen.times import format_instant
from local.outside.github.world import Hook
from tests.contract.github.github_world import NAME, World
from tests.factories import MemoryStore, default_policy
from ticket_tracker.tracking import track
from webhook_sweep.sweep import Outcome, Sweep

HOOK = f"repos/{NAME}/hooks/1"
POLICY = replace(default_policy(), sweep=SweepPolicy((HOOK,), (NAME,)))
_LABELS = ("component:api", "component:web", "sev1", "sev2", "blocked", "docs")


class Progress:
    """SweepStore in memory, over the tracker's records."""

    def __init__(self, tickets: MemoryStore) -> None:
        self._tickets = tickets
        self.until: dict[int, datetime] = {}
        self.gone: dict[int, datetime] = {}

    def compared_until(self, repository: int) -> datetime | None:
        return self.until.get(repository)

    def keep(self, repository: int, until: datetime) -> None:
        self.until[repository] = until

    def absent(self, repository: int) -> dict[int, datetime]:
        return self.gone

    def keep_absent(self, repository: int, absent: Mapping[int, datetime]) -> None:
        self.gone = dict(absent)

    def tickets(self, ids: Iterable[int]) -> dict[int, Ticket]:
        records = [self._tickets.records[each] for each in ids if each in self._tickets.records]
        return {each.ticket.id: each.ticket for each in records if each.tracked}


@dataclass
class Team:
    """Issues of one repository that people work on. What a delivery says is kept by its guid."""

    world: World
    tickets: MemoryStore = field(default_factory=MemoryStore)
    events: dict[str, GithubIssue] = field(default_factory=dict)
    published: list[GithubIssue] = field(default_factory=list)
    steps: int = 10**9  # for so many more there is time
    reserve: int = 10**9  # steps, to act on what was found
    down: int = 0  # what the webhook answers with instead

    def __post_init__(self) -> None:
        hooks = self.world.service.world.hooks
        self.hook = hooks.setdefault(HOOK, Hook(self._deliver, self.world.service.world))
        self.progress = Progress(self.tickets)

    def _deliver(self, event: str, guid: str, body: bytes) -> int:
        if self.down:
            return self.down
        self.apply(self.events[guid])
        return 202

    def apply(self, event: GithubIssue) -> None:
        track(event, self.tickets, POLICY, self.world.now, lambda _: None)

    def publish(self, *events: GithubIssue) -> None:
        """The bus brings each to the tracker."""
        assert 0 < len(events) <= 10
        self.published += events
        for each in events:
            self.apply(each)

    def sweep(self, *, dry_run: bool = False) -> Sweep:
        def in_time() -> bool:
            self.steps -= 1
            return self.steps >= 0

        records = self.tickets.records.values()
        return Sweep(
            at_hook=lambda hook: self.world.by_token(),
            github=self.world.by_token,
            store=self.progress,
            open_tickets=lambda: [each.ticket for each in records if each.live],
            publish=self.publish,
            policy=POLICY,
            clock=lambda: self.world.now,
            in_time=in_time,
            may_act=lambda: self.steps > -self.reserve,
            dry_run=dry_run,
        )

    def deliveries(self, **given: Any) -> Outcome:
        return self.sweep(**given).deliveries(("issues",))

    def issues(self, **given: Any) -> Outcome:
        return self.sweep(**given).issues()

    def contents(self) -> list[GithubIssue]:
        """The last event of each issue that is there."""
        last = {event.number: event for event in self.events.values()}
        return [event for number, event in last.items() if number in self.world.repository.issues]

    def happen(self, event: GithubIssue, *, lost: bool = False) -> None:
        """GitHub's issue becomes what the event says, and one attempt is made to tell of it."""
        guid = event.delivery_id
        self.events[guid] = event
        self.world.repository.issues[event.number] = content(event)
        self.hook.deliver("issues", guid, b"", lost=lost)


def content(event: GithubIssue) -> dict[str, object]:
    """The issue as the API shows it after an event."""
    return {
        "id": event.issue_id,
        "number": event.number,
        "title": event.title,
        "html_url": event.url,
        "repository_url": f"https://api.github.com/repos/{event.repository}",
        "state": event.state,
        "state_reason": event.state_reason or None,
        "labels": [{"name": each} for each in event.labels],
        "assignees": [{"login": each} for each in event.assignees],
        "user": {"login": event.author},
        "created_at": format_instant(event.created_at),
        "updated_at": format_instant(event.updated_at),
        "closed_at": format_instant(event.closed_at) if event.closed_at else None,
    }


def life(rng: random.Random, number: int, began: datetime, steps: int, template: GithubIssue) -> list[GithubIssue]:
    """What happens to one issue; about half of it within the same second as what was before."""
    event = replace(
        template, delivery_id=f"{number}-0", issue_id=1000 + number, number=number, repository=NAME,
        url=f"https://github.com/{NAME}/issues/{number}", labels=tuple(rng.sample(_LABELS, rng.randint(0, 2))),
        created_at=began, updated_at=began,
    )  # fmt: skip
    events = [event]
    for step in range(1, steps):
        at = event.updated_at + timedelta(seconds=rng.choice([0, 0, 1, 300, 7200]))
        event = replace(
            event, delivery_id=f"{number}-{step}", updated_at=at, **{"action_label": ""} | _change(rng, event, at)
        )  # fmt: skip
        events.append(event)
    return events


def _change(rng: random.Random, event: GithubIssue, at: datetime) -> dict[str, Any]:
    if event.state == "closed":
        return {"action": "reopened", "state": "open", "state_reason": "reopened", "closed_at": None}
    kind = rng.choice(["labeled", "unlabeled", "closed", "edited"])
    missing = [each for each in _LABELS if each not in event.labels]
    if kind == "unlabeled" and event.labels:
        gone = rng.choice(event.labels)
        left = tuple(each for each in event.labels if each != gone)
        return {"action": "unlabeled", "labels": left, "action_label": gone}
    if kind == "labeled" and missing:
        more = rng.choice(missing)
        return {"action": "labeled", "labels": (*event.labels, more), "action_label": more}
    if kind == "closed":
        reason = rng.choice(["completed", "not_planned"])
        return {"action": "closed", "state": "closed", "state_reason": reason, "closed_at": at}
    return {"action": "edited", "title": f"Title {rng.randint(1, 9)}"}
