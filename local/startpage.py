"""The page that a person opens first: where everything is, and what is there now, feature by feature."""

import html
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from kaizen.times import utc_now
from local.demo.feature import Feature
from local.doors.servers import Handler, Server, bind
from local.errors import LocalError
from local.html import nav, page
from local.stack import Stack

REFRESH_SECONDS = 15


def serve(port: int, stack: Stack, features: Sequence[Feature]) -> Server:
    """A server bound to the loopback port, not yet serving: the stack must be up before.

    Raises LocalError when the port is taken.
    """
    return bind(port, StartPage, stack=stack, features=features)


class StartPage(Handler):
    stack: Stack
    features: Sequence[Feature]

    def do_GET(self) -> None:  # noqa: N802
        match urlsplit(self.path).path:
            case "/":
                self.answer_text(200, start(self.stack, self.features, utc_now()), "text/html; charset=utf-8")
            case "/metrics":  # a browser has no token: this door scrapes for it
                self.answer_text(*scraped(self.stack))
            case _:
                self.answer_text(404, "not found")


def scraped(stack: Stack) -> tuple[int, str]:
    try:
        result = stack.invoke("MetricsExporter", metrics_event(stack.secrets["metrics"]))
    except LocalError as error:
        return 502, str(error)
    if result.error or not isinstance(result.payload, dict):
        return 502, result.error
    return int(result.payload["statusCode"]), str(result.payload["body"])


def metrics_event(token: str) -> dict[str, Any]:
    """A scrape, as the gateway would pass it on."""
    return {
        "version": "2.0",
        "rawPath": "/metrics",
        "headers": {"authorization": f"Bearer {token}", "accept": "text/plain"},
        "requestContext": {"http": {"method": "GET", "path": "/metrics"}, "requestId": "start-page"},
        "isBase64Encoded": False,
    }


def start(stack: Stack, features: Sequence[Feature], now: datetime) -> str:
    links = [
        *stack.outside.links(stack.addresses.outside),
        (f"{stack.addresses.outside}/", "Outside world"),
        *(link for feature in features for link in feature.links(stack)),
        ("/metrics", "Metrics"),
    ]
    cards = "".join(_card(feature, stack, now) for feature in features)
    return page("Kaizen Loop", f"<h1>Kaizen Loop on this machine</h1>{nav(links)}{cards}", refresh=REFRESH_SECONDS)


def _card(feature: Feature, stack: Stack, now: datetime) -> str:
    """A card that cannot be made says why, in its place: the others are still worth a look."""
    try:
        return feature.card(stack, now)
    except Exception as error:  # noqa: BLE001 - whatever a card raises is shown
        return f'<article><p class="bad">{html.escape(f"{type(error).__name__}: {error}")}</p></article>'
