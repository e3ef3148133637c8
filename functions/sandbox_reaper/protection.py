"""What is never stopped: protected names, exemptions, and what could not be brought back. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from fnmatch import fnmatchcase

from kaizen.times import parse_instant
from sandbox_reaper.backend import Sandbox

LABEL, WANTED = "kaizen.dev/reaper", "enabled"  # the opt-in, by which the backend lists
OWNER = "kaizen.dev/owner"
EXEMPT, EXEMPT_UNTIL = "kaizen.dev/exempt", "kaizen.dev/exempt-until"
PROTECTED = ("kube-*", "default", "prod*")  # in code: no policy takes one away
_EVER = datetime.max.replace(tzinfo=UTC)
_FALSE = ("false", "no", "0", "")


def opted_in(sandbox: Sandbox) -> bool:
    return sandbox.labels.get(LABEL) == WANTED


def protected(name: str, more: Iterable[str] = ()) -> bool:
    """Also by a part of it: a Sandbox is protected by its namespace's name as by its own."""
    names = {name, *name.split("/")}
    return any(fnmatchcase(each, pattern) for each in names for pattern in (*PROTECTED, *more))


def exemptions(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The strictest of what several labels and annotations say: for good, and until the latest date.

    What cannot be read stands above any date.
    """
    listed = list(given)
    good = [each[EXEMPT] for each in listed if each.get(EXEMPT, "").strip().lower() not in _FALSE]
    until = [each[EXEMPT_UNTIL].strip() for each in listed if EXEMPT_UNTIL in each]
    latest = max(until, key=lambda each: (_instant(each) is None, _instant(each) or _EVER), default=None)
    return ({EXEMPT: good[0]} if good else {}) | ({EXEMPT_UNTIL: latest} if latest is not None else {})


def exempt(sandbox: Sandbox, now: datetime) -> str:
    """Why it is exempt; empty where it is not. What cannot be read exempts, too, and says so.

    A label and an annotation that contradict each other exempt by the stricter one.
    """
    given = exemptions((sandbox.labels, sandbox.annotations))
    if EXEMPT in given:
        return "exempt for good"
    if EXEMPT_UNTIL not in given:
        return ""
    until = _instant(given[EXEMPT_UNTIL])
    if until is None:
        return f"exempt: {EXEMPT_UNTIL} cannot be read, {given[EXEMPT_UNTIL][:40]!r} is neither a date nor an instant"
    return f"exempt until {until:%Y-%m-%d %H:%M} UTC" if now < until else ""


def _instant(text: str) -> datetime | None:
    """The end of a day, or an instant with a time zone."""
    try:
        return datetime.combine(date.fromisoformat(text), time.max, UTC)
    except ValueError:
        pass
    try:
        return parse_instant(text)
    except ValueError:
        return None


def deleted(sandbox: Sandbox) -> str:
    """What a stop would delete for good, and nothing could bring back; empty where it deletes nothing."""
    found = (each for each in sandbox.workloads if each.size and each.deletes)
    return next((f"a stop would delete what {each.kind} {each.name} stores: {each.deletes}" for each in found), "")


def unreapable(sandbox: Sandbox, more: Iterable[str] = ()) -> str:
    """Why it cannot be stopped and brought back as it was; empty where it can."""
    if protected(sandbox.name, more):
        return "its name is protected"
    if sandbox.controllers:
        return f"{sandbox.controllers[0]} would scale it up again"
    if sandbox.bare:
        return f"nothing would bring {sandbox.bare[0]} back"
    if lost := deleted(sandbox):
        return lost
    if not any(each.size for each in sandbox.workloads):
        return "nothing in it runs"
    return ""
