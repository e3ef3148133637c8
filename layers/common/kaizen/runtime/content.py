"""Content negotiation: which coding a client takes, and the body in it. Pure."""

import gzip


def quality(accept: str, wanted: str) -> float:
    """The weight (0 to 1) that an Accept-Encoding header gives to one coding (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                try:
                    weight = min(max(float(value), 0.0), 1.0)
                except ValueError:
                    weight = 0.0
        weights[name] = weight
    return weights.get(wanted, weights.get("*", 0.0))


def compressed(body: bytes) -> bytes:
    """gzip with the time left out, so that equal bodies stay equal."""
    return gzip.compress(body, compresslevel=6, mtime=0)
