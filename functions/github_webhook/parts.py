"""The function's settings, and what it publishes and verifies with, built from them."""

from collections.abc import Callable
from dataclasses import dataclass

from github_webhook.verification import Verifier
from kaizen.events.bus import Publisher
from kaizen.events.github import SOURCE
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.secrets import secret
from kaizen.runtime.settings import Settings

# GitHub waits 10 s for all of it: a call that hangs must leave time for the answer.
LIMITS = Limits(connect=1, read=3, attempts=2)
# A refusal waits for nothing: under a flood, each one that waits would hold an execution that GitHub needs.
QUICK = Limits(connect=0.3, read=0.3, attempts=1)


@dataclass(frozen=True)
class WebhookSettings(Settings):
    event_bus_name: str
    metrics_table: str
    github_secret_parameter: str
    github_secret_previous_parameter: str


def publisher(given: WebhookSettings) -> Publisher:
    return Publisher(client("events", LIMITS), given.event_bus_name, SOURCE)


def verifier(given: WebhookSettings, watch: Callable[[], float]) -> Verifier:
    return Verifier(given.github_secret_parameter, given.github_secret_previous_parameter, secret, watch)
