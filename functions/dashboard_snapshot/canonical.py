"""One form for one content: the same dashboard has the same bytes, however Grafana orders its keys. Pure."""

import hashlib
import json
from typing import Any

# Numbers of Grafana's own: the id differs in every Grafana, the version grows with each save, changed or not.
DROPPED = ("id", "version")


def canonical(model: dict[str, Any]) -> bytes:
    """Sorted keys, no spaces, whole numbers without a point. Raises ValueError for what is no JSON."""
    kept = {name: value for name, value in model.items() if name not in DROPPED}
    text = json.dumps(_whole(kept), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def digest(content: bytes) -> str:
    """SHA-256 in hex: the name under which it is stored."""
    return hashlib.sha256(content).hexdigest()


def _whole(value: Any) -> Any:
    """`1.0` and `1` are the same number in JSON, and Grafana writes either."""
    match value:
        case dict():
            return {name: _whole(each) for name, each in value.items()}
        case list():
            return [_whole(each) for each in value]
        case float() if value.is_integer() and abs(value) < 2**53:
            return int(value)
    return value
