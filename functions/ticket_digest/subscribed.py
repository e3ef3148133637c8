"""A subscription with a digest as a route, so that all else is as for the policy's own. Pure."""

from kaizen.policy import Route
from kaizen.subscriptions.expression import EVENTS, Subject
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


def wanted(subscription: Subscription, ticket: Ticket, *, breached: bool) -> bool:
    """Whether an open ticket belongs into its digest: whether it is wanted at any event that may befall it.

    Nothing has just happened to it: `event:opened` leaves none out, `event:breached` only those that are in time.
    """
    events = [each for each in EVENTS if each != "closed" and (breached or each != "breached")]
    about = ticket.labels, ticket.component, ticket.severity, ticket.repository
    named = [each for each in events if each != "changed"]
    return any(subscription.matches(Subject.of(*about, event)) for event in named)
