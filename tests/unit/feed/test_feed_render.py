"""RSS and Atom that validators and readers accept, byte for byte the same each time."""

import html
import os
import subprocess
import sys
from calendar import timegm
from pathlib import Path
from typing import Any, get_args

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.tickets import FeedItem, FeedKind
from tests.unit.feed.rules import faults
from tests.unit.feed.samples import event, policy, windows
from ticket_feed.filters import Filters
from ticket_feed.model import build
from ticket_feed.render import REVISION, Format, render
from ticket_feed.text import one_line

HERE = "https://feeds.example.org/feed?component=api&token=t%26x"
GOLDEN = Path(__file__).parent / "golden"
FORMATS: tuple[Format, ...] = get_args(Format)
KINDS: tuple[FeedKind, ...] = get_args(FeedKind)
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)
HOSTILE = [
    "control \x00\x01\x08\x0b\x1b\x7f\x85 characters",
    "noncharacters \ufffe \uffff \ufdd0 \U0010ffff",
    "half pairs \ud83d and \udc00",
    "end ]]> of <![CDATA[ sections ]]>",
    "<script>alert(1)</script> & &amp; &lt;b&gt; &#60; &nbsp;",
    "<!channel> <@U123> <https://evil.example|click>",
    "\u202egnp.exe\u202c \u05e9\u05dc\u05d5\u05dd \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u2067x",
    "👩‍👩‍👧" * 10_000,
    "🔥" * 10_000,
    "a\u0301" * 5_000,
    "'\"><img src=x onerror=alert(1)>",
    "%s %n {0} ${x} \\u0000",
    "",
    "\u200b",
]


def feed(items: list[FeedItem], form: Format) -> bytes:
    return render(build(items, Filters(), windows(), policy().feed, HERE), form)


def read(content: bytes) -> Any:
    parsed = feedparser.parse(content)
    assert not parsed.bozo, parsed.bozo_exception
    return parsed


@pytest.mark.parametrize("form", FORMATS)
def test_every_kind_of_event(form: Format) -> None:
    items = [event(number, kind) for number, kind in enumerate(KINDS, 1)]
    content = feed(items, form)
    assert faults(content, form, HERE) == []
    parsed = read(content)
    assert [entry.title.partition(":")[0] for entry in parsed.entries] == [kind.capitalize() for kind in KINDS[::-1]]
    newest = parsed.entries[0]
    assert newest.id == "tag:kaizen.invalid,2026-01-01:event/700001/2900001005/deleted/1772357700"
    assert form == "atom" or not newest.guidislink
    assert newest.link == "https://github.com/example-org/shop/issues/5"
    assert timegm(newest.published_parsed) == int(items[-1].published_at.timestamp())
    assert {tag.term for tag in newest.tags} == {"api", "sev1", "deleted"}
    assert parsed.feed.title == "Kaizen tickets"
    assert "mean 2h, median 2h, p90 2h 48m" in parsed.feed.subtitle
    assert parsed.feed.author == "Kaizen Loop" if form == "atom" else newest.author == "Kaizen Loop"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("title", HOSTILE, ids=lambda title: repr(title[:16]))
def test_hostile_titles(title: str, form: Format) -> None:
    content = feed([event(1, title=title, repository=title[:50] or "o/r"), event(2)], form)
    assert faults(content, form, HERE) == []
    assert len(read(content).entries) == 2
    assert len(content) < 20_000


@given(st.lists(st.tuples(ANYTHING, ANYTHING, st.sampled_from(KINDS)), max_size=4))
def test_any_text_gives_valid_feeds(texts: list[tuple[str, str, FeedKind]]) -> None:
    items = [
        event(number, kind, title=title, url=f"https://example.org/{path}")
        for number, (title, path, kind) in enumerate(texts, 1)
    ]
    for form in FORMATS:
        content = feed(items, form)
        assert faults(content, form, HERE) == []
        entries = read(content).entries
        for (title, _, _), entry in zip(texts[::-1], entries, strict=True):
            if title.isascii() and one_line(title):  # readers drop or fold some characters beyond
                assert one_line(title) in html.unescape(entry.summary)
                assert one_line(title) in entry.title.replace("\u200b", "")


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_feed(form: Format) -> None:
    content = feed([], form)
    assert faults(content, form, HERE) == []
    assert b"lastBuildDate" not in content
    assert read(content).entries == []


@pytest.mark.parametrize("form", FORMATS)
def test_two_renderings_are_the_same_bytes(form: Format) -> None:
    items = [event(number, KINDS[number % 5]) for number in range(1, 101)]
    assert feed(items, form) == feed(items[::-1], form)


@pytest.mark.parametrize("form", FORMATS)
def test_the_revision_stands_for_the_bytes(form: Format) -> None:
    """The entity tag is made from the model and REVISION, so other bytes need another revision.

    After a change that is meant, raise REVISION, and keep the new bytes as golden/<revision>.<format>.
    """
    items = [event(number, kind) for number, kind in enumerate(KINDS, 1)]
    assert feed([*items, event(6, title=HOSTILE[4])], form) == (GOLDEN / f"{REVISION}.{form}").read_bytes()


def test_nothing_heavy_is_imported_before_the_first_rendering() -> None:
    probe = "import sys, ticket_feed.handler; print([name for name in ('lxml', 'feedgen') if name in sys.modules])"
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", probe], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
