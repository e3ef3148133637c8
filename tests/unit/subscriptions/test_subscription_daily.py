"""`digest 09:00 Europe/Berlin weekdays` behind an expression: read, refused under its character, and when it is due."""

from datetime import UTC, datetime, timedelta

import pytest

from kaizen.subscriptions.daily import Daily, read
from kaizen.subscriptions.expression import ExpressionError, before_digest, parse
from kaizen.subscriptions.model import Subscription, attributes, subscription_from
from tests.unit.digest.samples import ticket
from ticket_digest.due import due
from ticket_digest.subscribed import route_of, wanted

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


@pytest.mark.parametrize("daily", ["23:55 UTC daily", "23:48 UTC weekdays", "00:01 Europe/Berlin daily", "09:00 UTC"])
@pytest.mark.parametrize("offset", range(0, 15, 4))
def test_a_digest_at_any_minute_comes_once_on_each_of_its_days(daily: str, offset: int) -> None:
    """However the schedule lies: also where its next run is after midnight, and on a day without a digest."""
    made = Subscription("C1", "severity:sev1", "U1", datetime(2026, 3, 2, 12, tzinfo=UTC), read(daily, 0))
    route, last, posted = route_of(made), None, []
    for run in range(14 * 96):
        now = made.created_at + timedelta(minutes=offset + 15 * run)
        day = due(route, now, last, made.created_at)
        if day is not None:
            posted.append(day)
            last = day
    assert made.daily is not None
    days = [made.created_at.date() + timedelta(days=each) for each in range(15)]
    wanted = [each for each in days if each.weekday() in made.daily.days]
    assert posted == [each for each in wanted if each in posted], "in order, each once"
    assert set(wanted[1:-2]) <= set(posted), "and none is left out"


def test_what_was_due_before_it_was_made_is_not_missed() -> None:
    made = Subscription("C1", "severity:sev1", "U1", datetime(2026, 3, 2, 14, 59, tzinfo=UTC), read("09:00", 0))
    at = made.created_at + timedelta(minutes=1)
    assert due(route_of(made), at, None, made.created_at) is None
    assert due(route_of(made), at + timedelta(hours=18), None, made.created_at) is not None


@pytest.mark.parametrize(
    ("text", "breached", "listed"),
    [
        ("event:opened and severity:sev1", False, True),
        ("event:reopened or event:labeled", False, True),
        ("event:breached", False, False),
        ("event:breached", True, True),
        ("not event:closed", False, True),
        ("event:closed", True, False),
        ("event:opened and component:web", True, False),
    ],
)
def test_events_leave_no_open_ticket_out_of_a_digest_but_a_breach(text: str, breached: bool, listed: bool) -> None:
    made = Subscription("C1", text, "U1", datetime(2026, 3, 2, tzinfo=UTC), read("09:00", 0))
    about = ticket(1, component="api", severity="sev1", labels=("component:api", "sev1"))
    assert wanted(made, about, breached=breached) is listed
