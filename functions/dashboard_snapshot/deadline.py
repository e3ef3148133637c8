"""How the time of one run is shared out. Lambda ends the function at its timeout, whatever is stored by then."""

import time
from collections.abc import Callable
from dataclasses import dataclass

_RESERVE = 90.0  # seconds for the manifest, the notes and the counts
_OTHERS = 60.0  # seconds for what is read after the dashboards: panels, rules, files in git


@dataclass(frozen=True, slots=True)
class Deadline:
    """`remaining` gives the seconds that the function still may run."""

    remaining: Callable[[], float]

    def left(self) -> float:
        """Seconds in which something may still be asked; negative where it may not."""
        return self.remaining() - _RESERVE

    def in_time(self) -> bool:
        """Whether another dashboard may be read."""
        return self.left() > _OTHERS


def within(seconds: float) -> Callable[[], bool]:
    """Whether less than that has passed since now."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end
