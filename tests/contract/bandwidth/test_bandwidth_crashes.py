"""A run that breaks off at any call, or meets another one: one row for each day and stream, one alert, one count."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bandwidth_snapshot.detector import Limits
from bandwidth_snapshot.posting import Posting
from bandwidth_snapshot.snapshot import Snapshot, SnapshotFailedError
from bandwidth_snapshot.store import BandwidthStore
from bandwidth_snapshot.telling import Telling
from kaizen.events.bandwidth import BandwidthAnomaly
from kaizen.metrics.rows import read_rows
from kaizen.slack.client import Bot, Webhook
from kaizen.slack.notices import Notices
from local.outside.slack.service import BOT_TOKEN, Slack
from local.outside.slack.workspace import WEBHOOK_PATH
from tests.contract.bandwidth.bandwidth_world import NOW, TABLES, YESTERDAY, World, bins_of_rate, items, tables
from tests.contract.outside_door import door

LEASE = timedelta(minutes=6)
Hook = Callable[[int, str], None]


class CrashError(BaseException):
    """The process is gone: nothing catches that."""


@dataclass
class Calls:
    """Every call to the outside, numbered: AWS, Slack, the bus and the source. The hooks may raise, or do more."""

    before: Hook | None = None
    after: Hook | None = None
    names: list[str] = field(default_factory=list)

    def of(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            number = len(self.names)
            self.names.append(name)
            if self.before is not None:
                self.before(number, name)
            answer = function(*given, **named)
            if self.after is not None:
                self.after(number, name)
            return answer

        return call


class Dynamo:
    def __init__(self, client: Any, calls: Calls) -> None:
        self._client, self._calls = client, calls
        self.exceptions = client.exceptions

    def __getattr__(self, name: str) -> Any:
        return self._calls.of(name, getattr(self._client, name))


@dataclass
class Stage:
    """A month of usual days of one stream, and a jump on the last one."""

    dynamodb: Any
    slack: Slack
    address: str
    published: list[BandwidthAnomaly] = field(default_factory=list)
    runs: int = 0
    late: timedelta = timedelta(0)
    webhook: bool = False

    def begin(self) -> None:
        """As it was before the last day was closed."""
        for pk in ("day#*", "day#b"):
            self._delete("bandwidth", {"pk": {"S": pk}, "sk": {"S": YESTERDAY.isoformat()}})
        for each in items(self.dynamodb):
            if each["pk"]["S"] == "said":
                self._delete("bandwidth", {key: each[key] for key in TABLES["bandwidth"]})
        for name in ("metrics", "slack"):
            for each in items(self.dynamodb, name):
                self._delete(name, {key: each[key] for key in TABLES[name]})
        self.slack.workspace.messages.clear()
        self.published.clear()
        self.late = timedelta(0)

    def _delete(self, name: str, key: dict[str, Any]) -> None:
        self.dynamodb.delete_item(TableName=name, Key=key)

    def run(self, calls: Calls) -> None:
        """One run in a process of its own; raises as the handler would."""
        self.runs += 1
        client = cast(Any, Dynamo(self.dynamodb, calls))
        store = BandwidthStore(client, "bandwidth", "metrics")
        notices = Notices(client, "slack", "bandwidth", f"run {self.runs}", LEASE)
        way: Any = Bot(BOT_TOKEN, "C0BANDWIDTH", f"{self.address}/api/")
        if self.webhook:
            way = Webhook(f"{self.address}{WEBHOOK_PATH}", here=True)
        for name in ("post", "edit", "find"):
            setattr(way, name, calls.of(f"slack {name}", getattr(way, name)))

        def clock() -> datetime:
            return datetime.now(UTC).replace(microsecond=0) + self.late

        def bins(day: Any) -> Any:
            return {"b": bins_of_rate(day, 6.0 if day == YESTERDAY else 2.0)}

        publish = calls.of("publish", self.published.append)
        posting = Posting(notices, lambda: way, not self.webhook, clock)
        telling = Telling(store, Limits(), posting.tell, posting.told, publish)
        Snapshot(store, calls.of("source", bins), "counters", {"build": "1"}, telling).close(NOW)

    def again(self) -> None:
        """The retry, when the lease of a run that vanished is over."""
        self.late += LEASE + timedelta(minutes=1)
        self.run(Calls())

    def holds(self) -> None:
        keys = [{"pk": {"S": pk}, "sk": {"S": YESTERDAY.isoformat()}} for pk in ("day#*", "day#b")]
        total, stream = [self.dynamodb.get_item(TableName="bandwidth", Key=key)["Item"] for key in keys]
        assert (total["revision"]["N"], stream["revision"]["N"]) == ("1", "1")
        texts = [each["text"].splitlines()[0] for each in self.slack.workspace.listed()]
        assert sorted(texts) == ["Bandwidth of the phase streams", "Unexpected bandwidth"]
        counted, _ = read_rows(self.dynamodb, "metrics")
        assert counted["kaizen_bandwidth_anomalies_total"][()].value == 1
        assert {(each.stream, each.day) for each in self.published} == {("*", YESTERDAY.isoformat())}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    slack = Slack()
    with tables() as client, door(slack) as (address, _):
        world = World(BandwidthStore(client, "bandwidth", "metrics"), steady={"b": 2.0})
        world.history(36)
        yield Stage(client, slack, address)


def crash_at(place: int) -> Hook:
    def crash(number: int, name: str) -> None:
        if number == place:
            raise CrashError(name)

    return crash


@pytest.mark.parametrize("lost", [False, True], ids=["before", "after"])
def test_a_run_that_crashes_at_any_call_tells_once(stage: Stage, lost: bool) -> None:
    """Before each call in turn, or after it with its answer lost; then the retries do the rest."""
    place = 0
    while True:
        stage.begin()
        calls = Calls(None, crash_at(place)) if lost else Calls(crash_at(place))
        with suppress(CrashError):
            stage.run(calls)
        if len(calls.names) <= place:
            break
        stage.again()
        stage.holds()
        place += 1
    assert {"source", "slack post", "publish", "transact_write_items"} <= set(calls.names)


def test_through_a_webhook_nothing_is_told_twice(stage: Stage) -> None:
    """The default destination lets nobody look: a message that may have been posted is not posted again."""
    stage.webhook = True
    try:
        for lost in (False, True):
            stage.begin()
            alone = Calls()
            stage.run(alone)
            for place in [each for each, name in enumerate(alone.names) if name == "slack post"]:
                stage.begin()
                with suppress(CrashError):
                    stage.run(Calls(None, crash_at(place)) if lost else Calls(crash_at(place)))
                stage.again()
                texts = [each["text"].splitlines()[0] for each in stage.slack.workspace.listed()]
                assert len(texts) == len(set(texts)) == (2 if lost else 1), "one may be missing, none is there twice"
    finally:
        stage.webhook = False


def test_two_runs_at_once_tell_once(stage: Stage) -> None:
    """At each call of one run that is of another kind than the one before, another run goes from beginning to end."""
    stage.begin()
    alone = Calls()
    stage.run(alone)
    places = [each for each, name in enumerate(alone.names) if not each or name != alone.names[each - 1]]
    assert len(places) > 12
    for place in places:
        stage.begin()
        calls = Calls()

        def meet(number: int, name: str, place: int = place) -> None:
            if number == place:
                with suppress(SnapshotFailedError):
                    stage.run(Calls())

        calls.before = meet
        with suppress(SnapshotFailedError):
            stage.run(calls)
        stage.again()
        stage.holds()


def test_the_same_day_again_changes_nothing(stage: Stage) -> None:
    stage.begin()
    stage.run(Calls())
    before = {name: items(stage.dynamodb, name) for name in TABLES}
    published = list(stage.published)
    stage.again()
    assert {name: items(stage.dynamodb, name) for name in TABLES} == before
    assert stage.published == published
    stage.holds()
