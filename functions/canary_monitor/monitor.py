"""One fact about a deployment taken in, and the world brought in line with it: gauges, alarm, page, message.

Facts and gauges are written first, in one transaction. What goes out follows; each step can be repeated, and what was
done is written down in the end. A run that breaks off is repeated by the queue and does what is left.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from canary_monitor.alarms import Alarm
from canary_monitor.group import Canary, Group, Status, merged
from canary_monitor.plan import RUN, Steps, Told, gauges, page_gauge, steps
from canary_monitor.presses import Buttons, Press, pressed
from canary_monitor.store import CanaryStore, Record
from canary_monitor.wording import Subject, hearsay, incident, key_of, message, not_yours
from kaizen.events.canary import CanaryAlert
from kaizen.events.github.deployment import GithubDeployment
from kaizen.events.slack import SlackInteraction
from kaizen.metrics.changes import Change
from kaizen.pager.events import resolve, trigger
from kaizen.policy.sections.canary import CanaryPolicy
from kaizen.slack.blocks import Message
from kaizen.storage.transact import CancelledError

_UNPAGED = "without a pager"  # in `Told.shown`: a message that says so is edited once there is one


class UnreadError(Exception):
    """GitHub could not be asked how a deployment stands; the text says why, for the person who is paged."""


class CanaryFailedError(Exception):
    """Somebody could not be told, or the alarm not be set. The queue tries again, then keeps a dead letter."""


class SetAlarms(Protocol):
    def set(self, alarm: Alarm, at: datetime) -> None: ...

    def unset(self, alarm: Alarm) -> None: ...


class Show(Protocol):
    """Posts or edits the message of a subject; `thread` is the timestamp of the message that it answers."""

    def __call__(self, subject: str, message: Message, thread: str = "") -> object: ...


@dataclass(frozen=True, slots=True)
class Outside:
    """The world. `page` sends an event to the pager, None where none is set up; `routing_key` goes with each.

    `reread` gives a deployment's statuses as GitHub has them now, and raises UnreadError. `buttons` is None where a
    message can have none.
    """

    alarms: SetAlarms
    page: Callable[[Mapping[str, Any]], None] | None
    routing_key: str
    reread: Callable[[Group, Canary], Iterable[Status]]
    show: Show
    buttons: Buttons | None = None


def status_of(event: GithubDeployment) -> Status:
    return Status(
        deployment=event.deployment_id,
        created_at=event.created_at,
        state=event.state,
        at=event.status_at or event.created_at,
        ref=event.ref,
        sha=event.sha,
        creator=event.creator,
        url=event.log_url,
    )


def _held(told: Mapping[int, Told]) -> frozenset[int]:
    return frozenset(deployment for deployment, known in told.items() if known.holds)


class Monitor:
    """`clock` gives aware UTC."""

    def __init__(
        self, store: CanaryStore, outside: Outside, policy: CanaryPolicy, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._outside = outside
        self._policy = policy
        self._clock = clock
        self._life = timedelta(seconds=policy.life_seconds)
        self._pager = outside.page is not None

    def take(self, event: GithubDeployment) -> str:
        """Take in one delivery; `taken`, or `ignored` where there are no canaries. Raises as `_work` does."""
        record = self._store.load(event.repository_id, event.environment, event.task)
        if record is None and not self._policy.watches(event.repository, event.environment):
            return "ignored"
        record = record or Record(Group(event.repository_id, event.repository, event.environment, event.task), {})
        group = merged(record.group, status_of(event), _held(record.told))
        if not any(each.exported or each.may_page for each in record.told.values()):
            group = replace(group, repository=event.repository)  # else series and incidents have the name from before
        told = {event.deployment_id: Told(0)} | dict(record.told)
        budget = self._policy.budget(event.repository, event.environment, event.task, event.payload)
        if budget:  # one that the policy no longer calls a canary is still seen to its end
            told[event.deployment_id] = replace(told[event.deployment_id], budget=budget)
        self._work(record, group, told)
        return "taken"

    def check(self, alarm: Alarm) -> str:
        """A budget or a life has ended: look again. `gone` where nothing is known of the group any more."""
        record = self._store.load(alarm.repository_id, alarm.environment, alarm.task)
        if record is None:
            return "gone"
        told = dict(record.told)
        if alarm.deployment in told:  # it has fired, maybe a little early, and is gone
            told[alarm.deployment] = replace(told[alarm.deployment], alarm_at=None)
        self._work(record, record.group, told)
        return "checked"

    def alerted(self, alert: CanaryAlert) -> str:
        """Prometheus says that a canary is over its budget, or no longer: look again.

        Raises as `_work` does, and as `_unknown`.
        """
        record = self._store.find(alert.deployment, alert.environment)
        if record is not None:
            told = dict(record.told)
            known = told[alert.deployment]
            if self._pager and not alert.firing and not known.may_page and known.paged_at is None:
                # The alert may have opened one before anybody here knew of the canary.
                told[alert.deployment] = replace(known, trying_at=self._clock() - RUN)
            self._work(record, record.group, told)
            return "checked"
        if self._outside.page is None:
            return "no pager"  # KaizenCanaryUnpaged pages
        return self._unknown(alert, self._outside.page)

    def _unknown(self, alert: CanaryAlert, page: Callable[[Mapping[str, Any]], None]) -> str:
        """Of a canary that nobody here knows, the page says what the alert does, under the same key.

        An alert that was held up may come after its own end, and would open what nothing ends any more: ends are kept.
        Raises what the store and the pager raise.
        """
        key, given = key_of(alert.repository, alert.environment, alert.deployment), self._outside.routing_key
        if alert.firing and not self._store.alert_ended(alert):
            page(trigger(hearsay(alert, self._clock()), given))
            if not self._store.alert_ended(alert):  # it may have meanwhile, and its `resolve` have gone out first
                return "unknown"
        if not alert.firing:
            self._store.end_alert(alert, self._clock())
        page(resolve(key, given))
        return "unknown"

    def pressed(self, event: SlackInteraction) -> str:
        """A press of a button: `extend` or `done`, or why it is not followed. Raises as `_work` does."""
        buttons = self._outside.buttons
        if buttons is None:
            return "no buttons"
        press = buttons.read(event, self._clock())
        if isinstance(press, str):
            return press
        alarm = press.alarm
        record = self._store.load(alarm.repository_id, alarm.environment, alarm.task)
        canary = record.group.canary(alarm.deployment) if record is not None else None
        if record is None or canary is None:
            return "over"
        if not buttons.lets(press.by):
            subject = self._subject(record.group, canary, record.told[alarm.deployment])
            answer = not_yours(press.by, buttons.responders)
            self._outside.show(f"{subject.key}/{press.by}", answer, event.thread_ts or event.message_ts)
            return "stranger"
        after = pressed(record.group, canary, record.told[alarm.deployment], press, self._life)
        if after is None:
            self._work(record, record.group, record.told)  # an event that comes again may have left something to do
            return "over"
        group, told = after
        self._work(record, group, {**record.told, alarm.deployment: told}, press)
        return press.verb

    def _work(self, before: Record, group: Group, told: Mapping[int, Told], press: Press | None = None) -> None:
        """Raises CanaryFailedError naming everything that failed, once everything has been tried."""
        now = self._clock()
        unread: dict[int, str] = {}
        for canary in group.canaries:
            if steps(group, canary, told[canary.deployment], now, self._life).page:
                try:
                    for status in self._outside.reread(group, canary):
                        group = merged(group, status, _held(told))
                except UnreadError as error:
                    unread[canary.deployment] = str(error)
        record = self._save(before, group, told, now, press)
        after, faults = self._act(record, now, unread)
        if after != record.told:
            try:
                self._keep(record, after, now)
            except CancelledError:  # somebody else took in that it ended while it was being paged
                self._again(record, after, now)
        if faults:
            raise CanaryFailedError("; ".join(str(each) for each in faults)) from ExceptionGroup("canary", faults)

    def _again(self, record: Record, told: Mapping[int, Told], now: datetime) -> None:
        """The group has changed since: what was paged meanwhile may be open although it has ended, and is resolved;
        a message and an alarm of then may have taken the place of newer ones, and are put right."""
        group = record.group
        fresh = self._store.load(group.repository_id, group.environment, group.task)
        if fresh is None:
            return
        after = dict(fresh.told)
        for deployment, known in told.items():
            before, here = record.told[deployment], after.get(deployment)
            if here is None:
                continue
            if known.paging and not before.paging:
                here = replace(here, trying_at=known.paged_at, paged_at=here.paged_at or known.paged_at)
            if known.shown != before.shown:
                here = replace(here, shown="", showing=True)
            if known.alarm_at != before.alarm_at:
                here = replace(here, alarm_at=None)
            after[deployment] = here
        self._work(fresh, fresh.group, after)

    def _save(
        self, before: Record, group: Group, told: Mapping[int, Told], now: datetime, press: Press | None
    ) -> Record:
        """The facts with the gauges that follow from them, and with the press that they come from."""
        changes: list[Change] = []
        after: dict[int, Told] = {}
        for canary in group.canaries:
            known = told[canary.deployment]
            wanted = steps(group, canary, known, now, self._life)
            is_now = wanted.standing
            if wanted.page and self._pager:  # before it goes out: whatever happens to this run, the end resolves it
                known = replace(known, trying_at=known.trying_at or now)
            if is_now.state == "unknown":
                known = replace(known, gave_up_at=is_now.ended_at)
            if self._shows(wanted) not in ("", known.shown):
                known = replace(known, showing=True)
            made = list(gauges(group, canary, known, is_now))
            known = replace(
                known,
                exported=is_now.state == "in_flight",
                counted=known.counted or any(each.metric == "kaizen_canary_duration_seconds" for each in made),
            )
            paged, after[canary.deployment] = page_gauge(group, canary, known, pager=self._pager)
            changes += [*made, *paged]
        if (group, after) == (before.group, dict(before.told)):
            return before
        return self._store.save(replace(before, group=group, told=after), changes, now, press)

    def _keep(self, record: Record, told: Mapping[int, Told], now: datetime) -> None:
        """What was told by now, with the gauge of pages."""
        changes: list[Change] = []
        after: dict[int, Told] = {}
        for canary in record.group.canaries:
            made, after[canary.deployment] = page_gauge(
                record.group, canary, told[canary.deployment], pager=self._pager
            )
            changes += made
        self._store.save(replace(record, told=after), changes, now)

    def _act(self, record: Record, now: datetime, unread: Mapping[int, str]) -> tuple[dict[int, Told], list[Exception]]:
        """What was told by then, and what failed."""
        group, faults = record.group, []
        told = dict(record.told)
        for canary in group.canaries:
            wanted = steps(group, canary, told[canary.deployment], now, self._life)
            subject = self._subject(group, canary, told[canary.deployment], unread.get(canary.deployment, ""))
            for act in (self._alarm, self._page, self._show):
                try:
                    told[canary.deployment] = act(subject, told[canary.deployment], wanted, now)
                except Exception as error:  # noqa: BLE001 - raised by `_work` once the rest has been tried
                    error.add_note(subject.key)
                    faults.append(error)
        return told, faults

    def _subject(self, group: Group, canary: Canary, told: Told, unread: str = "") -> Subject:
        given_up_at = canary.started_at + self._life if canary.started_at else None
        return Subject(
            group, canary, told, self._policy.runbook, unread, self._pager, self._outside.buttons, given_up_at
        )

    def _alarm(self, subject: Subject, told: Told, wanted: Steps, now: datetime) -> Told:
        alarm = subject.alarm
        if wanted.alarm_at == told.alarm_at:
            return told
        if wanted.alarm_at is not None:
            self._outside.alarms.set(alarm, wanted.alarm_at)
        elif told.alarm_at is not None and told.alarm_at > now:
            self._outside.alarms.unset(alarm)
        return replace(told, alarm_at=wanted.alarm_at)

    def _page(self, subject: Subject, told: Told, wanted: Steps, now: datetime) -> Told:
        if wanted.page:
            if self._outside.page is None:
                return told  # so that it pages once there is a pager
            self._outside.page(trigger(incident(subject, now), self._outside.routing_key))
            return replace(told, trying_at=None, paged_at=now, resolved_at=None)
        if wanted.resolve:
            if self._outside.page is None:
                return told  # so that it is resolved once there is a pager again
            self._outside.page(resolve(subject.key, self._outside.routing_key))
            on_its_way = told.trying_at is not None and now < told.trying_at + RUN
            return replace(told, trying_at=told.trying_at if on_its_way else None, resolved_at=now)
        return told

    def _shows(self, wanted: Steps) -> str:
        """What the message is to tell of, as it is kept."""
        return f"{wanted.shows} {_UNPAGED}" if wanted.shows and not self._pager else wanted.shows

    def _show(self, subject: Subject, told: Told, wanted: Steps, now: datetime) -> Told:
        shows = self._shows(wanted)
        if shows == told.shown:
            return told
        self._outside.show(subject.key, message(subject, wanted, now))
        return replace(told, shown=shows, showing=False)
