"""What people read in Slack when dashboards were edited in Grafana's UI. Pure."""

from collections.abc import Sequence

from dashboard_snapshot import commands
from dashboard_snapshot.addresses import address
from dashboard_snapshot.comparing import Comparison, Source, counted
from dashboard_snapshot.diffs import Told, one_line
from dashboard_snapshot.model import KINDS
from dashboard_snapshot.page import kinds_of, short
from kaizen.dashboards.sentences import many
from kaizen.slack.blocks import Message, context, header, section
from kaizen.slack.escape import cut, date, link
from kaizen.times import parse_instant

TITLE = "Dashboards edited in Grafana"
_MOST = 8  # dashboards that one message tells of
_LINE, _NAME = 300, 80  # units
_OTHERS: dict[Source, str] = {"provisioning": "provisioning", "program": "programs"}
_WORDS = {"added": "created", "removed": "deleted", "changed": "edited", "moved": "moved"}


def note(
    comparison: Comparison,
    told: Sequence[Told],
    grafana: str,
    page: str,
    mention: str,
    saves: dict[str, str],
    bucket: str,
) -> Message:
    """`told` are the edits; `page` is where the differences are shown, empty where there is no link to it. `saves` are
    messages that people gave, by uid; `bucket` holds the snapshots."""
    since = date(comparison.older.started_at, "UTC")
    lead = f"✏️ *{kinds_of([each.difference.entry for each in told])}* changed in the UI since {since}."
    if mention:
        lead = f"{_mention(mention)} {lead}"
    lines = [_line(each, grafana, saves.get(each.difference.entry.uid, "")) for each in told[:_MOST]]
    if len(told) > _MOST:
        lines.append(f"and {len(told) - _MOST} more")
    shown = commands.diff(bucket, comparison.older.run, comparison.newer.run)
    where = link(page, "See the differences") if page else f"`{shown}`"
    facts = [where, *_facts(comparison)]
    blocks = (header(TITLE), section(lead), *(section(each) for each in lines), context("  ·  ".join(facts)))
    return Message(blocks, "\n".join([TITLE, lead, *lines, *facts]))


def undone(comparison: Comparison) -> Message:
    """The message edited once nothing is different any more."""
    lead = f"🟢 What had been edited is as it was at {date(comparison.older.started_at, 'UTC')}. Nothing is left to do."
    return Message((header(TITLE), section(lead)), f"{TITLE}\n{lead}")


def _line(given: Told, grafana: str, message: str) -> str:
    difference = given.difference
    entry = difference.entry
    name = cut(entry.title, _NAME) or "untitled"
    title = f"*{name}*" if difference.after is None else f"*{link(address(grafana, entry.url), name)}*"
    title = title if entry.kind == "dashboard" else f"{KINDS[entry.kind]} {title}"
    where = f" in {cut(entry.folder, _NAME)}" if entry.folder else ""
    did = _WORDS[difference.what]
    by = f" by *{cut(difference.author, _NAME)}*" if difference.author else ""
    if difference.after is None:
        by = ": Grafana does not say by whom"
    when = f", {_when(entry.updated_at)}" if difference.after is not None and entry.updated_at else ""
    times = f", {many(difference.saves, 'save')}" if difference.saves > 1 and difference.before else ""
    overwritten = " ⚠️ a file provisions it, and will overwrite this" if entry.external and difference.after else ""
    first = f"• {title}{where} {did}{by}{when}{times}{overwritten}"
    said = f"\n“{cut(message, _NAME)}”" if message else ""
    what = one_line(given)
    return first + said + (f"\n{cut(what, _LINE)}" if what else "")


def _when(instant: str) -> str:
    try:
        return date(parse_instant(instant), "UTC")
    except ValueError:
        return cut(instant, 40)


def _facts(comparison: Comparison) -> list[str]:
    facts = []
    if comparison.newer.git_ref:
        facts.append(f"git {cut(short(comparison.newer.git_ref), 60)}")
    others = counted(comparison.differences)
    quiet = [f"{others[each]} by {word}" for each, word in _OTHERS.items() if others[each]]
    if quiet:
        facts.append("besides " + ", ".join(quiet))
    if not comparison.newer.complete:
        facts.append("this run is partial: there may be more")
    return facts


def _mention(given: str) -> str:
    return f"<!subteam^{given}>" if given.startswith("S") else f"<@{given}>"
