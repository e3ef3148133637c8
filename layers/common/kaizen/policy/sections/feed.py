"""The feed's identity and its readers. Pure. Section [feed]."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from kaizen.policy import values
from kaizen.policy.named import good_name
from kaizen.policy.reader import Table, text

PLACEHOLDER = "kaizen.invalid"  # of the default policy: nobody owns it, so that no feed may go out under it


@dataclass(frozen=True, slots=True)
class FeedPolicy:
    """The feed's identity (`domain` and `date` make its permanent ids) and who may read it.

    `tokens` maps a reader's name to the SHA-256 of its token, in hex; none means that the feed is public.
    """

    title: str
    author: str
    domain: str
    date: str
    ttl_seconds: int
    tokens: Mapping[str, str] = field(default_factory=dict)


def read(file: Table) -> FeedPolicy:
    table = file.table("feed")
    tokens = table.table("tokens")
    names = [name for name in tokens.rest() if good_name(tokens, name)]
    feed = FeedPolicy(
        title=table.get("title", text(), "Kaizen tickets"),
        author=table.get("author", text(), "Kaizen Loop"),
        domain=table.need("domain", values.domain, ""),
        date=table.need("date", values.day, date.min).isoformat(),
        ttl_seconds=table.get("ttl", values.length, 900),
        tokens={name: tokens.get(name, values.digest, "") for name in names},
    )
    table.close()
    return feed
