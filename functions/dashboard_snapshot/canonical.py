"""One form for one content: the same dashboard has the same bytes, however Grafana orders its keys. Pure."""

import hashlib
import json
from typing import Any

# Numbers of Grafana's own: the id differs in every Grafana, the version grows with each save, changed or not.
DROPPED = ("id", "version")
_DEEPEST = 200  # levels: more than a dashboard needs, and far from Python's own limit of about 1,000


class ContentError(ValueError):
    """What is no content that can be kept: nested too deep, or with a number that JSON has no text for."""


def canonical(model: dict[str, Any]) -> bytes:
    """Sorted keys, no spaces, whole numbers without a point. Raises ContentError."""
    kept = _whole({name: value for name, value in model.items() if name not in DROPPED})
    try:
        text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise ContentError("it holds a number that is none, or too large") from None
    return text.encode("utf-8", "surrogatepass")


def digest(content: bytes) -> str:
    """SHA-256 in hex: the name under which it is stored."""
    return hashlib.sha256(content).hexdigest()


def _whole(value: Any, depth: int = 0) -> Any:
    """`1.0` and `1` are the same number in JSON, and Grafana writes either."""
    if depth > _DEEPEST:
        raise ContentError(f"it is more than {_DEEPEST} levels deep")
    match value:
        case dict():
            return {name: _whole(each, depth + 1) for name, each in value.items()}
        case list():
            return [_whole(each, depth + 1) for each in value]
        case float() if value.is_integer() and abs(value) < 2**53:
            return int(value)
    return value
