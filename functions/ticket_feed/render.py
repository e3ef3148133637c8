"""A feed as RSS 2.0 or Atom bytes; the same feed always gives the same bytes.

feedgen and lxml are imported by the first rendering: most requests end in a 304 and need neither.
"""

import re
from typing import TYPE_CHECKING, Literal

from ticket_feed.model import Feed

if TYPE_CHECKING:
    from feedgen.feed import FeedGenerator

Format = Literal["rss", "atom"]
CONTENT_TYPES: dict[Format, str] = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
}
# Part of the entity tag, which is made from the model: raise it whenever the same model gives other bytes.
REVISION = "2"
_GENERATOR = "Kaizen Loop"


def render(feed: Feed, form: Format) -> bytes:
    generator = _generator(feed, form)
    if form == "atom":
        return bytes(generator.atom_str())
    content = bytes(generator.rss_str())
    return content if feed.entries else _without_build_date(content)


def _generator(feed: Feed, form: Format) -> "FeedGenerator":
    from feedgen.feed import FeedGenerator

    made = FeedGenerator()
    made.load_extension("dc", atom=False)
    made.id(feed.id)
    made.title(feed.title)
    made.subtitle(feed.subtitle)
    made.description(feed.subtitle)
    made.author(name=feed.author)
    made.language("en")
    made.generator(_GENERATOR)
    made.ttl(feed.ttl_minutes)
    made.updated(feed.updated)  # feedgen's default is the clock: another feed at every request
    made.link(href=feed.address, rel="self", type=CONTENT_TYPES[form].partition(";")[0])
    made.link(href=feed.site, rel="alternate", type="text/html")  # the last link becomes RSS's own
    scheme = feed.id.partition(":feed/")[0]
    for each in feed.entries:
        entry = made.add_entry(order="append")
        entry.id(each.id)  # and guid, which feedgen marks as no permalink
        entry.title(each.title)
        entry.link(href=each.url, rel="alternate", type="text/html")
        entry.content(each.html, type="html")
        entry.published(each.published)
        entry.updated(each.published)
        entry.dc.dc_creator(feed.author)  # RSS's own author must be an e-mail address
        entry.category([{"term": value, "scheme": f"{scheme}:{kind}"} for kind, value in each.categories])
    return made


def _without_build_date(content: bytes) -> bytes:
    """An empty feed was never built; feedgen cannot leave the date out. In text, the tag's `<` would be escaped."""
    return re.sub(rb"<lastBuildDate>[^<]*</lastBuildDate>", b"", content)
