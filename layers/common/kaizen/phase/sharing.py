"""CORS of the phase API: which pages of other origins may read its answers.

The policy names them, so the functions answer for themselves: the gateway's own CORS is one list for all doors, and
overrides what functions say. A page of any other origin gets the answer, too, but its browser keeps that from it.
"""

from collections.abc import Collection

from kaizen.policy.store import current_policy
from kaizen.runtime.failures import FAILURES, cause
from kaizen.runtime.http import Event, Response, header, reply
from kaizen.runtime.log import logger

# What a client may want to read. Without being named here, a header is hidden from pages of other origins.
EXPOSED = (
    "Phase-Schema", "Phase-Resync", "Phase-Bytes-Full", "Phase-Columns", "ETag", "Retry-After", "Deprecation", "Sunset",
    "Link",
)  # fmt: skip
# What a client may send beyond what every page may. No Authorization: tokens belong on servers.
ALLOWED = ("Phase-Schema", "Content-Type", "If-None-Match")
METHODS = ("GET", "HEAD", "POST")
REMEMBERED_SECONDS = 7200  # the longest that Chromium believes


def origins(event: Event, policy_parameter: str) -> Collection[str]:
    """The policy's, which is asked for pages of other origins alone; none when it cannot be read."""
    if not header(event, "origin"):
        return ()
    try:
        return current_policy(policy_parameter).cors.origins
    except FAILURES as error:
        logger.warning("origins not known", cause=cause(error), error=type(error).__name__)
        return ()


def share(answer: Response, event: Event, known: Collection[str]) -> None:
    """Let the page that asks read the answer, if its origin is known. Caches must tell origins apart either way."""
    headers = answer["headers"]
    vary = headers.get("vary", "")
    headers["vary"] = f"{vary}, Origin" if vary else "Origin"
    origin = header(event, "origin")
    if origin in known:
        headers["access-control-allow-origin"] = origin
        headers["access-control-expose-headers"] = ", ".join(EXPOSED)


def preflight(event: Event, known: Collection[str]) -> Response:
    """What a browser asks before it sends a request with headers of its own: 204, with the leave if there is one."""
    answer = reply(204, "")
    share(answer, event, known)
    headers = answer["headers"]
    if "access-control-allow-origin" in headers:
        del headers["access-control-expose-headers"]
        headers["access-control-allow-methods"] = ", ".join(METHODS)
        headers["access-control-allow-headers"] = ", ".join(ALLOWED)
        headers["access-control-max-age"] = str(REMEMBERED_SECONDS)
    return answer
