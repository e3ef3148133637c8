"""What holds for all sandboxes together: how many may be stopped at once, and when too many turn idle at once. Pure."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from statistics import median

from kaizen.policy.sections.sandboxes import SandboxPolicy

TOGETHER = timedelta(minutes=15)  # deadlines that one late run may see together
_SLOT = 1800  # seconds: the idle share of each half hour is remembered, for a week
_DAY = 24 * 3600 // _SLOT
_NEAR = 2  # slots: people go home an hour earlier or later than the day before
_FEW = 2  # stops that are not many, however small the fleet is
_FEWEST = 3  # sandboxes that turn idle at once, before it is called many


def over_cap(owners: Sequence[str], fleet: int, policy: SandboxPolicy) -> str:
    """Why none of the stops that are due may be made; empty where all may. `owners` has an entry for each of them."""
    if len(owners) > policy.most_stops:
        return f"{len(owners)} stops are due, and a run makes at most {policy.most_stops}"
    share = most_of(fleet, policy)
    if len(owners) > share:
        return f"{len(owners)} stops are due, and at most {share} of {fleet} sandboxes are stopped in a run"
    for owner, number in Counter(owners).items():
        if number > policy.most_per_owner:
            return f"{number} stops of {owner} are due, and a run makes at most {policy.most_per_owner} for an owner"
    return ""


def most_of(fleet: int, policy: SandboxPolicy) -> int:
    """The share of the fleet that may be stopped in a run, in sandboxes."""
    return max(_FEW, int(policy.most_share * fleet))


def room(due: datetime, owner: str, told: Iterable[tuple[datetime, str]], fleet: int, policy: SandboxPolicy) -> bool:
    """Whether one more may be told of that is `due` then: no more fall due together than the caps let be stopped.

    `told` has the deadline and the owner of each that was told of and is not stopped yet.
    """
    near = [each for at, each in told if abs(at - due) < TOGETHER]
    return not over_cap([*near, owner], fleet, policy)


def fitting(owners: Sequence[str], fleet: int, policy: SandboxPolicy) -> list[bool]:
    """Which of those that are due together fit into the caps, the first ones first."""
    taken: list[str] = []
    found = []
    for owner in owners:
        fits = not over_cap([*taken, owner], fleet, policy)
        taken += [owner] if fits else []
        found.append(fits)
    return found


def breaker(now: datetime, idle: int, fleet: int, history: Mapping[int, float], policy: SandboxPolicy) -> str:
    """Why too many are idle at once; empty where it is as usual. `history` holds the idle shares of a week."""
    if not history or not fleet:
        return ""
    usual = _usual(_slot(now), history)
    if idle / fleet - usual > policy.breaker_share and idle - usual * fleet > _FEWEST:
        return f"{idle} of {fleet} sandboxes are idle at once, where {usual:.0%} are usual"
    return ""


def _usual(slot: int, history: Mapping[int, float]) -> float:
    """The median share of the last day, or of this time of day on the days before, whichever is higher.

    A fleet that people leave in the evening is idle at once each evening: by the day's median alone it could be stopped
    only every other night.
    """
    shares = [share for each, share in history.items() if slot - _DAY < each <= slot]
    days = []
    for back in range(_DAY, 7 * _DAY + 1, _DAY):
        near = range(slot - back - _NEAR, slot - back + _NEAR + 1)
        if found := [history[each] for each in near if each in history]:
            days.append(max(found))
    return max(median(shares) if shares else 0.0, median(days) if days else 0.0)


def remembered(now: datetime, history: Mapping[int, float], idle: int, fleet: int) -> dict[int, float]:
    """The last share of each half hour of a week. Of a fleet of which nothing runs there is none."""
    slot = _slot(now)
    kept = {each: share for each, share in history.items() if slot - 7 * _DAY - _NEAR <= each <= slot}
    return kept | ({slot: round(idle / fleet, 4)} if fleet else {})


def _slot(now: datetime) -> int:
    return int(now.timestamp()) // _SLOT


def config_of(policy: SandboxPolicy) -> str:
    """Changes with anything in the policy by which a sandbox is judged idle, or told and stopped."""
    rules = {name: value for name, value in asdict(policy).items() if name not in ("mode", "channel", "owners")}
    return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()[:16]
