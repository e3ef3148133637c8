"""Tickets that are told of through an Incoming Webhook, where there is no bot. Pure. Section [[cards]]."""

from collections.abc import Iterator
from dataclasses import dataclass

from kaizen.policy import values
from kaizen.policy.named import same_names
from kaizen.policy.reader import Table
from kaizen.subscriptions.expression import Expression, ExpressionError, parse


@dataclass(frozen=True, slots=True)
class PlainPosts:
    """`webhook_parameter` is an SSM SecureString with the address of an Incoming Webhook; `tickets` says which."""

    name: str
    webhook_parameter: str
    tickets: Expression

    @property
    def channel(self) -> None:
        """None: the webhook alone knows where it leads. See kaizen.slack.destination."""


def read(file: Table) -> tuple[PlainPosts, ...]:
    found = [_posts(each) for each in file.tables("cards")]
    return tuple(each for each in found if each is not None)


def contradictions(cards: tuple[PlainPosts, ...]) -> Iterator[str]:
    yield from same_names("cards", [each.name for each in cards])


def _posts(table: Table) -> PlainPosts | None:
    name = table.need("name", values.name, table.entry)
    webhook = table.need("webhook_parameter", values.address, None)
    tickets = table.need("tickets", _expression, None)
    table.close()
    return PlainPosts(name, webhook, tickets) if webhook is not None and tickets is not None else None


def _expression(given: object) -> Expression:
    if not isinstance(given, str):
        raise ValueError("must be text, such as 'severity:sev1 and component:api'")
    try:
        return parse(given)
    except ExpressionError as error:
        raise ValueError(f"{error}, at character {error.position + 1}") from error
