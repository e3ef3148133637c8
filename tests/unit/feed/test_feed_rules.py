"""The checks themselves find what they are there for."""

import pytest

from tests.unit.feed.rules import faults
from tests.unit.feed.samples import event, policy, windows
from ticket_feed.filters import Filters
from ticket_feed.model import build
from ticket_feed.render import Format, render

HERE = "https://feeds.example.org/feed"
BREAKS: list[tuple[Format, str, str]] = [
    ("atom", "<author><name>Kaizen Loop</name></author>", ""),
    ("atom", 'rel="self"', 'rel="via"'),
    ("atom", "2026-03-01T09:31:00", "2026-03-01 09:31:00"),
    ("atom", "/closed/", "/closed /"),
    ("atom", "case 2", "&lt;b>case 2&lt;/b>"),
    ("atom", "issues/2", "issues/%zz"),
    ("atom", '<content type="html">', '<content type="html">&lt;script>alert(1)&lt;/script>'),
    ("rss", "Sun, 01 Mar 2026", "Mon, 01 Mar 2026"),
    ("rss", 'isPermaLink="false"', ""),
    ("rss", "<dc:creator>Kaizen Loop</dc:creator>", "<author>Kaizen Loop</author>"),
    ("rss", "<ttl>15</ttl>", "<ttl>0</ttl>"),
    ("rss", "<link>https://kaizen.invalid/</link>", "<link>kaizen</link>"),
    ("rss", "https://feeds.example.org/feed", "https://elsewhere.example.org/feed"),
    ("rss", "2900001001/opened", "2900001002/closed"),
]


def feed(form: Format) -> str:
    # The same instant in the id of both events, so that one replacement can make two guids equal.
    events = [event(2, "closed", id="1/2900001002/closed/1"), event(1, id="1/2900001001/opened/1")]
    made = build(events, Filters(), windows(), policy().feed, HERE)
    return render(made, form).decode()


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_a_good_feed_has_no_fault(form: Format) -> None:
    assert faults(feed(form).encode(), form, HERE) == []


@pytest.mark.parametrize(("form", "good", "bad"), BREAKS)
def test_each_break_is_found(form: Format, good: str, bad: str) -> None:
    assert good in feed(form)
    assert faults(feed(form).replace(good, bad).encode(), form, HERE)
