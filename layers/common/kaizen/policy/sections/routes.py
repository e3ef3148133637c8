"""Where digests go, and when. Pure. Section [[routes]]."""

from collections.abc import Iterator
from dataclasses import dataclass

from kaizen.policy import values
from kaizen.policy.named import same_names
from kaizen.policy.reader import Table, boolean, integer, many, one_of, text
from kaizen.policy.sections.tickets import WEEKDAYS, TicketRules


@dataclass(frozen=True, slots=True)
class Route:
    """Where one digest goes, and when: `digest_hour` is local time in `zone`, `quiet_days` count from 0 = Monday.

    Exactly one of `channel` (posted with the bot token) and `webhook_parameter` (an SSM SecureString with the
    address of an Incoming Webhook) is set. Empty `components` or `severities` mean all.
    """

    name: str
    channel: str | None
    webhook_parameter: str | None
    zone: str
    digest_hour: int
    quiet_days: tuple[int, ...]
    components: tuple[str, ...]
    severities: tuple[str, ...]
    empty_digest: bool
    digest_minute: int = 0  # of subscriptions alone


def read(file: Table) -> tuple[Route, ...]:
    return tuple(_route(each) for each in file.tables("routes"))


def contradictions(routes: tuple[Route, ...], tickets: TicketRules) -> Iterator[str]:
    """Names that two routes have, and components and severities that there are not."""
    yield from same_names("routes", [route.name for route in routes])
    for route in routes:
        for kind, wanted, known in (
            ("component", route.components, tickets.component_names),
            ("severity", route.severities, tickets.severity_names),
        ):
            yield from (f"routes.{route.name}: there is no {kind} {each!r}" for each in wanted if each not in known)


def _route(table: Table) -> Route:
    quiet_days: tuple[str, ...] = table.get("quiet_days", many(one_of(WEEKDAYS)), ())
    route = Route(
        name=table.need("name", values.name, table.entry),
        channel=table.get("channel", values.channel, None),
        webhook_parameter=table.get("webhook_parameter", values.address, None),
        zone=table.get("zone", values.zone, "UTC"),
        digest_hour=table.get("digest_hour", integer(0, 23), 9),
        quiet_days=tuple(sorted({WEEKDAYS.index(day) for day in quiet_days})),
        components=table.get("components", many(text()), ()),
        severities=table.get("severities", many(text()), ()),
        empty_digest=table.get("empty_digest", boolean, True),
    )
    if table.has("channel") == table.has("webhook_parameter"):
        table.fault("needs exactly one of channel and webhook_parameter")
    if len(route.quiet_days) == len(WEEKDAYS):
        table.fault("leaves no day for a digest", "quiet_days")
    table.close()
    return route
