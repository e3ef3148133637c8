"""GitHub's webhook signatures: HMAC-SHA256 over the raw body."""

import hashlib
import hmac
from collections.abc import Iterable

SIGNATURE_HEADER = "x-hub-signature-256"
_PREFIX = b"sha256="


def signature(body: bytes, secret: str) -> str:
    """The value of `X-Hub-Signature-256` for a body: `sha256=` and 64 hex digits."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signed_by_any(body: bytes, given: str, secrets: Iterable[str]) -> bool:
    """Whether one of the secrets signed the body.

    Fails closed: no secret, an empty one, a sha1 signature or none at all is False, and nothing raises.
    Bytes are compared, since `compare_digest` raises on text that is not ASCII; every secret is tried, so that
    the time taken does not tell which one matched.
    """
    claimed = given.encode("utf-8", "surrogatepass")
    matches = [
        hmac.compare_digest(claimed, _PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode())
        for secret in secrets
        if secret
    ]
    return any(matches)
