"""Who may look at a report: machines by the reports token, people by a link from Slack. Pure.

A browser sends no token. So a link carries a key: a signature by the token over the page's path and what it is for.
Nobody learns the token from it.
"""

import hashlib
import hmac

from kaizen.runtime.bearer import allowed
from kaizen.runtime.http import Event, Response, header, problem, query

LOCKED = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "private, no-store",
}


def key(tokens: str, path: str, *parts: str) -> str:
    """What opens a page without the token. `tokens` is the secret: of two, the first one signs."""
    return _key(tokens.split()[0], path, parts)


def _key(token: str, path: str, parts: tuple[str, ...]) -> str:
    signed = "\n".join((path, *parts)).encode("utf-8", "surrogatepass")
    return hmac.new(token.encode(), signed, hashlib.sha256).hexdigest()


def by_token(event: Event, tokens: str) -> bool:
    return allowed(header(event, "authorization"), tokens)


def by_key(event: Event, tokens: str, path: str, *parts: str) -> bool:
    """Whether the parameter `key` is that of the page and its parts; compared in constant time."""
    given = query(event, "key").encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(given, _key(each, path, parts).encode()) for each in tokens.split()]
    return any(matches)


def refused(detail: str = "send the reports token as Authorization: Bearer, or follow a link from Slack") -> Response:
    answer = problem(401, "Unauthorized", detail)
    answer["headers"]["www-authenticate"] = 'Bearer realm="reports"'
    return answer
