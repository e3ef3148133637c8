"""`digest 09:00 Europe/Berlin weekdays` behind an expression: read, refused under its character, and when it is due."""

from datetime import UTC, datetime, timedelta

import pytest

from kaizen.subscriptions.daily import Daily, read
from kaizen.subscriptions.expression import ExpressionError, before_digest, parse
from kaizen.subscriptions.model import Subscription, attributes, subscription_from
from ticket_digest.due import due
from ticket_digest.subscribed import route_of

EVERY = (0, 1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09:00", Daily(9, 0, "UTC", EVERY)),
        ("9:05 utc", Daily(9, 5, "UTC", EVERY)),
        ("23:59 Europe/Berlin", Daily(23, 59, "Europe/Berlin", EVERY)),
        ("09:00 weekdays", Daily(9, 0, "UTC", (0, 1, 2, 3, 4))),
        ("09:00 America/New_York Mon-Wed,fri", Daily(9, 0, "America/New_York", (0, 1, 2, 4))),
        ("09:00 UTC sat-mon", Daily(9, 0, "UTC", (0, 5, 6))),
        ("09:00 UTC daily", Daily(9, 0, "UTC", EVERY)),
    ],
)
def test_times_zones_and_days_are_read_and_written(text: str, expected: Daily) -> None:
    assert read(text, 0) == expected
    assert read(str(expected), 0) == expected


@pytest.mark.parametrize(
    ("text", "position", "fault"),
    [
        ("digest", 6, "say when"),
        ("digest soon", 7, "no time of day"),
        ("digest 24:00", 7, "no time of day"),
        ("digest 09:00 Europe/Nowhere", 13, "no time zone"),
        ("digest 09:00 ../../etc/passwd", 13, "no time zone"),
        ("digest 09:00 moon", 13, "no days"),
        ("digest 09:00 UTC mon-", 17, "no days"),
        ("digest 09:00 UTC mon and more", 21, "not expected here"),
    ],
)
def test_a_mistake_is_named_under_its_character(text: str, position: int, fault: str) -> None:
    whole = f"severity:sev1 {text}"
    expression, end = before_digest(whole)
    assert str(parse(expression)) == "severity:sev1"
    assert end is not None
    with pytest.raises(ExpressionError, match=fault) as found:
        read(whole[end:], end)
    assert found.value.position == 14 + position


def test_the_word_within_a_value_is_no_digest() -> None:
    for text in ('label:"digest 09:00"', "label:digest", "component:api"):
        assert before_digest(text) == (text, None)


def test_it_is_kept_with_its_subscription_and_does_not_change_its_id() -> None:
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    daily = Daily(9, 30, "Europe/Berlin", (0, 1, 2, 3, 4))
    made = Subscription("C1", "severity:sev1", "U1", at, daily)
    assert subscription_from(attributes(made)) == made
    assert made.id == Subscription("C1", "severity:sev1", "U2", at).id
    old = {name: value for name, value in attributes(made).items() if name != "daily"}
    assert subscription_from(old).daily is None, "one from before there were digests"
    gone = attributes(made) | {"daily": "09:30 Europe/Atlantis weekdays"}
    assert subscription_from(gone).daily is None, "a zone that is gone stops no other subscription"


def test_it_is_due_at_its_minute_on_its_days() -> None:
    subscription = Subscription(
        "C1", "severity:sev1", "U1", datetime(2026, 3, 2, tzinfo=UTC), read("09:30 UTC weekdays", 0)
    )
    route = route_of(subscription)
    monday = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert due(route, monday - timedelta(minutes=1), None) is None
    assert due(route, monday, None) == monday.date()
    assert due(route, monday + timedelta(hours=1), monday.date()) is None
    assert due(route, monday + timedelta(days=5), monday.date()) is None
    assert route.name == f"subscription/C1/{subscription.id}"
