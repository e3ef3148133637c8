"""The digest from schedule to Slack, on moto's tables and a Slack on loopback that can misbehave."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from kaizen.digest.board import board
from kaizen.digest.canaries import LateCanary
from kaizen.metrics.changes import set_gauge
from kaizen.metrics.counting import count
from tests.architecture.house import ROOT
from tests.contract.digest_world import BOT_ROUTE, TOKEN, WEBHOOK_PATH, Answer, World, forget, routes, world
from tests.factories import default_policy
from tests.unit.digest.samples import NOW, route, ticket
from ticket_digest.run import DigestFailedError, UnknownRouteError

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
WEBHOOK_ROUTE = 'webhook_parameter = "/kaizen/slack/default-webhook"'


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(monkeypatch) as made:
        yield made


def outcomes(result: dict[str, Any]) -> list[str]:
    return [each["outcome"] for each in result["routes"]]


def long_board() -> list[Any]:
    """Tickets for three messages."""
    return [ticket(number, left=number / 10, title="Long " * 30) for number in range(1, 71)]


def test_once_per_local_day_by_webhook(here: World) -> None:
    here.put(ticket())
    assert outcomes(here.run(NINE - timedelta(seconds=1))) == ["not_due"]
    assert outcomes(here.run(NINE)) == ["posted"]
    assert outcomes(here.run(NINE + QUARTER)) == ["not_due"]
    assert outcomes(here.run(NINE + timedelta(days=1))) == ["posted"]
    assert here.slack.calls == ["webhook", "webhook"]
    assert here.slack.texts[0].startswith("Daily Kaizen Ticket Digest: 1 open\n")
    assert here.metric("kaizen_slack_requests_total") == {("webhook", "ok"): 2}
    success = (NINE + timedelta(days=1)).timestamp()
    assert here.metric("kaizen_digest_last_success_timestamp_seconds") == {("default",): success}


def test_a_canary_over_three_quarters_of_its_budget_has_a_line(here: World) -> None:
    client: Any = boto3.client("dynamodb")
    for number, (repository, minutes) in enumerate([("acme/late", 132), ("acme/soon", 91), ("acme/young", 90)]):
        labels = {"repository": repository, "environment": "production", "deployment": str(number)}
        started = int((NINE - timedelta(minutes=minutes)).timestamp())
        gauges = {"kaizen_canary_start_timestamp_seconds": started, "kaizen_canary_budget_seconds": 7200}
        changes = [set_gauge(name, labels, value) for name, value in gauges.items()]
        count(client, "MetricsTable", changes, NINE)
    here.run(NINE)
    lines = here.slack.texts[0].splitlines()
    start = lines.index("Canaries that have used their time")
    assert lines[start + 1 : start + 3] == [
        "🔴 acme/late in production: in flight for 2h 12m of 2h",
        "🟠 acme/soon in production: in flight for 1h 31m of 2h",
    ]
    assert "acme/young" not in here.slack.texts[0]


def test_a_route_of_some_components_hears_of_no_canary() -> None:
    one = LateCanary("acme/shop", "production", 9000, 7200)
    shown = [board([], {}, default_policy(), route(components=each), NOW, (one,)) for each in ((), ("api",))]
    assert [each.canaries for each in shown] == [(one,), ()]


def test_the_scheduler_s_event(here: World) -> None:
    event = json.loads((ROOT / "events" / "ticket_digest.json").read_text(encoding="utf-8"))
    assert outcomes(here.run(NINE - QUARTER, event)) == ["not_due"]
    assert outcomes(here.run(NINE, event)) == ["posted"]


def test_a_long_digest_goes_on_in_a_thread(here: World) -> None:
    here.policy(routes(BOT_ROUTE))
    here.put(*long_board())
    here.run(NINE)
    lead, *replies = here.slack.messages
    assert len(replies) >= 2
    assert "thread_ts" not in lead
    assert {reply["thread_ts"] for reply in replies} == {lead["ts"]}
    assert here.sleeps == [1.0] * len(replies)  # what Slack grants a channel


def test_a_long_digest_goes_on_in_further_messages_of_a_webhook(here: World) -> None:
    here.put(*long_board())
    here.run(NINE)
    assert len(here.slack.messages) >= 3
    assert sum(text.count("#") for text in here.slack.texts) == 70


@pytest.mark.parametrize("inside", [BOT_ROUTE, WEBHOOK_ROUTE])
def test_of_two_handlers_at_once_one_posts(here: World, inside: str) -> None:
    """The second handler runs whole while the first one is posting: the interleaving that a race only hopes for."""
    here.policy(routes(inside))
    here.put(ticket())
    second: list[str] = []

    def meanwhile() -> None:
        here.slack.on_post = lambda: None
        second.extend(outcomes(here.run(NINE, aws_request_id="22222222-2222-2222-2222-222222222222")))

    here.slack.on_post = meanwhile
    assert outcomes(here.run(NINE)) == ["posted"]
    assert second == ["held"]
    assert len(here.slack.messages) == 1


class KilledError(BaseException):
    """The process is gone: nothing below gets to clean up."""


def kill_at_write(here: World, monkeypatch: pytest.MonkeyPatch, which: int) -> None:
    """The process dies just before its write number `which` to the outbox (the claim is not counted)."""
    from kaizen.slack.outbox import Outbox

    original, seen = Outbox._write, []

    def write(self: Outbox, requests: Any) -> None:
        seen.append(requests)
        if len(seen) == which:
            raise KilledError
        original(self, requests)

    monkeypatch.setattr(Outbox, "_write", write)


@pytest.mark.parametrize("which", range(1, 6))
def test_a_crash_before_any_note_is_made_good_without_a_second_post(
    here: World, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    here.policy(routes(BOT_ROUTE))
    here.put(*long_board())
    with monkeypatch.context() as patch:
        kill_at_write(here, patch, which)
        try:
            here.run(NINE)
            died = False
        except KilledError:
            died = True
    whole = 3  # messages, and one write more to close
    assert died is (which <= whole + 1)
    forget()
    here.put(ticket(999, title="Opened after the crash"))  # the messages are those of the first attempt
    assert outcomes(here.run(NINE + timedelta(minutes=1))) == (["held"] if died else ["not_due"])
    later = outcomes(here.run(NINE + QUARTER))
    assert later == (["posted"] if died else ["not_due"])
    assert len(here.slack.messages) == whole
    keys = [message["metadata"]["event_payload"]["key"] for message in here.slack.messages]
    assert keys == [f"digest#a/2026-03-02/{index}" for index in range(whole)]
    assert {message.get("thread_ts") for message in here.slack.messages[1:]} == {here.slack.messages[0]["ts"]}
    assert here.markers()[0]["status"] == "posted"


def test_a_lost_answer_is_looked_up(here: World) -> None:
    here.policy(routes(BOT_ROUTE))
    here.put(ticket())
    for number in range(3):  # what others say in the channel
        here.slack._keep({"text": f"chat {number}"})
    here.slack.fault("chat.postMessage", Answer(stored=True, hang_up=True))
    with pytest.raises(DigestFailedError, match="broke in the midst"):
        here.run(NINE)
    assert outcomes(here.run(NINE + timedelta(minutes=1))) == ["posted"]
    assert here.slack.calls.count("chat.postMessage") == 1
    assert "conversations.history" in here.slack.calls
    assert len([text for text in here.slack.texts if text.startswith("Daily")]) == 1
    counted = here.metric("kaizen_slack_requests_total")
    assert counted["chat.postMessage", "error"] == 1


def test_an_answer_lost_before_the_post_is_posted_once(here: World) -> None:
    here.policy(routes(BOT_ROUTE))
    here.put(ticket())
    here.slack.fault("chat.postMessage", Answer(hang_up=True))
    with pytest.raises(DigestFailedError):
        here.run(NINE)
    assert outcomes(here.run(NINE + timedelta(minutes=1))) == ["posted"]
    assert len(here.slack.messages) == 1


def test_without_the_scope_to_look_it_is_posted_again(here: World) -> None:
    here.policy(routes(BOT_ROUTE))
    here.put(ticket())
    here.slack.fault("chat.postMessage", Answer(stored=True, hang_up=True))
    here.slack.fault("conversations.history", Answer(body='{"ok": false, "error": "missing_scope"}'))
    with pytest.raises(DigestFailedError):
        here.run(NINE)
    result = here.run(NINE + timedelta(minutes=1))
    assert result["routes"][0]["delivered"] == {"posted": 1, "found": 0, "repeated": 1}
    assert len(here.slack.messages) == 2


def test_a_webhook_is_at_least_once(here: World) -> None:
    here.put(ticket())
    here.slack.fault("webhook", Answer(stored=True, status=500, body="rollup_error"))
    with pytest.raises(DigestFailedError):
        here.run(NINE)
    assert outcomes(here.run(NINE + timedelta(minutes=1))) == ["posted"]
    assert len(here.slack.messages) == 2


@pytest.mark.parametrize("inside", [BOT_ROUTE, WEBHOOK_ROUTE])
def test_a_short_pause_is_waited_out(here: World, inside: str) -> None:
    here.policy(routes(inside))
    here.put(ticket())
    method = "chat.postMessage" if inside == BOT_ROUTE else "webhook"
    here.slack.fault(method, Answer(status=429, headers={"Retry-After": "7"}, body='{"ok":false}'))
    assert outcomes(here.run(NINE)) == ["posted"]
    assert here.sleeps == [7]
    assert len(here.slack.messages) == 1
    assert here.metric("kaizen_slack_requests_total") == {(method, "ratelimited"): 1, (method, "ok"): 1}


@pytest.mark.parametrize(("pause", "left"), [("1200", 120.0), ("19", 30.0)])
def test_a_pause_too_long_to_wait_is_kept_by_the_next_runs(here: World, pause: str, left: float) -> None:
    here.put(ticket())
    here.slack.fault("webhook", Answer(status=429, headers={"Retry-After": pause}))
    with pytest.raises(DigestFailedError, match=f"{pause} seconds"):
        here.run(NINE, left=left)
    assert here.sleeps == []
    over = timedelta(seconds=int(pause))
    here.put(ticket(13))
    assert outcomes(here.run(NINE + over - timedelta(seconds=1))) == ["held"]
    assert outcomes(here.run(NINE + over)) == ["posted"]
    assert here.slack.texts[0].startswith("Daily Kaizen Ticket Digest: 2 open")  # of now: nothing was out before


def test_a_refusal_names_the_cause_and_spares_the_other_routes(here: World) -> None:
    here.policy(routes(BOT_ROUTE, WEBHOOK_ROUTE))
    here.put(ticket())
    here.slack.fault("chat.postMessage", Answer(body='{"ok": false, "error": "not_in_channel"}'))
    with pytest.raises(DigestFailedError, match="/invite"):
        here.run(NINE)
    assert here.slack.calls == ["chat.postMessage", "webhook"]
    assert outcomes(here.run(NINE + timedelta(minutes=1))) == ["posted", "not_due"]
    assert len(here.slack.messages) == 2


def test_a_missing_secret_spares_the_other_routes(here: World) -> None:
    here.policy(routes('webhook_parameter = "/kaizen/slack/nowhere"', WEBHOOK_ROUTE))
    here.put(ticket())
    with pytest.raises(DigestFailedError, match="/kaizen/slack/nowhere"):
        here.run(NINE)
    assert len(here.slack.messages) == 1


def test_no_time_left_is_a_failure_that_the_next_run_makes_good(here: World) -> None:
    here.put(ticket())
    with pytest.raises(DigestFailedError, match="no time"):
        here.run(NINE, left=10.0)
    assert here.slack.calls == []
    assert outcomes(here.run(NINE)) == ["posted"]


def test_force_posts_now_and_leaves_the_day_alone(here: World) -> None:
    here.policy(routes(BOT_ROUTE, WEBHOOK_ROUTE))
    here.put(ticket())
    early = NINE - timedelta(hours=3)
    assert outcomes(here.run(early, {"force": True})) == ["posted", "posted"]
    assert outcomes(here.run(early, {"force": True})) == ["held", "held"]  # the same request, repeated by Lambda
    assert outcomes(here.run(early, {"route": "b"}, aws_request_id="2")) == ["posted"]
    assert here.metric("kaizen_digest_last_success_timestamp_seconds") == {}
    assert outcomes(here.run(NINE)) == ["posted", "posted"]
    assert here.slack.calls == ["chat.postMessage", "webhook", "webhook", "chat.postMessage", "webhook"]


def test_an_unknown_route_is_named(here: World) -> None:
    with pytest.raises(UnknownRouteError, match=r"no route 'x'.*default"):
        here.run(NINE, {"force": True, "route": "x"})


def test_a_quiet_route_says_nothing_when_nothing_is_open(here: World) -> None:
    here.policy(routes(f"{BOT_ROUTE}\nempty_digest = false", BOT_ROUTE))
    assert outcomes(here.run(NINE)) == ["nothing_to_say", "posted"]
    assert outcomes(here.run(NINE + QUARTER)) == ["not_due", "not_due"]
    assert "no open tickets" in here.slack.texts[0]
    assert len(here.metric("kaizen_digest_last_success_timestamp_seconds")) == 2


def test_a_ticket_that_cannot_be_read_is_reported_after_the_digest(here: World) -> None:
    here.put(ticket())
    here.dynamodb.put_item(
        TableName="TicketsTable",
        Item={"pk": {"S": "ticket#1"}, "sk": {"S": "ticket"}, "open_component": {"S": "api"}},
    )
    with pytest.raises(DigestFailedError, match="ticket#1"):
        here.run(NINE)
    assert len(here.slack.messages) == 1


@pytest.mark.parametrize(
    "address", ["not an address", "ftp://example.org/x", "http://example.org/services/x", "https://"]
)
def test_a_secret_that_is_no_address_is_refused_unseen(here: World, address: str) -> None:
    here.ssm.put_parameter(Name="/kaizen/slack/default-webhook", Value=address, Type="SecureString", Overwrite=True)
    with pytest.raises(DigestFailedError, match="no https address") as caught:
        here.run(NINE)
    assert address not in str(caught.value)


def test_no_secret_reaches_the_logs(here: World, capsys: pytest.CaptureFixture[str], caplog: Any) -> None:
    """Neither through our lines nor the SDK's, whatever happens and however chatty the root logger is."""
    caplog.set_level(logging.DEBUG)
    here.policy(routes(BOT_ROUTE, WEBHOOK_ROUTE))
    here.put(ticket())
    faults = [
        Answer(hang_up=True),
        Answer(status=500, body="<html>"),
        Answer(body="<html>"),
        Answer(status=404, body="no_service"),
        Answer(status=302, headers={"Location": "/elsewhere"}),
        Answer(status=429),
    ]
    for number, fault in enumerate(faults):
        here.slack.fault("webhook", fault)
        here.slack.fault("chat.postMessage", fault)
        with pytest.raises(DigestFailedError) as caught:
            here.run(NINE + timedelta(minutes=number))
        captured = capsys.readouterr()
        for text in (captured.out, captured.err, caplog.text, str(caught.value), repr(caught.value.__cause__)):
            assert TOKEN not in text
            assert WEBHOOK_PATH not in text
    everything = str(here.dynamodb.scan(TableName="SlackTable")) + str(here.dynamodb.scan(TableName="MetricsTable"))
    assert TOKEN not in everything
    assert WEBHOOK_PATH not in everything
