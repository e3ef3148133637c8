"""Bearer tokens of machines: who may scrape, who may post frames. Pure."""

import hmac


def allowed(authorization: str, tokens: str) -> bool:
    """Whether an Authorization header carries one of the tokens, which stand apart by white space.

    Two tokens may be valid at once, so that a rotation costs no request. Takes as long for a wrong token as for a right
    one: every token is compared, in constant time.
    """
    scheme, _, given = authorization.partition(" ")
    # Bytes, since compare_digest raises on text that is not ASCII.
    offered = given.strip().encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(offered, token.encode()) for token in tokens.split()]
    return any(matches) and scheme.lower() == "bearer"
