"""One route's digest: whether it is due, what it says, and that it goes out once."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

from kaizen import sla
from kaizen.digest.board import board
from kaizen.digest.canaries import LateCanary
from kaizen.digest.render import render
from kaizen.metrics.changes import Change, set_gauge
from kaizen.mttr_store import Windows
from kaizen.policy import Policy, Route
from kaizen.slack.client import Poster
from kaizen.slack.delivery import Delivered, Pace, deliver
from kaizen.slack.outbox import Outbox
from kaizen.subscriptions.model import Subscription
from kaizen.tickets import Ticket
from ticket_digest.due import due
from ticket_digest.subscribed import route_of, wanted

SUCCESS_METRIC = "kaizen_digest_last_success_timestamp_seconds"
_AFTER_THE_END = timedelta(seconds=30)  # a lease outlives the function that holds it

Outcome = Literal["posted", "nothing_to_say", "not_due", "held"]  # held: done or being done by another run


@dataclass(frozen=True, slots=True)
class Reading:
    """The open tickets, the MTTR windows and the late canaries as they stood at one instant (aware UTC).

    `about` says which tickets they are; empty for all.
    """

    tickets: list[Ticket]
    windows: Windows
    at: datetime
    canaries: tuple[LateCanary, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    route: str
    outcome: Outcome
    occasion: str = ""
    delivered: Delivered = field(default_factory=Delivered)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where digests are made. `read` reads the stores once, `owner` is unique to this run."""

    policy: Policy
    read: Callable[[], Reading]
    poster: Callable[[Route], Poster]
    outbox: Outbox
    pace: Pace
    owner: str

    def scheduled(self, route: Route) -> Result:
        """Post the digest that is due, if nobody has. Raises what the stores and Slack raise."""
        pk = f"digest#{route.name}"
        last = self.outbox.last(pk)
        day = due(route, self.pace.clock(), date.fromisoformat(last) if last else None)
        if day is None:
            return Result(route.name, "not_due")
        return self._post(
            route,
            pk,
            day.isoformat(),
            lambda now: [set_gauge(SUCCESS_METRIC, {"route": route.name}, int(now.timestamp()))],
        )

    def subscribed(self, subscription: Subscription) -> Result:
        """The same for a subscription: a digest of its tickets alone, and none where there are none.

        Raises what the stores and Slack raise.
        """
        route = route_of(subscription)
        pk = f"digest#{route.name}"
        last = self.outbox.last(pk)
        day = due(route, self.pace.clock(), date.fromisoformat(last) if last else None, subscription.created_at)
        if day is None:
            return Result(route.name, "not_due")
        reading = self.read()
        found = [each for each in reading.tickets if self._wanted(subscription, each, reading.at)]
        route = replace(route, components=tuple(sorted({each.component for each in found})))
        given = replace(reading, tickets=found, canaries=(), about=subscription.text)
        return self._post(route, pk, day.isoformat(), lambda now: [], given)

    def _wanted(self, subscription: Subscription, ticket: Ticket, at: datetime) -> bool:
        standing = sla.status(ticket, self.policy, at)
        return wanted(subscription, ticket, breached=standing is not None and standing.breached)

    def forced(self, route: Route, request: str) -> Result:
        """Post now, once for each request; the day's own digest, and the gauge that misses it, are left alone."""
        return self._post(route, f"forced#{route.name}", request, lambda now: [])

    def _post(
        self,
        route: Route,
        pk: str,
        sk: str,
        success: Callable[[datetime], list[Change]],
        given: Reading | None = None,
    ) -> Result:
        poster = self.poster(route)  # first: a secret that is missing should hold nothing
        reading = given or self.read()
        shown = board(reading.tickets, reading.windows, self.policy, route, reading.at, reading.canaries, reading.about)
        messages = render(shown) if shown.groups or shown.canaries or route.empty_digest else []
        lease = timedelta(seconds=self.pace.remaining()) + _AFTER_THE_END
        claim = self.outbox.claim(pk, sk, messages, self.owner, self.pace.clock(), lease)
        if claim is None:
            return Result(route.name, "held", sk)
        delivered = deliver(self.outbox, claim, poster, self.pace, success)
        return Result(route.name, "posted" if claim.messages else "nothing_to_say", sk, delivered)
