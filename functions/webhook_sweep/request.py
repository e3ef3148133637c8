"""What a run is asked to do. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Part = Literal["deliveries", "issues"]


class RequestError(Exception):
    """The event asks for nothing that there is. Permanent: the message says what may be asked."""


@dataclass(frozen=True, slots=True)
class Wanted:
    part: Part
    dry_run: bool = False


def read_event(event: Mapping[str, Any]) -> Wanted:
    """Raises RequestError."""
    part, dry_run = event.get("do"), event.get("dry_run", False)
    if part not in ("deliveries", "issues") or not isinstance(dry_run, bool) or set(event) - {"do", "dry_run"}:
        raise RequestError('send {"do": "deliveries"} or {"do": "issues"}, with "dry_run": true to be told only')
    return Wanted(part, dry_run)
