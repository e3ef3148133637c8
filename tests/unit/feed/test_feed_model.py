"""The feed as data: bounded, ordered, frozen, with permanent ids."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.tickets import FeedItem, FeedKind
from tests.unit.feed.samples import START, event, policy, windows
from ticket_feed.filters import Filters
from ticket_feed.model import MOST_ENTRIES, MOST_READ, Feed, build, select

POLICY = policy().feed
HERE = "https://feeds.example.org/feed.atom"
KINDS: tuple[FeedKind, ...] = ("opened", "closed", "reopened", "transferred", "deleted")


def feed(items: list[FeedItem], filters: Filters | None = None) -> Feed:
    return build(items, filters or Filters(), windows(), POLICY, HERE)


def burst(count: int) -> list[FeedItem]:
    """Events that were all published in the same second."""
    return [event(number, KINDS[number % 5], published_at=START) for number in range(1, count + 1)]


class Reads:
    """Events from the newest, counting how many were taken."""

    def __init__(self, items: list[FeedItem]) -> None:
        self._items = items
        self.taken = 0

    def __iter__(self) -> Iterator[FeedItem]:
        for item in self._items:
            self.taken += 1
            yield item


def test_no_more_events_are_read_than_shown() -> None:
    reads = Reads([event(number) for number in range(5000, 0, -1)])
    assert [item.number for item in select(reads, Filters())] == list(range(5000, 5000 - MOST_ENTRIES, -1))
    assert reads.taken == MOST_ENTRIES


def test_a_rare_filter_reads_a_bounded_number() -> None:
    reads = Reads([event(number, component="web" if number % 500 == 0 else "api") for number in range(5000, 0, -1)])
    assert [item.number for item in select(reads, Filters(component=("web",)))] == [5000, 4500]
    assert reads.taken == MOST_READ


def test_of_two_with_one_id_the_first_published_stays() -> None:
    first = event(1, "closed", resolution="completed")
    again = replace(first, resolution="duplicate", published_at=first.published_at + timedelta(hours=1))
    assert select([again, first], Filters()) == [first]


def test_newest_first() -> None:
    entries = feed([event(1), event(3), event(2)]).entries
    assert [entry.url[-1] for entry in entries] == ["3", "2", "1"]


def test_each_event_has_its_own_instant() -> None:
    entries = feed(burst(3000)).entries  # enough for some fractions to meet
    assert len({entry.published for entry in entries}) == 3000
    assert all(one.published > other.published for one, other in pairwise(entries))
    assert {entry.published.replace(microsecond=0) for entry in entries} == {START}


@given(st.lists(st.integers(0, 400 * 86400), min_size=2, max_size=6, unique=True), st.integers(1, 50))
def test_what_happened_to_a_ticket_stands_in_its_order(ages: list[int], number: int) -> None:
    """However much of it is published in one second, as after an outage or when a history is replayed."""
    kinds: list[FeedKind] = ["opened", "closed", "reopened", "closed", "reopened", "closed"]
    happened = [START - timedelta(seconds=age) for age in sorted(ages, reverse=True)]
    items = [
        replace(event(number, kind), id=f"700001/{number}/{kind}/{int(at.timestamp())}", at=at, published_at=START)
        for kind, at in zip(kinds, happened, strict=False)
    ]
    entries = feed(items[::-1]).entries
    assert [entry.id for entry in entries] == [f"tag:kaizen.invalid,2026-01-01:event/{item.id}" for item in items[::-1]]


def test_what_is_closed_in_the_second_in_which_it_was_opened_is_closed_after_that() -> None:
    kinds: tuple[FeedKind, ...] = ("closed", "opened")
    items = [event(number, kind, at=START, published_at=START) for number in range(40) for kind in kinds]
    entries = [entry.id.split("/")[2:4] for entry in feed(items).entries]
    assert len(entries) == 80
    for ticket, kind in entries:
        assert kind == "opened" or entries.index([ticket, "closed"]) < entries.index([ticket, "opened"])


def test_the_order_of_reading_does_not_matter() -> None:
    items = burst(300)
    shuffled = items[:]
    Random(1).shuffle(shuffled)
    assert feed(shuffled) == feed(items)


def test_entries_are_frozen() -> None:
    """What is published later, and what a filter leaves out, changes no entry."""
    before = feed(burst(60)).entries
    after = {entry.id: entry for entry in feed(burst(90)).entries}
    assert all(after[entry.id] == entry for entry in before)
    some = [item for item in burst(60) if item.kind == "closed"]
    assert set(feed(some, Filters(state=("closed",))).entries) <= set(before)


def test_ids_are_permanent() -> None:
    """Neither a new title nor a new repository name nor another policy title makes another id."""
    item = event(1)
    renamed = replace(item, title="Other", repository="new-org/new-name", url="https://github.com/new-org/new-name/1")
    (entry,) = feed([item]).entries
    (again,) = feed([renamed]).entries
    assert entry.id == again.id == "tag:kaizen.invalid,2026-01-01:event/700001/2900001001/opened/1772357460"


def test_each_filter_is_a_feed_of_its_own() -> None:
    assert feed([]).id == "tag:kaizen.invalid,2026-01-01:feed/events"
    narrow = feed([], Filters(component=("api",), state=("open",)))
    assert narrow.id == "tag:kaizen.invalid,2026-01-01:feed/events?component=api&state=open"


def test_the_feeds_date_is_its_newest_entrys() -> None:
    made = feed([event(1), event(2)])
    assert made.updated == made.changed == made.entries[0].published


def test_an_empty_feed_is_as_old_as_its_name() -> None:
    made = feed([])
    assert (made.updated, made.changed, made.entries) == (datetime(2026, 1, 1, tzinfo=UTC), None, ())


@pytest.mark.parametrize(
    ("filters", "subtitle"),
    [
        (
            Filters(),
            "Tickets opened, closed and reopened. MTTR of all tickets over the last 30 days: "
            "mean 2h, median 2h, p90 2h 48m (n = 3, few samples).",
        ),
        (
            Filters(component=("api",), state=("closed", "open")),
            "Tickets opened, closed and reopened (component: api; state: closed, open). "
            "MTTR of api over the last 30 days: mean 1h, median 1h, p90 1h (n = 7).",
        ),
        (
            Filters(component=("api",), severity=("sev1",)),
            "Tickets opened, closed and reopened (component: api; severity: sev1). "
            "MTTR of api sev1: no ticket resolved in the last 30 days.",
        ),
        (Filters(component=("web",)), "Tickets opened, closed and reopened (component: web)."),
        (
            Filters(component=("api", "web")),
            "Tickets opened, closed and reopened (component: api, web). MTTR of all tickets over the last 30 days: "
            "mean 2h, median 2h, p90 2h 48m (n = 3, few samples).",
        ),
    ],
)
def test_the_subtitle_holds_the_mttr_of_the_group(filters: Filters, subtitle: str) -> None:
    assert feed([], filters).subtitle == subtitle


def test_the_fingerprint_follows_the_content() -> None:
    items = [event(1), event(2)]
    same = feed(items).fingerprint("atom", "1")
    assert same == feed(items[::-1]).fingerprint("atom", "1")
    others = [
        feed(items).fingerprint("rss", "1"),
        feed(items).fingerprint("atom", "2"),
        feed(items[:1]).fingerprint("atom", "1"),
        feed([items[0], replace(items[1], severity="sev2")]).fingerprint("atom", "1"),
        build(items, Filters(), {}, POLICY, HERE).fingerprint("atom", "1"),
        build(items, Filters(), windows(), POLICY, f"{HERE}?token=x").fingerprint("atom", "1"),
        build(items, Filters(), windows(), replace(POLICY, title="Other"), HERE).fingerprint("atom", "1"),
        build(items, Filters(), windows(), replace(POLICY, ttl_seconds=60), HERE).fingerprint("atom", "1"),
    ]
    assert len({same, *others}) == len(others) + 1
