"""A subscription with a digest as a route, so that all else is as for the policy's own. Pure."""

from kaizen.policy import Route
from kaizen.subscriptions.expression import Subject
from kaizen.subscriptions.model import Subscription
from kaizen.tickets import Ticket


def route_of(subscription: Subscription) -> Route:
    """Only of one that has a digest. Its name begins as no route of the policy can."""
    daily = subscription.daily
    assert daily is not None
    return Route(
        name=f"subscription/{subscription.channel}/{subscription.id}",
        channel=subscription.channel,
        webhook_parameter=None,
        zone=daily.zone,
        digest_hour=daily.hour,
        digest_minute=daily.minute,
        quiet_days=tuple(day for day in range(7) if day not in daily.days),
        components=(),
        severities=(),
        empty_digest=False,
    )


def subject_of(ticket: Ticket) -> Subject:
    """A ticket as it stands, nothing having just happened to it."""
    return Subject.of(ticket.labels, ticket.component, ticket.severity, ticket.repository, "changed")
