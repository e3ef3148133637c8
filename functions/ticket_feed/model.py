"""The feed as data, the same for every format. Pure: the same events give the same feed, whenever it is asked for."""

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from kaizen.mttr import ALL, Window
from kaizen.policy import FeedPolicy
from kaizen.tickets import FeedItem
from ticket_feed.filters import Filters
from ticket_feed.text import one_line, uri
from ticket_feed.wording import content, mttr, title

MOST_ENTRIES = 100
MOST_READ = 1000  # events that a filter looks through: a rare one must not read all of history
_SECOND = 1_000_000
_STEPS = 60  # of a ticket within a second: two for each doubling of an event's age, up to 17 years


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. `published` is when it was first put in the feed, distinct within a feed; `html` is its content."""

    id: str
    title: str
    url: str
    html: str
    published: datetime
    categories: tuple[tuple[str, str], ...]  # (what kind, value)


@dataclass(frozen=True, slots=True)
class Feed:
    """`updated` and `changed` are of the newest entry; without entries, the policy's date and None."""

    id: str
    title: str
    subtitle: str
    author: str
    site: str
    address: str
    updated: datetime
    changed: datetime | None
    ttl_minutes: int
    entries: tuple[Entry, ...]

    def fingerprint(self, *more: str) -> str:
        """A hash of everything that is rendered: equal exactly when the feeds are."""
        return hashlib.sha256(repr((more, self)).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def select(items: Iterable[FeedItem], filters: Filters) -> list[FeedItem]:
    """The newest events that the filters admit; `items` run from the newest and are read no further than needed.

    Of two with one id (the reason of a close was changed later) the first published one stays: items are frozen.
    """
    found: dict[str, FeedItem] = {}
    for item in islice(items, MOST_READ):
        if filters.admits(item):
            found[item.id] = item
        if len(found) == MOST_ENTRIES:
            break
    return list(found.values())


def build(
    items: Iterable[FeedItem],
    filters: Filters,
    windows: Mapping[tuple[str, str], Window],
    policy: FeedPolicy,
    address: str,
) -> Feed:
    """The feed of the selected events, newest first; `address` is the URL that the reader uses."""
    tag = f"tag:{policy.domain},{policy.date}:"
    entries = tuple(_entries(items, tag))
    changed = entries[0].published if entries else None
    wanted = filters.query()
    return Feed(
        id=f"{tag}feed/events" + (f"?{wanted}" if wanted else ""),
        title=one_line(policy.title),
        subtitle=_subtitle(filters, windows),
        author=one_line(policy.author),
        site=f"https://{policy.domain}/",
        address=address,
        updated=changed or datetime.fromisoformat(policy.date).replace(tzinfo=UTC),
        changed=changed,
        ttl_minutes=max(policy.ttl_seconds // 60, 1),
        entries=entries,
    )


def _entries(items: Iterable[FeedItem], tag: str) -> Iterator[Entry]:
    for published, item in _distinct(items):
        yield Entry(
            id=uri(f"{tag}event/{item.id}"),
            title=title(item),
            url=uri(item.url),
            html=content(item),
            published=published,
            categories=(("component", item.component), ("severity", item.severity), ("event", item.kind)),
        )


def _distinct(items: Iterable[FeedItem]) -> list[tuple[datetime, FeedItem]]:
    """Each event with its own instant, newest first; events of one ticket in the order in which they happened.

    Events are stored by whole seconds, and validators want distinct ones. The fraction comes from the event itself, not
    from its neighbours, so that it stays the same under every filter and whatever is published later.
    """
    taken: set[datetime] = set()
    found = []
    for item in sorted(items, key=lambda item: (item.at, item.kind != "opened", item.id)):
        published = item.published_at.replace(microsecond=_fraction(item))
        while published in taken:  # once in 16,000 pairs of one second, and where a ticket changed twice at once
            published = published.replace(microsecond=(published.microsecond + 1) % _SECOND)
        taken.add(published)
        found.append((published, item))
    return sorted(found, key=lambda pair: pair[0], reverse=True)


def _fraction(item: FeedItem) -> int:
    """Microseconds: a place by the ticket's id, and within it a step by how long ago the event was, opening first."""
    ticket, _, _ = item.id.rpartition(f"/{item.kind}/")
    digest = hashlib.sha256(ticket.encode("utf-8", "backslashreplace")).digest()
    place = int.from_bytes(digest[:8]) % (_SECOND // _STEPS)
    age = max((item.published_at - item.at).total_seconds(), 0)
    step = _STEPS - 2 - 2 * min(round(math.log2(1 + age)), _STEPS // 2 - 1)
    return place * _STEPS + step + (item.kind != "opened")


def _subtitle(filters: Filters, windows: Mapping[tuple[str, str], Window]) -> str:
    """What the feed holds, and the MTTR of its group where one component or severity is asked for, else of all."""
    component = filters.component[0] if len(filters.component) == 1 else ALL
    severity = filters.severity[0] if len(filters.severity) == 1 else ALL
    asked = [f"{name}: {', '.join(getattr(filters, name))}" for name in ("component", "severity", "state")]
    wanted = "; ".join(each for each in asked if not each.endswith(": "))
    what = f"Tickets opened, closed and reopened ({wanted})." if wanted else "Tickets opened, closed and reopened."
    return " ".join(filter(None, (what, mttr(windows.get((component, severity))))))
