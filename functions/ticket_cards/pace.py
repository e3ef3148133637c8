"""Every channel gets its message, at the pace that Slack grants it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from kaizen.slack.errors import RateLimitedError, RefusedError
from kaizen.slack.notices import BusyError

_BUSY_SECONDS = 1  # another run is at the same card for as long as a call to Slack takes
Shown = Literal["posted", "updated", "nothing"]
Show = Callable[[], Shown]


class CardsFailedError(Exception):
    """Some channels do not show the change yet; the others do. The queue tries again.

    `pause` are the seconds that Slack wants, or another run needs; 0 where something else failed.
    """

    def __init__(self, faults: Iterable[Exception]) -> None:
        faults = list(faults)
        super().__init__("; ".join(str(each) for each in faults))
        self.pause = max(map(_pause, faults), default=0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Channels by what became of them; `refused` are those that Slack does not let us post to."""

    posted: int = 0
    updated: int = 0
    refused: tuple[str, ...] = ()

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(self.posted + other.posted, self.updated + other.updated, self.refused + other.refused)


def shown(shows: Mapping[str, Show], wait: Callable[[float], bool]) -> tuple[Outcome, list[str]]:
    """What became of each place, and the places that show something.

    A place that wants a pause holds up no other one: it is tried again when all have been tried, for as long as `wait`
    finds time to sleep. Raises CardsFailedError at the end, where some could not be shown.
    """
    counted: Counter[Shown] = Counter()
    standing, refused, faults = list[str](), list[str](), list[Exception]()
    left = dict(shows)
    while left:
        later: dict[str, Show] = {}
        limited: list[Exception] = []
        for place, show in left.items():
            try:
                found = show()
            except RefusedError as error:
                refused.append(f"{place}: {error}")
            except (RateLimitedError, BusyError) as error:
                error.add_note(place)
                later[place] = show
                limited.append(error)
            except Exception as error:  # noqa: BLE001 - raised below, once every place has been tried
                error.add_note(place)
                faults.append(error)
            else:
                counted[found] += 1
                standing += [place] * (found != "nothing")
        if not later or not wait(min(map(_pause, limited))):
            faults += limited
            break
        left = later
    if faults:
        raise CardsFailedError(faults) from ExceptionGroup("cards", faults)
    return Outcome(counted["posted"], counted["updated"], tuple(refused)), standing


def _pause(error: Exception) -> int:
    if isinstance(error, CardsFailedError):
        return error.pause
    if isinstance(error, RateLimitedError):
        return error.retry_after
    return _BUSY_SECONDS if isinstance(error, BusyError) else 0
