"""One run over all routes and subscriptions: who fails is told of at the end, and keeps nobody else from a digest."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from kaizen.policy import Route
from kaizen.runtime.log import logger
from kaizen.slack.errors import RefusedError
from kaizen.subscriptions.model import Subscription
from kaizen.tickets import UnreadableTicketsError
from ticket_digest.posting import Desk, Result


class DigestFailedError(Exception):
    """Some routes did not get their digest; every other route did. The next run tries again."""


class UnknownRouteError(Exception):
    """The event names a route that the policy does not have."""


def chosen(event: Mapping[str, Any], routes: tuple[Route, ...]) -> list[Route]:
    """`{"route": "name"}` is that one alone. Raises UnknownRouteError."""
    if "route" not in event:
        return list(routes)
    found = [route for route in routes if route.name == event["route"]]
    if not found:
        known = ", ".join(route.name for route in routes) or "none"
        raise UnknownRouteError(f"the policy has no route {event['route']!r}; it has: {known}")
    return found


class Run:
    """`errors` are those of this run so far, each with a note of whose it is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.errors: list[Exception] = []

    def routes(self, routes: Iterable[Route], forced: str = "") -> list[Result]:
        """What came of each route that did not fail; `forced` is the occasion on which all post, due or not."""
        results = []
        for route in routes:
            try:
                result = self._desk.forced(route, forced) if forced else self._desk.scheduled(route)
            except Exception as error:  # noqa: BLE001 - raised at the end, once the others have their digest
                self._failed(error, f"route {route.name}", route=route.name)
            else:
                log = logger.warning if result.delivered.repeated else logger.info
                log("digest", **asdict(result))
                results.append(result)
        return results

    def subscriptions(self, subscriptions: Iterable[Subscription]) -> None:
        """Those that want a daily digest."""
        for each in subscriptions:
            if each.daily is None:
                continue
            try:
                logger.info("digest", **asdict(self._desk.subscribed(each)))
            except RefusedError as error:  # a channel that is gone must not fail every run for ever
                logger.error("digest refused", subscription=each.id, reason=str(error))
            except Exception as error:  # noqa: BLE001 - as above
                self._failed(error, f"subscription {each.id} of {each.channel}", subscription=each.id)

    def end(self, unreadable: list[str]) -> None:
        """Raises DigestFailedError with all that failed, tickets that cannot be read among it."""
        if unreadable:
            self.errors.append(UnreadableTicketsError(unreadable))
        if self.errors:
            told = "; ".join(str(error) for error in self.errors)
            raise DigestFailedError(told) from ExceptionGroup("digest", self.errors)

    def _failed(self, error: Exception, note: str, **whose: Any) -> None:
        logger.error("no digest", **whose, error=type(error).__name__, reason=str(error))
        error.add_note(note)
        self.errors.append(error)
