"""The tracker on DynamoDB's transactions (moto): the same end as its twin in memory, one read and one write each."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations, permutations
from typing import Any

import boto3
import pytest
from moto import mock_aws

from kaizen.events.detail import correlated
from kaizen.events.github import GithubIssue
from kaizen.metrics.rows import read_rows
from kaizen.policy import Policy
from kaizen.runtime import secrets
from kaizen.runtime.clients import Limits
from kaizen.runtime.log import correlation_id, logger
from kaizen.storage.items import from_item, to_item
from kaizen.tickets import newest_feed_items, open_tickets
from tests.factories import NOW, OPENED, MemoryStore, default_policy, hours, issue_event
from ticket_tracker import handler
from ticket_tracker.booking import book
from ticket_tracker.record import Record, merge
from ticket_tracker.store import TicketStore, record_attributes, record_from
from ticket_tracker.tracking import Conflict, Duplicate, track

POLICY = default_policy()
HISTORY = [
    issue_event("opened", OPENED),
    issue_event("closed", OPENED + hours(2)),
    issue_event("reopened", OPENED + hours(5)),
    issue_event("closed", OPENED + hours(9)),
]


class Context:
    function_name = "TicketTracker"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:TicketTracker"
    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        return 40_000


def tables(client: Any) -> None:
    from tests.architecture.house import resources

    for name, table in resources("AWS::DynamoDB::Table").items():
        wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        client.create_table(TableName=name, **{key: table[key] for key in wanted if key in table})


class Bus:
    """Takes what the tracker tells."""

    def publish(self, *events: object) -> None:
        assert len(events) == 1


@pytest.fixture(autouse=True)
def bus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "publisher", Bus)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        client = boto3.client("dynamodb")
        tables(client)
        yield client


def store(client: Any) -> TicketStore:
    return TicketStore(client, "TicketsTable", "MetricsTable")


def apply(client: Any, *events: GithubIssue) -> None:
    for event in events:
        track(event, store(client), POLICY, NOW, lambda _: None)


def totals(client: Any) -> dict[str, float]:
    rows, _ = read_rows(client, "MetricsTable")
    return {
        f"{metric}{labels}": series.value or series.total
        for metric, by_labels in rows.items()
        for labels, series in by_labels.items()
        if "webhook" not in metric
    }


def test_same_end_as_the_twin_in_memory(client: Any) -> None:
    twin = MemoryStore()
    for event in HISTORY:
        track(event, twin, POLICY, NOW, lambda _: None)
        apply(client, event)
    stored = store(client).load(7)
    assert stored is not None
    assert replace(stored, version=0) == replace(twin.records[7], version=0)
    rows, _ = read_rows(client, "MetricsTable")
    for name in ("kaizen_mttr_seconds", "kaizen_ticket_seconds", "kaizen_ticket_duration_seconds"):
        (series,) = rows[name].values()
        assert series.total == twin.total(name, "total")
        assert series.observations == twin.total(name, "observations")
    assert sorted(i.id for i in newest_feed_items(client, "TicketsTable", 10)) == sorted(i.id for i in twin.feed)


def test_a_record_is_read_as_it_was_written() -> None:
    for policy in (POLICY, default_policy(labels='["incident"]')):
        record = book(None, merge(None, HISTORY[1], policy)[0], policy, NOW).record
        assert bool(record.uncounted) != bool(record.booked_sla)
        assert record_from(from_item(to_item(record_attributes(record)))) == record


def test_a_record_from_before_unlabelled_issues_were_stored(client: Any) -> None:
    """It is a ticket's; its closes are booked, and its SLA outcome is counted."""
    apply(client, HISTORY[0], HISTORY[1])
    stored = from_item(
        client.get_item(TableName="TicketsTable", Key=to_item({"pk": "ticket#7", "sk": "ticket"}))["Item"]
    )
    for name in ("was_ticket", "uncounted", "booked_sla", "seen_labels"):
        del stored[name]
    client.put_item(TableName="TicketsTable", Item=to_item(stored | {"booked_closes": [1]}))
    before = totals(client)
    apply(client, replace(HISTORY[1], delivery_id="again"))
    assert totals(client) == before


def test_every_order_ends_alike(client: Any) -> None:
    """With every delivery twice. Each order is an issue of its own, so that one table serves them all."""
    ends = set()
    for number, order in enumerate(permutations(HISTORY)):
        before = totals(client).get("kaizen_mttr_seconds('api', 'sev2')", 0)
        events = [replace(e, issue_id=100 + number, delivery_id=f"{e.delivery_id}-{number}") for e in order]
        apply(client, *events, *events)
        record = store(client).load(100 + number)
        assert record is not None
        ends.add((record.ticket.state, record.ticket.log, record.ticket.mttr_seconds))
        assert totals(client)["kaizen_mttr_seconds('api', 'sev2')"] - before == 9 * 3600
    assert len(ends) == 1
    assert open_tickets(client, "TicketsTable") == ([], [])


def test_one_read_and_one_transaction(client: Any) -> None:
    calls: list[str] = []
    client.meta.events.register("before-call.dynamodb.*", lambda model, **_: calls.append(model.name))
    for event in HISTORY:
        calls.clear()
        apply(client, event)
        assert calls == ["GetItem", "TransactWriteItems"]


def test_a_delivery_marker_makes_a_duplicate(client: Any) -> None:
    apply(client, HISTORY[0])
    record = store(client).load(7)
    assert record is not None
    with pytest.raises(Duplicate):
        store(client).commit(HISTORY[0], record, record, [], [], NOW)


def test_a_stale_version_is_a_conflict(client: Any) -> None:
    apply(client, HISTORY[0])
    stale = store(client).load(7)
    assert stale is not None
    apply(client, HISTORY[1])
    newer = replace(stale, moved_issue_id=9)
    with pytest.raises(Conflict):
        store(client).commit(HISTORY[2], stale, newer, [], [], NOW)
    with pytest.raises(Conflict):
        store(client).commit(HISTORY[3], None, newer, [], [], NOW)


class OneCallAtATime:
    """A client whose calls are atomic, as DynamoDB's are and moto's are not: its tables tear between threads.

    Writers still interleave where they do on AWS, between their reads and their writes.
    """

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, threading.Lock()
        self.exceptions = client.exceptions

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**arguments)

        return call


def test_writers_that_race(client: Any) -> None:
    """Eight threads, each with the whole history under delivery ids of its own: as if every marker had expired."""
    shared: Any = OneCallAtATime(client)
    all_have_read = threading.Barrier(8)
    retries: list[float] = []

    class Racing(TicketStore):
        first = True

        def load(self, issue_id: int) -> Record | None:
            record = super().load(issue_id)
            if self.first:
                all_have_read.wait(timeout=300)
            self.first = False
            return record

    def run(number: int) -> None:
        own = Racing(shared, "TicketsTable", "MetricsTable")
        for event in HISTORY:
            named = replace(event, delivery_id=f"{event.delivery_id}-{number}")
            while True:
                try:
                    track(named, own, POLICY, NOW, retries.append)
                    break
                except Conflict:
                    continue

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(run, range(8)))
    assert len(retries) >= 7, "one of the eight first commits wins, the others try again"
    record = store(client).load(7)
    assert record is not None
    assert record.ticket.mttr_seconds == 9 * 3600
    assert totals(client)["kaizen_mttr_seconds('api', 'sev2')"] == 9 * 3600


def message(index: int, *, bad: bool) -> dict[str, Any]:
    detail = {"version": 99} if bad else issue_event(issue_id=500 + index, delivery_id=f"m-{index}").detail()
    return {"messageId": f"m{index}", "body": json.dumps({"detail": detail})}


def test_only_the_failed_messages_of_a_batch_come_back(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every failing subset of a batch of ten, with the good ones applied."""
    monkeypatch.setattr(handler, "store", lambda: MemoryStore())
    monkeypatch.setattr(handler, "settings", lambda: handler.TrackerSettings("b", "t", "m", "p"))
    monkeypatch.setattr(handler, "current_policy", lambda _: POLICY)
    messages = {bad: [message(index, bad=bad) for index in range(10)] for bad in (False, True)}
    for size in range(11):
        for subset in combinations(range(10), size):
            batch = {"Records": [messages[index in subset][index] for index in range(10)]}
            answer = handler.lambda_handler(batch, Context())
            assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == [f"m{i}" for i in subset]


class Slow(MemoryStore):
    """Every delivery takes so many milliseconds of the invocation."""

    def __init__(self, left: int, each: int) -> None:
        super().__init__()
        self.left, self.each = left, each
        self.worked_on: list[int] = []

    def get_remaining_time_in_millis(self) -> int:
        return self.left

    def load(self, issue_id: int) -> Record | None:
        self.worked_on.append(issue_id)
        self.left -= self.each
        assert self.left > 0, "the function is cut off, and the whole batch fails"
        return super().load(issue_id)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], tuple[Slow, Any]]:
    def made(left: int, each: int) -> tuple[Slow, Any]:
        store, context = Slow(left, each), Context()
        monkeypatch.setattr(context, "get_remaining_time_in_millis", store.get_remaining_time_in_millis, raising=False)
        monkeypatch.setattr(handler, "store", lambda: store)
        return store, context

    monkeypatch.setattr(handler, "settings", lambda: handler.TrackerSettings("b", "t", "m", "p"))
    monkeypatch.setattr(handler, "current_policy", lambda _: POLICY)
    return made


def test_what_there_is_no_time_for_goes_back_untouched(slow: Callable[[int, int], tuple[Slow, Any]]) -> None:
    """Before, a slow table let the function run into its time-out: all ten failed, those that were done among them."""
    store, context = slow(40_000, 8_000)
    batch = {"Records": [message(index, bad=False) for index in range(10)]}
    answer = handler.lambda_handler(batch, context)
    assert store.worked_on == [500, 501]  # the third would have had 24 s, and may need 28
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == [f"m{index}" for index in range(2, 10)]
    assert set(store.records) == {500, 501}


def test_conflicts_do_not_run_into_the_time_out(
    slow: Callable[[int, int], tuple[Slow, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, a delivery that others overtook was begun again whatever time was left."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    store, context = slow(40_000, 12_000)
    store.conflicts = 5
    answer = handler.lambda_handler({"Records": [message(1, bad=False)]}, context)
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == ["m1"]
    assert store.worked_on == [501, 501]


def test_a_message_that_was_not_worked_on_has_no_neighbour_to_pay_for() -> None:
    """Before, a batch of ten shared 30 s, of which one delivery could take 36: five slow rounds made dead letters.

    A message that goes back untouched counts as received all the same. So a batch must fit into the invocation even if
    every call takes as long as its limits allow, the reading of the policy included.
    """
    from tests.architecture.house import function_of, resources

    function, source = (
        function_of("ticket_tracker"),
        resources("AWS::Lambda::EventSourceMapping")["TicketTrackerIssues"],
    )
    per_call = slowest(handler._LIMITS)
    assert 4 * per_call <= handler._ENOUGH_MS / 1000
    needed = slowest(secrets.LIMITS) + source["BatchSize"] * handler._ENOUGH_MS / 1000
    assert needed < function["Timeout"]


def slowest(limits: Limits) -> float:
    """Seconds of one call: the SDK waits up to 1, 2, 4, ... seconds before its next attempts."""
    return limits.attempts * (limits.connect + limits.read) + float(2 ** (limits.attempts - 1) - 1)


def test_a_repeat_by_the_queue_is_not_counted_and_one_by_github_is(client: Any) -> None:
    """Before, every message that SQS gave twice raised the count of GitHub's repeats."""
    first = replace(HISTORY[0], correlation_id="request-1")
    tried = [track(event, store(client), POLICY, NOW, lambda _: None) for event in (first, first, first)]
    assert tried == ["accepted", "redelivered", "redelivered"]
    again = replace(first, correlation_id="request-2", received_at=first.received_at + hours(1))
    assert track(again, store(client), POLICY, NOW, lambda _: None) == "duplicate"
    rows, _ = read_rows(client, "MetricsTable")
    deliveries = {labels: series.value for labels, series in rows["kaizen_webhook_deliveries_total"].items()}
    assert deliveries == {("issues", "accepted"): 1, ("issues", "duplicate"): 1}


def test_without_ids_of_requests_the_second_of_arrival_tells_repeats_apart(client: Any) -> None:
    """Events that wait in the queue while this version is deployed carry no id."""
    apply(client, HISTORY[0])
    assert track(HISTORY[0], store(client), POLICY, NOW, lambda _: None) == "redelivered"
    again = replace(HISTORY[0], received_at=HISTORY[0].received_at + hours(1))
    assert track(again, store(client), POLICY, NOW, lambda _: None) == "duplicate"


def test_a_delivery_known_from_an_older_version_is_a_plain_duplicate(client: Any) -> None:
    marker = {"pk": f"delivery#1#{HISTORY[0].delivery_id}", "sk": "delivery", "expires_at": 2_000_000_000}
    client.put_item(TableName="TicketsTable", Item=to_item(marker))
    assert track(HISTORY[0], store(client), POLICY, NOW, lambda _: None) == "duplicate"


def test_a_known_delivery_id_with_another_body_is_told(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, it was dropped as a duplicate like any other. It still changes no ticket."""
    apply(client, HISTORY[0])
    before = store(client).load(7)
    altered = replace(HISTORY[0], title="Something else", correlation_id="request-2")
    warned: list[dict[str, Any]] = []
    monkeypatch.setattr(logger, "warning", lambda _, **told: warned.append(told))
    monkeypatch.setattr(handler, "store", lambda: store(client))
    monkeypatch.setattr(handler, "settings", lambda: handler.TrackerSettings("b", "t", "m", "p"))
    monkeypatch.setattr(handler, "current_policy", lambda _: POLICY)
    body = json.dumps({"detail": altered.detail()})
    answer = handler.lambda_handler({"Records": [{"messageId": "m", "body": body}]}, Context())
    assert answer == {"batchItemFailures": []}
    assert [(told["result"], told["delivery_id"]) for told in warned] == [("altered", altered.delivery_id)]
    assert store(client).load(7) == before
    rows, _ = read_rows(client, "MetricsTable")
    assert rows["kaizen_observations_rejected_total"]["other_body",].value == 1
    assert rows["kaizen_webhook_deliveries_total"]["issues", "duplicate"].value == 1


def test_log_lines_of_a_delivery_carry_its_requests_id(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(handler, "store", MemoryStore)
    monkeypatch.setattr(handler, "settings", lambda: handler.TrackerSettings("b", "t", "m", "p"))

    def policy(parameter: str) -> Policy:
        seen.append(correlation_id())
        return POLICY

    monkeypatch.setattr(handler, "current_policy", policy)
    bodies = [
        json.dumps({"detail": correlated(HISTORY[0].detail(), "request-1")}),
        json.dumps({"detail": HISTORY[1].detail()}),
    ]
    records = [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]
    handler.lambda_handler({"Records": records}, Context())
    assert seen == ["request-1", "m1"]
