"""What the W3C feed validator calls an error or an avoidable warning, for the parts of a feed that we write.

After RFC 4287 (Atom), the RSS 2.0 specification with its best practices profile, RFC 4151 (tag URIs), and the
validator's own list of warnings.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC_822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
TAG_URI = re.compile(r"tag:[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]+")
URI = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
HTML = re.compile(r"<[/!?]?[A-Za-z]|&(#\d+|#x[0-9A-Fa-f]+|[A-Za-z]\w*);")
SCRIPT = re.compile(r"<\s*(script|iframe|object|embed|style)|\son\w+\s*=|javascript:", re.IGNORECASE)
CHANNEL = {
    "title", "link", "description", "docs", "generator", "language", "lastBuildDate", "ttl", "item", f"{ATOM}link",
}  # fmt: skip
ITEM = {"title", "link", "description", "guid", "category", "pubDate", f"{DC}creator"}
ATOM_FEED = {"id", "title", "updated", "author", "link", "generator", "subtitle", "entry"}
ATOM_ENTRY = {"id", "title", "updated", "published", "content", "link", "category"}


def faults(content: bytes, form: str, location: str) -> list[str]:
    """Every fault of a feed that was fetched from `location`."""
    root = ElementTree.fromstring(content)  # raises for anything that is not well-formed
    found = _rss(root, location) if form == "rss" else _atom(root, location)
    head = content[:60].lower()
    return [*found] + ([] if b"encoding='utf-8'" in head else ["no UTF-8 declaration"])


def _once(parent: ElementTree.Element, *names: str) -> Iterator[str]:
    for name in names:
        found = parent.findall(name)
        if len(found) != 1 or not (found[0].text or "").strip():
            yield f"{parent.tag}: {name} is there {len(found)} times, or empty"


def _known(parent: ElementTree.Element, names: set[str]) -> Iterator[str]:
    yield from (f"{parent.tag}: unknown {child.tag}" for child in parent if child.tag not in names)


def _text(parent: ElementTree.Element, name: str) -> str:
    return parent.findtext(name) or ""


def _titles(texts: list[str]) -> Iterator[str]:
    yield from (f"HTML in the title {text!r}" for text in texts if HTML.search(text))


def _duplicates(what: str, values: list[str]) -> Iterator[str]:
    yield from (f"{what} {value!r} twice" for value, times in Counter(values).items() if times > 1)


def _web(address: str | None) -> Iterator[str]:
    if not address or not URI.fullmatch(address) or not urlsplit(address).hostname:
        yield f"{address!r} is no web address"
    elif re.search(r"%(?![0-9A-Fa-f]{2})", address):
        yield f"{address!r} has a bare %"


def _atom(root: ElementTree.Element, location: str) -> Iterator[str]:
    if root.tag != f"{ATOM}feed" or not re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", root.get(LANG, "")):
        yield f"root {root.tag} in {root.get(LANG)}"
    yield from _known(root, {ATOM + name for name in ATOM_FEED})
    yield from _once(root, *(ATOM + name for name in ("id", "title", "updated", "subtitle")))
    if not _text(root, f"{ATOM}author/{ATOM}name"):
        yield "no author"
    links = {link.get("rel"): link for link in root.findall(f"{ATOM}link")}
    if len(links) != len(root.findall(f"{ATOM}link")) or set(links) != {"self", "alternate"}:
        yield f"links {sorted(map(str, links))}"
    own = links.get("self", root)
    if (own.get("href"), own.get("type")) != (location, "application/atom+xml"):
        yield f"self {own.attrib}"
    for link in links.values():
        yield from _web(link.get("href"))
    entries = root.findall(f"{ATOM}entry")
    stamps = [_text(each, f"{ATOM}updated") for each in (root, *entries)]
    yield from (f"{stamp!r} is no instant" for stamp in stamps if not RFC_3339.fullmatch(stamp))
    yield from _duplicates("updated", stamps[1:])
    if entries and datetime.fromisoformat(stamps[0]) < max(map(datetime.fromisoformat, stamps[1:])):
        yield "the feed is older than an entry"
    ids = [_text(each, f"{ATOM}id") for each in (root, *entries)]
    yield from (f"{each!r} is no tag URI" for each in ids if not TAG_URI.fullmatch(each))
    yield from _duplicates("id", ids)
    yield from _titles([_text(each, f"{ATOM}title") for each in (root, *entries)])
    for entry in entries:
        yield from _known(entry, {ATOM + name for name in ATOM_ENTRY})
        yield from _once(entry, *(ATOM + name for name in ("id", "title", "updated", "published", "content")))
        (content,) = entry.findall(f"{ATOM}content")
        if content.get("type") != "html" or SCRIPT.search(re.sub(r"&lt;.*?&gt;", "", content.text or "")):
            yield f"content {content.text!r}"
        (link,) = entry.findall(f"{ATOM}link")
        yield from _web(link.get("href"))
        if link.get("rel", "alternate") != "alternate":
            yield "no alternate link"
        yield from (f"category {each.attrib}" for each in entry.findall(f"{ATOM}category") if not each.get("term"))


def _rss(root: ElementTree.Element, location: str) -> Iterator[str]:
    if root.tag != "rss" or root.get("version") != "2.0" or len(root) != 1:
        yield f"root {root.tag} {root.attrib}"
    channel = root[0]
    yield from _known(channel, CHANNEL)
    yield from _once(channel, "title", "link", "description", "language", "ttl")
    yield from _web(_text(channel, "link"))
    if not re.fullmatch(r"[1-9]\d*", _text(channel, "ttl")):
        yield f"ttl {_text(channel, 'ttl')}"
    links = channel.findall(f"{ATOM}link")
    if [(each.get("rel"), each.get("href"), each.get("type")) for each in links] != [
        ("self", location, "application/rss+xml")
    ]:
        yield f"self {[each.attrib for each in links]}"
    items = channel.findall("item")
    if bool(items) != (len(channel.findall("lastBuildDate")) == 1):
        yield "lastBuildDate"
    dates = [_text(each, "pubDate") for each in items] + [_text(channel, "lastBuildDate")] * bool(items)
    for text in dates:
        if not RFC_822.fullmatch(text) or f"{parsedate_to_datetime(text):%a}" != text[:3]:
            yield f"date {text!r}"
    yield from _duplicates("guid", [_text(each, "guid") for each in items])
    yield from _titles([_text(each, "title") for each in (channel, *items)])
    for item in items:
        yield from _known(item, ITEM)
        yield from _once(item, "title", "link", "description", "guid", "pubDate", f"{DC}creator")
        yield from _web(_text(item, "link"))
        guid = item.find("guid")
        if guid is None or guid.get("isPermaLink") != "false" or not TAG_URI.fullmatch(guid.text or ""):
            yield f"guid {guid.attrib if guid is not None else None}"
        if SCRIPT.search(re.sub(r"&lt;.*?&gt;", "", _text(item, "description"))):
            yield "script"
