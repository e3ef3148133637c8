"""What people read in Slack of dashboards that differ from git. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard_snapshot import commands
from dashboard_snapshot.addresses import address
from dashboard_snapshot.commands import LATEST
from dashboard_snapshot.diffs import words_of
from dashboard_snapshot.drift import LOUD, Item, Kind, counted
from dashboard_snapshot.driftstate import Drift
from dashboard_snapshot.model import Entry
from dashboard_snapshot.page import short
from kaizen.dashboards.files import FileDiff
from kaizen.dashboards.sentences import many
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy
from kaizen.slack.blocks import Message, context, header, section
from kaizen.slack.escape import cut, date, link
from kaizen.times import parse_instant

TITLE = "Dashboards that differ from git"
MOST = 8  # dashboards that one message tells of
_LINE, _NAME = 300, 80  # units
_WITH_COMMANDS = 3  # dashboards that have commands of their own; of more, one line shows how
_WORD = re.compile(r"[A-Za-z0-9_-]{1,100}")
_WHAT: dict[Kind, str] = {
    "edited": "edited in the UI",
    "conflict": "edited in the UI *and* changed in git",
    "missing": "is in git and deployed, and no longer in Grafana",
    "not_deployed": "changed in git, and not deployed",
}


@dataclass(frozen=True, slots=True)
class Late:
    """A dashboard that has differed for longer than the policy allows; `diff` is git's file against Grafana's."""

    item: Item
    entry: Entry | None
    diff: FileDiff | None


def note(drift: Drift, late: Sequence[Late], policy: DashboardSnapshotPolicy, grafana: str, bucket: str) -> Message:
    """`late` are in the order in which they are told; `grafana` is its address, `bucket` holds the snapshots."""
    lead = f"🟠 *{many(len(late), 'dashboard')}* {'differs' if len(late) == 1 else 'differ'} from {_source(drift)}."
    one_by_one = sum(_undone(each) for each in late) <= _WITH_COMMANDS
    lines = [_line(each, grafana) + (_ways(each, grafana, bucket) if one_by_one else "") for each in late[:MOST]]
    if len(late) > MOST:
        lines.append(f"and {len(late) - MOST} more")
    if not one_by_one:
        lines.append(_ways_of_many(grafana, bucket))
    facts = _facts(drift, len(late), policy)
    blocks = (header(TITLE), section(lead), *(section(each) for each in lines), context("  ·  ".join(facts)))
    return Message(blocks, "\n".join([TITLE, lead, *lines, *facts]))


def _undone(given: Late) -> bool:
    """Whether there is something to put back."""
    return given.item.kind in ("edited", "conflict", "missing")


def _ways(given: Late, grafana: str, bucket: str) -> str:
    """What to copy for this one dashboard. None for a uid that is no word: a message could not show it as it is."""
    kind, uid = given.item.kind, given.item.uid
    if not _WORD.fullmatch(uid):
        return ""
    ways = ""
    if kind in ("edited", "conflict"):
        ways += f"\nKeep the edit, in git: `{commands.patch(bucket, LATEST, uid)} | git apply`"
    if _undone(given):
        undo = "Bring it back" if kind == "missing" else "Undo it"
        ways += f"\n{undo}, in Grafana: `{commands.restore(bucket, grafana, LATEST, uid)}`"
    return ways


def _ways_of_many(grafana: str, bucket: str) -> str:
    keep, undo = commands.patch(bucket, LATEST, "UID"), commands.restore(bucket, grafana, LATEST, "UID")
    return f"Keep an edit, in git: `{keep} | git apply`\nUndo one, in Grafana: `{undo}`"


def resolved(drift: Drift) -> Message:
    """The message edited once nothing is late any more."""
    lead = f"🟢 Grafana and {_source(drift)} agree again. Nothing is left to do."
    return Message((header(TITLE), section(lead)), f"{TITLE}\n{lead}")


def _source(drift: Drift) -> str:
    folder = f"/{drift.folder}" if drift.folder else ""
    return f"*{cut(drift.repository + folder, 2 * _NAME)}*"


def _line(given: Late, grafana: str) -> str:
    item = given.item
    name = cut(item.title, _NAME) or "untitled"
    title = f"*{link(address(grafana, given.entry.url), name)}*" if given.entry is not None else f"*{name}*"
    by = f" by *{cut(item.author, _NAME)}*" if item.author else ""
    since = date(parse_instant(item.since), "UTC")
    first = f"• {title} {_WHAT[item.kind]}{by}, since {since}\nuid {cut(item.uid, _NAME)}"
    file = f" · {cut(item.path, 2 * _NAME)}" if item.path else ""
    what = words_of(given.diff) if given.diff is not None and item.kind != "not_deployed" else ""
    return f"{first}{file}" + (f"\n{cut(what, _LINE)}" if what else "")


def _facts(drift: Drift, late: int, policy: DashboardSnapshotPolicy) -> list[str]:
    facts = [f"git {cut(short(drift.head), 60)}"]
    if drift.base:
        facts.append(f"deployed {cut(short(drift.base), 60)}, by {drift.deployed_by}")
    else:
        facts.append("⚠️ no deployment is known: what git has and nobody deployed yet looks like an edit")
    counts = counted(drift.items)
    younger = sum(counts[each] for each in LOUD) - late
    if younger:
        facts.append(f"{younger} more for less than {_hours(policy)}")
    if counts["unmanaged"]:
        facts.append(f"{counts['unmanaged']} not in git at all")
    if drift.problems:
        facts.append(f"{many(len(drift.problems), 'file')} not compared")
    return facts


def _hours(policy: DashboardSnapshotPolicy) -> str:
    minutes = round(policy.drift_after.total_seconds() / 60)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
