"""Where a policy sends a feature's messages: to an Incoming Webhook's address, or into a channel as the bot."""

from typing import Protocol

from kaizen.runtime.rotation import ReadSecret
from kaizen.slack.address import is_loopback
from kaizen.slack.client import Bot, Poster, Webhook


class Destination(Protocol):
    """A part of the policy that has exactly one of the two."""

    @property
    def channel(self) -> str | None: ...
    @property
    def webhook_parameter(self) -> str | None: ...


def poster(to: Destination, read: ReadSecret, token_parameter: str, api_url: str) -> Poster:
    """`read` is kaizen.runtime.secrets.secret. Raises SecretError, or RefusedError for an address that is none."""
    if to.webhook_parameter is not None:
        # Where Slack's API is on this machine, so are its webhooks: it is the local stack's.
        return Webhook(read(to.webhook_parameter), here=is_loopback(api_url))
    assert to.channel is not None
    return Bot(read(token_parameter), to.channel, api_url)
