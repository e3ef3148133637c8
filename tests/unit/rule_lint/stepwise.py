"""An alert as Prometheus keeps it: one state, looked at anew at each evaluation. Slow and plain, for tests."""

from collections.abc import Sequence


def stepwise(holds: Sequence[bool], waits: int, keeps: int, step: int) -> list[int]:
    """For each evaluation the number of the firing, 0 where it does not fire. Lengths and `step` in milliseconds."""
    state, active_at, kept_since, number = "inactive", 0, None, 0
    shown = []
    for index, each in enumerate(holds):
        now = index * step
        if each:
            kept_since = None
            if state == "inactive":
                state, active_at = "pending", now
        else:
            if state == "firing" and keeps and kept_since is None:
                kept_since = now
            if not (state == "firing" and kept_since is not None and now - kept_since < keeps):
                state, kept_since = "inactive", None
        if state == "pending" and now - active_at >= waits:
            state = "firing"
            number += 1
        shown.append(number if state == "firing" else 0)
    return shown
