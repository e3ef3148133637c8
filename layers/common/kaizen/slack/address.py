"""Which addresses a message may be sent to: https to a name, and this machine where the stack runs on it. Pure."""

import re
from urllib.parse import urlsplit

# Labels with a letter in the last one: no number in any notation, no IPv6, no lone name such as localhost.
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])", re.IGNORECASE)
# Names that lead to this machine or its network, whatever is before them.
_NEAR = ("localhost", "local", "internal", "localdomain", "home.arpa")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_public(url: str) -> bool:
    """Whether it is an https address with a name, without a user."""
    if not re.fullmatch(r"https://[!-~]+", url):
        return False
    try:
        parts = urlsplit(url)
        name, given = parts.hostname or "", parts.netloc
        return bool(_NAME.fullmatch(name)) and "@" not in given and parts.port in (None, 443) and not _near(name)
    except ValueError:
        return False


def is_loopback(url: str) -> bool:
    """Whether it is a plain http address of this machine, as the local stack gives."""
    if not re.fullmatch(r"http://[!-~]+", url):
        return False
    try:
        return urlsplit(url).hostname in _LOOPBACK
    except ValueError:
        return False


def _near(name: str) -> bool:
    return any(name == each or name.endswith(f".{each}") for each in _NEAR)
