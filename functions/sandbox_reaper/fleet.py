"""What holds for all sandboxes together: how many may be stopped at once, and when too many turn idle at once. Pure."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from statistics import median

from kaizen.policy.sections.sandboxes import SandboxPolicy

TOGETHER = timedelta(minutes=15)  # deadlines that one late run may see together
REMEMBERED = 288  # idle shares: a day of them
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


def breaker(idle: int, fleet: int, history: Iterable[float], policy: SandboxPolicy) -> str:
    """Why too many are idle at once; empty where it is as usual. `history` holds the idle shares of a day."""
    known = list(history)
    if not known or not fleet:
        return ""
    usual = median(known)
    if idle / fleet - usual > policy.breaker_share and idle - usual * fleet > _FEWEST:
        return f"{idle} of {fleet} sandboxes are idle at once, where {usual:.0%} are usual"
    return ""


def remembered(history: Sequence[float], idle: int, fleet: int) -> list[float]:
    share = idle / fleet if fleet else 0.0
    return [*history, round(share, 4)][-REMEMBERED:]


def config_of(policy: SandboxPolicy) -> str:
    """Changes with anything in the policy by which a sandbox is judged idle, or told and stopped."""
    rules = {name: value for name, value in asdict(policy).items() if name not in ("mode", "channel", "owners")}
    return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()[:16]
