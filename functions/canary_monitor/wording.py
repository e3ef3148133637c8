"""What people read about a canary: the page, and the Slack message that follows what becomes of it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from canary_monitor.alarms import Alarm
from canary_monitor.group import Canary, Group, Standing
from canary_monitor.plan import Steps, Told, due_at
from canary_monitor.presses import Buttons
from kaizen.durations import human
from kaizen.events.canary import CanaryAlert
from kaizen.pager.events import MAX_KEY, Incident, Link
from kaizen.slack.blocks import Message, context, header, section
from kaizen.slack.escape import date, escape, link
from kaizen.times import format_instant

_WEB = "https://github.com"
_ENDS = {
    "success": ("🟢", "Canary finished", "It finished successfully"),
    "failure": ("⚪", "Canary failed", "It failed, and is no longer in flight"),
    "superseded": ("🟢", "Canary superseded", "A newer deployment{newer} has taken its place"),
    "unknown": ("⚪", "Canary given up", "Nobody finished it: its outcome is unknown"),
}


_PRESS_LAST = "Press *It is done* if it is over and GitHub was never told."
_PRESS = "Press *Extend 1 h* if it needs longer; *It is done* if it is over and GitHub was never told."


def key_of(repository: str, environment: str, deployment: int) -> str:
    """What the pager knows a canary by; all paths to a page use the same. Long names lose their end, never the id."""
    named = f"kaizen/canary/{repository}/{environment}"
    return f"{named[: MAX_KEY - 20]}/{deployment}"


@dataclass(frozen=True, slots=True)
class Subject:
    """One canary with what is said of it. `unread` is why GitHub could not be asked again; empty when it could.

    `paged` is False where no pager is set up, so that this message is all that anybody hears.
    """

    group: Group
    canary: Canary
    told: Told
    runbook: str
    unread: str = ""
    paged: bool = True
    buttons: Buttons | None = None
    given_up_at: datetime | None = None

    @property
    def last(self) -> bool:
        """Whether its budget cannot grow any more: it is given up when that is used up."""
        return self.given_up_at is not None and self.due >= self.given_up_at

    @property
    def alarm(self) -> Alarm:
        group = self.group
        return Alarm(group.repository_id, group.environment, group.task, self.canary.deployment)

    @property
    def due(self) -> datetime:
        assert self.canary.started_at is not None
        return due_at(self.canary.started_at, self.told)

    @property
    def budget(self) -> float:
        """Seconds, extensions included."""
        assert self.canary.started_at is not None
        return (self.due - self.canary.started_at).total_seconds()

    @property
    def key(self) -> str:
        return key_of(self.group.repository, self.group.environment, self.canary.deployment)

    @property
    def code(self) -> tuple[str, str]:
        """(address, words): what it brings against the last canary that succeeded, else its commit."""
        root = f"{_WEB}/{self.group.repository}"
        before = [each for each in self.group.canaries if each.age_key < self.canary.age_key and each.sha]
        good = [each.sha for each in before if each.end is not None and each.end[1] == "success"]
        if good and good[-1] != self.canary.sha:
            return f"{root}/compare/{good[-1]}...{self.canary.sha}", "Compare with the last good one"
        return f"{root}/commit/{self.canary.sha}", "Commit"


def incident(subject: Subject, now: datetime) -> Incident:
    """The page. It can be acted on without anything else: what, since when, where to look, what to press."""
    canary, group = subject.canary, subject.group
    assert canary.started_at is not None
    elapsed = human((now - canary.started_at).total_seconds())
    address, words = subject.code
    links = [Link(address, words), Link(f"{_WEB}/{group.repository}/deployments", "Deployments")]
    if subject.runbook:
        links.append(Link(subject.runbook, "Runbook"))
    if canary.url:
        links.append(Link(canary.url, "Log"))
    details: dict[str, Any] = {
        "what to do": "Finish the rollout or roll it back; either ends this incident by itself."
        + f" In its Slack message: {_PRESS.replace('*', '"')}" * (subject.buttons is not None),
        "repository": group.repository,
        "environment": group.environment,
        "deployment": str(canary.deployment),
        "ref": canary.ref,
        "commit": canary.sha,
        "started by": canary.creator,
        "started at": format_instant(canary.started_at),
        "elapsed": elapsed,
        "budget": human(subject.budget),
    }
    if subject.unread:
        details["note"] = f"GitHub could not be asked again before this page: {subject.unread}"
    return Incident(
        key=subject.key,
        summary=f"Canary of {group.repository} in {group.environment} has run for {elapsed}, "
        f"its budget is {human(subject.budget)}",
        source=group.repository,
        severity="critical",
        at=now,
        component=group.environment,
        details=details,
        links=tuple(links),
    )


def hearsay(alert: CanaryAlert, now: datetime) -> Incident:
    """The page for a canary of which Prometheus alone knows."""
    return Incident(
        key=key_of(alert.repository, alert.environment, alert.deployment),
        summary=f"Canary of {alert.repository} in {alert.environment} is over its time budget",
        source=alert.repository,
        severity="critical",
        at=now,
        component=alert.environment,
        details={
            "what to do": "Finish the rollout or roll it back.",
            "repository": alert.repository,
            "environment": alert.environment,
            "deployment": str(alert.deployment),
            "note": "Prometheus says so; the canary monitor knows nothing of this deployment.",
        },
        links=(Link(f"{_WEB}/{alert.repository}/deployments", "Deployments"),),
    )


def message(subject: Subject, is_now: Steps, now: datetime) -> Message:
    """The Slack message for what the canary is now."""
    if is_now.standing.state in _ENDS:
        return _ended(subject, is_now.standing)
    return _extended(subject, now) if is_now.extended else _over(subject, now)


def not_yours(person: str, responders: tuple[str, ...]) -> Message:
    """The answer, in the message's thread, to somebody who may not press."""
    people = ", ".join(f"<@{escape(each)}>" for each in responders)
    text = f"<@{escape(person)}>, nothing was done: the policy lets only {people} press these buttons."
    return Message((section(text),), text)


def _over(subject: Subject, now: datetime) -> Message:
    canary = subject.canary
    assert canary.started_at is not None
    elapsed = human((now - canary.started_at).total_seconds())
    title = "Canary is over its time budget"
    lead = (
        f"🔴 *{escape(subject.group.repository)}* in *{escape(subject.group.environment)}* has run for *{elapsed}* "
        f"of {human(subject.budget)}, as of {_when(now)}."
    )
    todo = "*To do:* finish the rollout, or roll it back. Either ends the page and this message by itself."
    press = _buttons(subject, now)
    if press:
        todo += f"\n{_PRESS}"
    notes = [f"GitHub could not be asked again before this message: {escape(subject.unread)}."] * bool(subject.unread)
    if not subject.paged:
        notes.append("No pager is set up: this message is all that anybody hears of it.")
    return _message(title, lead, [todo], [*_facts(subject), *notes], press)


def _extended(subject: Subject, now: datetime) -> Message:
    """Within a budget that has grown, by a press or in the policy, since somebody was told."""
    told = subject.told
    why = "its budget in the policy is longer now"
    if told.extended_to == subject.due:
        why = f"extended by <@{escape(told.extended_by)}>"
    lead = (
        f"🟠 *{escape(subject.group.repository)}* in *{escape(subject.group.environment)}* may run until "
        f"*{_when(subject.due)}*: {why}."
    )
    resolved = "The page is resolved. " if subject.paged else ""
    then = f"If it is still in flight then, {human(subject.budget)} after its start, {_again(subject)}."
    if subject.last:
        then = f"That is {human(subject.budget)} after its start: then nobody waits for it any more."
    press = _buttons(subject, now)
    todo = "*To do:* until then, finish the rollout or roll it back."
    if press:
        todo += f"\n{_PRESS_LAST if subject.last else _PRESS}"
    return _message("Canary has more time", lead, [f"{resolved}{then}", todo], _facts(subject), press)


def _again(subject: Subject) -> str:
    return "it pages again" if subject.paged else "this message says so"


def _ended(subject: Subject, is_now: Standing) -> Message:
    mark, title, what = _ENDS[is_now.state]
    done = subject.canary.end is not None and subject.canary.end[1] == "done" and is_now.state == "success"
    if done:
        title, what = "Canary is done", f"<@{escape(subject.told.done_by)}> says that it is done"
    if is_now.state == "superseded":
        what = what.format(newer=_newer(subject))
    assert is_now.ended_at is not None
    took = f" after {human(is_now.seconds)}" if is_now.since is not None else ""
    lead = (
        f"{mark} *{escape(subject.group.repository)}* in *{escape(subject.group.environment)}*: {what}{took}, "
        f"{_when(is_now.ended_at)}."
    )
    resolved = "the page is resolved. " if subject.paged else ""
    budget = f"It was over its budget of {human(subject.budget)}"
    if is_now.seconds <= subject.budget:  # it grew since somebody was told
        budget = f"It was given more time, {human(subject.budget)} in all"
    rest = f"{budget}; {resolved}Nothing is left to do." if resolved else f"{budget}. Nothing is left to do."
    if done:
        rest = f"{resolved.capitalize()}GitHub may still show it as in progress: set its status there."
    if is_now.state == "unknown":
        rest = "The page is closed, but the deployment may still be there: look at it, and set its status on GitHub."
    return _message(title, lead, [rest], _facts(subject))


def _newer(subject: Subject) -> str:
    """Which one took its place; nothing where GitHub alone says that some other did."""
    group = subject.group
    begun = [(each.began, each) for each in group.canaries if each.began and each.age_key > subject.canary.age_key]
    if not begun:
        return ""
    newer = min(begun, key=lambda each: each[0])[1]
    by = f" by {escape(newer.creator)}" if newer.creator else ""
    address = f"{_WEB}/{group.repository}/commit/{newer.sha}"
    return f" ({escape(newer.ref)}, {link(address, newer.sha[:7])}{by})"


def _facts(subject: Subject) -> list[str]:
    canary = subject.canary
    address, words = subject.code
    links = [link(address, words), link(f"{_WEB}/{subject.group.repository}/deployments", "Deployments")]
    if subject.runbook:
        links.append(link(subject.runbook, "Runbook"))
    by = f" by {escape(canary.creator)}" if canary.creator else ""
    started = f"Started {_when(canary.started_at)}{by}" if canary.started_at else "Never seen to start"
    return [f"{started}, ref {escape(canary.ref)}, commit {canary.sha[:7]}", "  ·  ".join(links)]


def _buttons(subject: Subject, now: datetime) -> list[dict[str, Any]]:
    if subject.buttons is None:
        return []
    return subject.buttons.elements(subject.alarm, subject.due, now, extendable=not subject.last)


def _message(
    title: str, lead: str, body: list[str], facts: list[str], buttons: list[dict[str, Any]] | None = None
) -> Message:
    press = [{"type": "actions", "elements": buttons}] if buttons else []
    blocks = (header(title), section("\n".join([lead, *body])), *press, *(context(each) for each in facts))
    return Message(blocks, "\n".join([title, lead, *body, *facts]))


def _when(instant: datetime) -> str:
    """In the reader's own zone, UTC where Slack cannot."""
    return date(instant, "UTC")
