"""Who may read the feed: anyone while the policy has no tokens, else whoever holds one. Pure."""

import hashlib
import hmac
from collections.abc import Mapping


def allowed(token: str, tokens: Mapping[str, str]) -> bool:
    """Whether the token's SHA-256 is one of the policy's.

    Only digests are compared, each in constant time and all of them, so that the time taken tells nothing.
    """
    if not tokens:
        return True
    given = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
    matches = [hmac.compare_digest(given, digest) for digest in tokens.values()]
    return any(matches)
