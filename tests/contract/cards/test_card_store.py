"""What people pressed of a ticket, in DynamoDB (moto's); and the schedule of the reminders through the handler."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws

from kaizen.tickets import UnreadableTicketsError
from tests.unit.cards.test_ticket_cards import TICKET
from ticket_cards import handler
from ticket_cards.attended import Acknowledged, Attended, Snoozed
from ticket_cards.cards import Record
from ticket_cards.pace import Outcome
from ticket_cards.store import KEPT_FOR, CardStore

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ENVIRONMENT = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
CONTEXT = SimpleNamespace(
    function_name="cards",
    memory_limit_in_mb=512,
    invoked_function_arn="arn",
    aws_request_id="request",
    get_remaining_time_in_millis=lambda: 60_000,
)


@pytest.fixture
def store() -> Iterator[CardStore]:
    with patch.dict(os.environ, ENVIRONMENT), mock_aws():
        client: Any = boto3.client("dynamodb")
        client.create_table(
            TableName="slack",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        yield CardStore(client, "slack")


def test_who_is_on_it_stays_and_a_snooze_is_over_with_its_time(store: CardStore) -> None:
    assert store.attended(7, T0) == Attended()
    assert store.acknowledge(7, Acknowledged("U1", T0), None) is True
    assert store.acknowledge(7, Acknowledged("U2", T0), None) is False
    assert store.acknowledge(7, Acknowledged("U2", T0), T0 - timedelta(hours=1)) is False
    snooze = Snoozed("U3", T0 + timedelta(hours=24), "sev2")
    store.snooze(7, snooze)
    assert store.attended(7, T0) == Attended(Acknowledged("U1", T0), snooze)
    assert store.attended(7, T0 + timedelta(hours=24)) == Attended(Acknowledged("U1", T0))
    store.snooze(7, Snoozed("U4", T0 + timedelta(hours=30)))
    assert store.attended(7, T0 + timedelta(hours=24)).snoozed == Snoozed("U4", T0 + timedelta(hours=30))
    assert store.attended(8, T0) == Attended()
    mine, yours = Acknowledged("U1", T0), Acknowledged("U2", T0 + timedelta(minutes=1))
    assert [store.take_over(7, yours, mine), store.take_over(7, yours, mine)] == [True, False]
    assert [store.give_back(7, mine), store.attended(7, T0).on_it] == [False, yours]
    assert [store.give_back(7, yours), store.give_back(7, yours)] == [True, False]
    assert store.attended(7, T0).on_it is None
    assert store.acknowledge(7, mine, None) is True
    opened_again = T0 + timedelta(days=1)
    assert store.acknowledge(7, Acknowledged("U5", opened_again + timedelta(hours=1)), opened_again) is True


def test_where_cards_stand_and_what_was_told_is_read_at_once_and_kept_while_it_is_used(store: CardStore) -> None:
    assert store.record(7) == Record()
    store.follow(7, ["C1"], T0)
    store.follow(7, ["C2", "C1"], T0 + timedelta(days=1))
    store.told(7, "sla/due/sev1", T0 + timedelta(days=2))
    store.told(8, "sla/breached/sev2", T0)
    first = Record(frozenset({"C1", "C2"}), "sla/due/sev1", T0)
    assert store.record(7) == first
    assert store.records() == {7: first, 8: Record(told="sla/breached/sev2")}
    later = T0 + timedelta(days=5)
    store.renewed(7, later)
    assert store.record(7) == Record(first.channels, first.told, later)
    item = store._client.get_item(TableName="slack", Key={"pk": {"S": "card#all"}, "sk": {"S": "7"}})["Item"]
    assert int(item["expires_at"]["N"]) == int((later + KEPT_FOR).timestamp())


class Desk:
    """The reminders; what they are to remind of is kept."""

    def __init__(self) -> None:
        self.reminded: list[int] = []

    def __call__(self, cards: Any, in_time: Any) -> "Desk":
        assert in_time()
        return self

    def remind(self, tickets: Any) -> Outcome:
        self.reminded += [each.id for each in tickets]
        return Outcome(posted=1, updated=2)


def test_the_schedule_reminds_of_every_open_ticket_and_then_names_those_it_cannot_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk, counted = Desk(), list[Outcome]()
    settings = SimpleNamespace(tickets_table="tickets")
    for name, made in (("settings", settings), ("dynamodb", None)):
        monkeypatch.setattr(handler, name, lambda made=made: made)
    monkeypatch.setattr(handler, "cards", lambda in_time: None)
    monkeypatch.setattr(handler, "Reminding", desk)
    monkeypatch.setattr(handler, "tell", lambda name, outcome: counted.append(outcome))
    monkeypatch.setattr(handler, "open_tickets", lambda client, table: ([TICKET], []))
    assert handler.lambda_handler({"detail": "{}"}, CONTEXT) == {"told": 3}
    assert (desk.reminded, counted) == ([7], [Outcome(posted=1, updated=2)])
    monkeypatch.setattr(handler, "open_tickets", lambda client, table: ([TICKET], ["ticket#9"]))
    with pytest.raises(UnreadableTicketsError, match="ticket#9"):
        handler.lambda_handler({"detail": "{}"}, CONTEXT)
    assert desk.reminded == [7, 7]
