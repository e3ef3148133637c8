"""Which deliveries are asked for again: the table's conditions, and what holds of every list of attempts."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.policy.document import PolicyError, parse
from kaizen.policy.store import DEFAULT_FILE
from webhook_sweep.deliveries import Attempt, plan
from webhook_sweep.request import RequestError, Wanted, read_event

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
USED = ("issues", "deployment_status")


def attempt(minutes: float, status: int = 0, guid: str = "g", event: str = "issues", number: int = 1) -> Attempt:
    """So many minutes ago."""
    return Attempt(number, guid, NOW - timedelta(minutes=minutes), event, status)


@pytest.mark.parametrize(
    ("attempts", "again"),
    [
        ([attempt(9)], False),
        ([attempt(10)], True),
        ([attempt(10, 429)], True),
        ([attempt(10, 202)], False),
        ([attempt(10, event="star")], False),
        ([attempt(300, 202), attempt(100, 500)], False),
        ([attempt(60), attempt(39, 503)], False),
        ([attempt(60), attempt(40, 503)], True),
        ([attempt(400), attempt(300), attempt(159)], False),
        ([attempt(400), attempt(300), attempt(160)], True),
        ([attempt(71 * 60)], True),
        ([attempt(71 * 60 + 1)], False),
    ],
)
def test_the_table(attempts: list[Attempt], again: bool) -> None:
    found = plan(attempts, USED, NOW)
    assert bool(found.again) is again
    assert found.lost == (("g",) if attempts[0].at < NOW - timedelta(hours=71) else ())
    assert found.looked_at == len(attempts)


def test_the_last_attempt_is_repeated_and_the_oldest_goes_first() -> None:
    tried = [attempt(90, guid="a", number=1), attempt(200, guid="b", number=2), attempt(50, guid="a", number=3)]
    assert [each.id for each in plan(tried, USED, NOW).again] == [2, 3]


attempts = st.lists(
    st.builds(
        attempt,
        st.floats(0, 72 * 60),
        st.sampled_from([0, 200, 202, 400, 401, 429, 500, 503]),
        st.sampled_from("abcd"),
        st.sampled_from([*USED, "star"]),
        st.integers(1, 10**9),
    ),
    max_size=30,
    unique_by=lambda each: each.id,
)


@given(attempts)
def test_what_arrived_is_never_asked_for_and_nothing_is_both_lost_and_asked_for(tried: list[Attempt]) -> None:
    found = plan(tried, USED, NOW)
    used = [each for each in tried if each.event in USED]
    arrived = {each.guid for each in used if 200 <= each.status < 300}
    again = {each.guid for each in found.again}
    assert not again & arrived
    assert not again & set(found.lost)
    assert set(found.lost) <= {each.guid for each in used} - arrived
    assert plan(reversed(tried), USED, NOW) == found


@given(st.floats(0, 60))
def test_what_never_arrives_is_asked_for_a_few_times_and_then_called_lost(first: float) -> None:
    """An hourly run for three days, and a hook that answers nothing."""
    numbers, now = count(1), NOW
    tried = [Attempt(next(numbers), "g", NOW - timedelta(minutes=first), "issues", 0)]
    for _ in range(73):
        for each in plan(tried, USED, now).again:
            tried.append(Attempt(next(numbers), each.guid, now, "issues", 503))
        now += timedelta(hours=1)
    assert 4 <= len(tried) <= 6
    assert plan(tried, USED, now).lost == ("g",)


@pytest.mark.parametrize(
    "event",
    [{}, {"do": "all"}, {"do": "issues", "dry_run": "yes"}, {"do": "issues", "since": "2026-01-01"}, {"detail": "{}"}],
)
def test_an_event_that_asks_for_nothing_says_what_may_be_asked(event: dict[str, object]) -> None:
    with pytest.raises(RequestError, match='"do": "deliveries"'):
        read_event(event)


def test_an_event_is_read() -> None:
    assert read_event({"do": "issues", "dry_run": True}) == Wanted("issues", dry_run=True)
    assert read_event({"do": "deliveries"}) == Wanted("deliveries")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('hooks = ["repos/acme/shop"]', "sweep.hooks: its item 1 is not a hook"),
        ('hooks = ["app", "orgs/acme/hooks/x"]', "sweep.hooks: its item 2 is not a hook"),
        ('hooks = ["repos/acme/../hooks/1"]', "sweep.hooks: its item 1 is not a hook"),
        ('repositories = ["acme"]', "sweep.repositories: its item 1 is not a repository"),
        ('dry_run = "no"', "sweep.dry_run: is neither true nor false"),
        ("hook = []", "sweep.hook: there is no such key"),
    ],
)
def test_a_wrong_policy_is_named(text: str, fault: str) -> None:
    with pytest.raises(PolicyError) as found:
        parse(f"{DEFAULT_FILE.read_text(encoding='utf-8')}\n[sweep]\n{text}\n")
    assert any(fault in each for each in found.value.problems), found.value.problems


def test_the_policy_is_read() -> None:
    text = '[sweep]\nhooks = ["app", "repos/acme/my.shop/hooks/12"]\nrepositories = ["acme/my.shop"]\ndry_run = true\n'
    read = parse(f"{DEFAULT_FILE.read_text(encoding='utf-8')}\n{text}").sweep
    assert (len(read.hooks), read.repositories, read.dry_run) == (2, ("acme/my.shop",), True)
    assert parse(DEFAULT_FILE.read_text(encoding="utf-8")).sweep.hooks == ()
