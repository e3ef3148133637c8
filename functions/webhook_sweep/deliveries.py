"""Which deliveries of a hook never arrived, and which of those to ask for again. Pure.

GitHub repeats nothing by itself. It lists every attempt of the last three days, those without any answer too, and sends
one again when asked to. All attempts of one delivery share its guid.
https://docs.github.com/en/webhooks/using-webhooks/automatically-redelivering-failed-deliveries-for-a-github-app-webhook
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

KEPT = timedelta(days=3)  # GitHub sends nothing again that is older
_LATE = timedelta(hours=1)  # before that end, one more try may come too late
_FIRST_WAIT = timedelta(minutes=10)  # after which an attempt is not on its way any more
_GROWTH = 4  # each wait is so many times the one before: 10 and 40 minutes, 2 h 40, 10 h 40, 42 h 40


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt. `status` is the answer's, 0 where there was none."""

    id: int
    guid: str
    at: datetime
    event: str
    status: int

    @property
    def arrived(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Plan:
    """`again` are the attempts to repeat, oldest first; `lost` are guids that GitHub does not send again any more."""

    again: tuple[Attempt, ...]
    lost: tuple[str, ...]
    looked_at: int


def plan(attempts: Iterable[Attempt], used: Collection[str], now: datetime) -> Plan:
    """What to do about each delivery.

    | condition, the first that holds                                  | result          |
    |------------------------------------------------------------------|-----------------|
    | an event that nobody here takes                                  | nothing         |
    | any attempt arrived                                              | nothing         |
    | the first attempt is almost three days old                       | lost            |
    | the last one is younger than the wait after so many attempts     | wait            |
    | else                                                             | ask for it again|
    """
    found: dict[str, list[Attempt]] = defaultdict(list)
    looked_at = 0
    for each in attempts:
        looked_at += 1
        if each.event in used:
            found[each.guid].append(each)
    again, lost = [], []
    for guid, tried in found.items():
        if any(each.arrived for each in tried):
            continue
        last = max(tried, key=lambda each: (each.at, each.id))
        if now - min(each.at for each in tried) > KEPT - _LATE:
            lost.append(guid)
        elif now - last.at >= _FIRST_WAIT * _GROWTH ** (len(tried) - 1):
            again.append(last)
    return Plan(tuple(sorted(again, key=lambda each: (each.at, each.id))), tuple(sorted(lost)), looked_at)
