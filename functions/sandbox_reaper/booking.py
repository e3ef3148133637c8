"""What a change of a row counts, and whether it is worth a write. Pure."""

from dataclasses import fields
from datetime import datetime
from operator import attrgetter

from kaizen.metrics.changes import Change, add
from sandbox_reaper.state import Row

_FACTS_OF_ROW = attrgetter(*(each.name for each in fields(Row) if each.name not in ("why", "reason")))


def differs(before: Row, after: Row) -> bool:
    """Whether it is worth a write: why a sandbox that is in use stays so is not."""
    if after.state == before.state == "ACTIVE":
        return bool(_FACTS_OF_ROW(before) != _FACTS_OF_ROW(after))
    return before != after


def counted(before: Row, after: Row) -> list[Change]:
    """Counted with the state that they change, so that no repeat counts twice."""
    match before.state, after.state:
        case "NOTICE_CLAIMED", "NOTIFIED":
            return [add("kaizen_sandbox_notices_total", {})]
        case "STOP_CLAIMED", "STOPPED":
            return [add("kaizen_sandbox_stops_total", {"result": "stopped"})]
        case "STOP_CLAIMED", "ACTIVE":
            return [add("kaizen_sandbox_stops_total", {"result": "undone"})]
        case "RESUMED", "ACTIVE":
            return [add("kaizen_sandbox_resumes_total", {})]
    return []


def saved(before: Row, now: datetime) -> list[Change]:
    """What a stopped sandbox has saved since it was last counted."""
    if before.counted is None:
        return []
    seconds = max(0, int((now - before.counted).total_seconds()))
    return [
        add("kaizen_sandbox_reclaimed_core_seconds_total", {}, round(before.cores * seconds)),
        add("kaizen_sandbox_reclaimed_memory_byte_seconds_total", {}, before.memory * seconds),
    ]
