"""The lines of a digest, for blocks and for plain text. Pure."""

from collections.abc import Iterable
from math import isnan

from kaizen.digest.board import ORANGE_ABOVE, Board, Entry, Group
from kaizen.digest.canaries import LateCanary
from kaizen.durations import human, human_hours
from kaizen.mttr import ALL, WINDOW_DAYS, Window
from kaizen.slack.escape import address, cut, date, escape, isolated, link, plain_date
from kaizen.slack.packer import Line

TITLE = "Daily Kaizen Ticket Digest"
LEGEND = "🟢 more than 24 h of SLA left · 🟠 more than 8 h · 🔴 8 h or less, or breached · ⏸️ paused · ⚪ no SLA target"
MTTR_NOTE = "Wall time from opening to the last close as completed; the same exact counts as the metric and the feed."
FEW = 5  # completed tickets; below that, a single one can move the mean anywhere
_STEADY = 0.005  # changes below half a percent
_MAX_TITLE, _MAX_NAME, _MAX_GROUP, _MAX_PEOPLE = 300, 200, 100, 3  # units, units, units, people
_MAX_ABOUT = 300  # units of an expression
_MAX_COMPONENTS = 10  # named of those that are not shown
_INDENT = "\u2003\u2003"  # em spaces, which Slack keeps


def counts(entries: Iterable[Entry]) -> list[str]:
    """Such as `12 open`, `3 breached`, `1 paused`; what is zero is left out, but for the open ones."""
    entries = list(entries)
    breached, paused = sum(entry.breached for entry in entries), sum(entry.paused for entry in entries)
    return [f"{len(entries)} open", *[f"{breached} breached"] * bool(breached), *[f"{paused} paused"] * bool(paused)]


def lead(board: Board) -> Line:
    """The state in one line."""
    if not board.groups:
        return Line("🎉 *No open tickets*", "no open tickets")
    parts = counts(board.entries)
    return Line(" · ".join(f"*{part}*" for part in parts), ", ".join(parts))


def as_of(board: Board) -> Line:
    return Line(f"As of {date(board.now, board.zone)}", f"As of {plain_date(board.now, board.zone)}")


def about(board: Board) -> Line:
    """Which tickets these are, where it is not all of them."""
    text = f"Only {cut(board.about, _MAX_ABOUT)} · " if board.about else ""
    return Line(text, text)


def component(group: Group) -> Line:
    name, parts = cut(group.component, _MAX_GROUP), counts(group.entries)
    return Line(f"*Component: {name}* · {' · '.join(parts)}", f"Component: {name} ({', '.join(parts)})")


def ticket(entry: Entry, zone: str) -> Line:
    """What it is and how long it has; below that who has it and when it is due."""
    about = entry.ticket
    name = cut(about.name, _MAX_NAME)
    title = isolated(cut(about.title, _MAX_TITLE) or "(no title)")
    facts = [cut(about.severity, _MAX_GROUP), _people(about.assignees)]
    sla, due = _countdown(entry, zone), _due(entry, zone)
    urgent = not entry.paused and entry.standing is not None and entry.standing.remaining_seconds <= ORANGE_ABOVE
    return Line(
        f"{entry.lamp} {link(about.url, name)}: {title} - {f'*{sla.mrkdwn}*' if urgent else sla.mrkdwn}\n"
        f"{_INDENT}{_listed(*facts, due.mrkdwn)}",
        f"{entry.lamp} {name}: {title} - {sla.plain}\n{_INDENT}{_listed(*facts, due.plain, address(about.url))}",
    )


def more(hidden: Iterable[Entry]) -> Line:
    """The tickets of a component that are not shown, all counted."""
    return _same(f"+{_rest(hidden)}")


def more_components(groups: Iterable[Group]) -> Line:
    """The components of which no ticket is shown."""
    groups = list(groups)
    named = [f"{cut(group.component, _MAX_GROUP)} {len(group.entries)}" for group in groups[:_MAX_COMPONENTS]]
    names = ", ".join([*named, *["…"] * (len(groups) > _MAX_COMPONENTS)])
    hidden = [entry for group in groups for entry in group.entries]
    return _same(f"+{_rest(hidden)}, in {len(groups)} other components: {names}")


def canaries_heading() -> Line:
    return Line("*Canaries that have used their time*", "Canaries that have used their time")


def canary(late: LateCanary) -> Line:
    """Such as `🔴 acme/shop in production: in flight for 2h 12m of 2h`."""
    name = f"{cut(late.repository, _MAX_NAME)} in {cut(late.environment, _MAX_GROUP)}"
    lamp, spent = "🔴" if late.over else "🟠", f"in flight for {_length(late.elapsed)} of {_length(late.budget)}"
    return Line(f"{lamp} *{name}*: {spent}", f"{lamp} {name}: {spent}")


def canaries_more(count: int) -> Line:
    return _same(f"+{count} more")


def mttr_heading() -> Line:
    compared = f"against the {WINDOW_DAYS} days before"
    return Line(
        f"*MTTR, last {WINDOW_DAYS} days* ({compared})",
        f"MTTR, last {WINDOW_DAYS} days ({compared})",
    )


def mttr(window: Window) -> Line:
    """Mean, median, p90, n and the trend of the mean against the days before."""
    names = [cut(name, _MAX_GROUP) for name in (window.component, window.severity) if name != ALL]
    name = ", ".join(names) or "all"
    if not window.n:
        numbers = f"no completed tickets in {WINDOW_DAYS} days"
    else:
        figures = f"mean {_length(window.mean)} · median {_length(window.median)} · p90 {_length(window.p90)}"
        numbers = _listed(f"{figures} · n = {window.n}", "few samples" if window.n < FEW else "", _trend(window))
    return Line(f"• *{name}*: {numbers}", f"• {name}: {numbers}")


def mttr_note() -> Line:
    return Line(f"_{MTTR_NOTE}_", MTTR_NOTE)


def mttr_more(count: int) -> Line:
    return _same(f"and {count} other groups, in the metrics")


def _same(text: str) -> Line:
    return Line(text, text)


def _listed(*facts: str) -> str:
    return " · ".join(fact for fact in facts if fact)


def _length(seconds: float) -> str:
    return escape(human(seconds))  # less than a minute is `<1m`


def _rest(hidden: Iterable[Entry]) -> str:
    hidden = list(hidden)
    breached = sum(entry.breached for entry in hidden)
    return f"{len(hidden)} more" + (f", {breached} of them breached" if breached else "")


def _people(logins: tuple[str, ...]) -> str:
    others = len(logins) - _MAX_PEOPLE
    shown = ", ".join(escape(login) for login in logins[:_MAX_PEOPLE])
    return (shown or "unassigned") + (f" +{others}" if others > 0 else "")


def _countdown(entry: Entry, zone: str) -> Line:
    standing = entry.standing
    if standing is None:
        return _same("SLA: no target")
    paused = ", paused" if entry.paused else ""
    business = standing.clock == "business"
    if standing.breached and standing.breached_at is not None:
        length = human_hours(-standing.remaining_seconds) if business else human(-standing.remaining_seconds)
        over = f"({escape(length)}{' of working time' if business else ''} over){paused}"
        since = "SLA: breached since"
        return Line(
            f"{since} {date(standing.breached_at, zone)} {over}",
            f"{since} {plain_date(standing.breached_at, zone)} {over}",
        )
    hours, minutes = divmod(standing.remaining_seconds // 60, 60)
    left = f"{minutes}m" if minutes and not hours else f"{hours}h"  # in its last hour, minutes are what counts
    return _same(f"SLA: {left} remaining{' (working time)' if business else ''}{paused}")


def _due(entry: Entry, zone: str) -> Line:
    """When the countdown ends, for those who read it hours later; empty while it stands still or is over."""
    standing = entry.standing
    if entry.paused or standing is None or standing.breached or standing.due_at is None:
        return _same("")
    return Line(f"due {date(standing.due_at, zone)}", f"due {plain_date(standing.due_at, zone)}")


def _trend(window: Window) -> str:
    change = window.trend
    if isnan(change):
        return ""
    if abs(change) < _STEADY:
        return "steady"
    return f"{abs(change):.0%} {'slower' if change > 0 else 'faster'}"
