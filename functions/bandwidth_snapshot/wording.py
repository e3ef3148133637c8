"""The Monday message and the alert. Pure."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from math import isinf

from bandwidth_snapshot.builds import Stretch
from bandwidth_snapshot.day import Day
from bandwidth_snapshot.detector import ALL, Verdict
from bandwidth_snapshot.forecast import Forecast
from bandwidth_snapshot.trend import Trend, Week
from bandwidth_snapshot.turnover import NOTHING, Turnover
from kaizen.pager.events import Incident, Link
from kaizen.slack.blocks import MAX_POINTS, Block, Message, context, header, line_chart, section
from kaizen.slack.escape import cut, link

TITLE = "Bandwidth of the phase streams"
_BARS = "▏▎▍▌▋▊▉█"
_WIDTH = 20  # characters of the longest bar
_MOST_STREAMS = 8
_MOST_BUILDS = 3  # the last ones of a day
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def rate(value: float) -> str:
    """MB/s with three digits that say something."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def volume(count: float) -> str:
    """Bytes in the unit that fits, by powers of a thousand."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError


def day_name(day: date) -> str:
    return f"{_DAYS[day.weekday()]} {day.isoformat()}"


def weekly(
    weeks: Sequence[Week],
    growth: Trend | None,
    streams: Sequence[Day],
    last: Day,
    month: Forecast | None = None,
    changed: Turnover = NOTHING,
    page: str = "",
) -> Message:
    """The last weeks as bars, which way they go, and yesterday by streams. `weeks` end with the one just over."""
    week = f"the week of {weeks[-1].monday}" + (f" (whole days: {weeks[-1].whole})" if weeks[-1].whole < 7 else "")
    lead = f"*{rate(weeks[-1].average)} MB/s* on average in {week}, {volume(weeks[-1].bytes)} in all"
    if len(weeks) > 1 and weeks[-2].average > 0:
        change = weeks[-1].average / weeks[-2].average - 1
        lead += f" ({change:+.0%} against the week before)"
    trend = trend_line(growth)
    if month is not None:
        trend += f"\n{month_line(month)}"
    top = max(each.average for each in weeks) or 1.0
    chart = "\n".join(_line(each, top) for each in weeks)
    table = "\n".join(_stream(each) for each in sorted(streams, key=lambda each: -each.bytes)[:_MOST_STREAMS])
    more = len(streams) - _MOST_STREAMS
    note = f"MB = 10^6 bytes, UTC. A star marks weeks with days that are not whole. Last day: {last.date}."
    bars = section(f"*By week*, MB/s\n```{chart}```")
    blocks = [
        header(TITLE),
        section(f"{lead}.\n{trend}"),
        bars,
        section(f"*{day_name(last.date)} by stream*\n```{table or 'no stream sent anything'}```"),
    ]
    if more > 0:
        blocks.append(context(f"and {more} more streams"))
    came_and_went = "\n".join(turned(changed))
    if came_and_went:
        blocks.append(section(cut(came_and_went, 2000)))
    note += _more(page)
    words = [TITLE, f"{plain(lead)}.", plain(trend), chart, table, *([came_and_went] if came_and_went else []), note]
    plainer = (*blocks, context(note))
    drawn = _chart(weeks)
    if drawn is None:
        return Message(plainer, "\n".join(words))
    return Message(tuple(drawn if each is bars else each for each in plainer), "\n".join(words), plainer)


def _chart(weeks: Sequence[Week]) -> Block | None:
    """The weeks that have a whole day, as Slack draws them; None for a single one, which is no line."""
    shown = [each for each in weeks if each.whole][-MAX_POINTS:]
    if len(shown) < 2:
        return None
    labels = [f"{each.monday:%d %b %y}{'' if each.whole == 7 else ' *'}" for each in shown]
    series = {"sent": [round(each.average, 3) for each in shown]}
    if any(each.saved for each in shown):
        series["saved by deltas"] = [round(each.saved, 3) for each in shown]
    return line_chart("MB/s by week, all streams together", labels, series, "Week from Monday (UTC)", "MB/s")


def trend_line(growth: Trend | None) -> str:
    if growth is None:
        return "Too few days are known for a trend."
    return (
        f"Trend: {growth.weekly:+.1%} a week (middle half of all pairs of days: {growth.low:+.1%} to "
        f"{growth.high:+.1%}; n = {growth.days} days)"
    )


def cap(found: Forecast, page: str = "") -> Message:
    """What a month comes to against its cap, and when it goes over."""
    title = "Monthly cap of the bandwidth"
    mark = "🔴 " if found.crossed else "🟠 " if found.crosses is not None else "✅ "
    note = (
        f"Until {found.last}, UTC. Each day to come counts as the same weekday of the last four weeks, with the trend. "
        "This message is kept up to date until the month is over."
    ) + _more(page)
    text = f"{mark}{month_line(found)}"
    return Message((header(title), section(text), context(note)), f"{title}\n{plain(text)}\n{note}")


def month_line(found: Forecast) -> str:
    month = f"{found.last:%B}"
    so_far = f"{volume(found.sent)} were sent in {month} until now"
    if found.crossed:
        return f"*{month} is over its cap of {volume(found.cap)} since the {_ordinal(found.crosses)}*: {so_far}."
    end = f"about {volume(found.end)} are to be expected at its end"
    if found.crosses is not None:
        return f"*{month} will cross its cap of {volume(found.cap)} on the {_ordinal(found.crosses)}*: {so_far}, {end}."
    return f"{month} stays within its cap of {volume(found.cap)}: {so_far}, {end}."


def _ordinal(day: date | None) -> str:
    number = day.day if day is not None else 0
    ending = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _line(week: Week, top: float) -> str:
    eighths = round(week.average / top * _WIDTH * 8)
    bar = "█" * (eighths // 8) + (_BARS[eighths % 8 - 1] if eighths % 8 else "")
    mark = " " if week.whole == 7 else "*"
    return f"{week.monday.isoformat()} {bar:<{_WIDTH}} {rate(week.average):>7}{mark}"


def _stream(day: Day) -> str:
    saved = f", {day.saved / (day.bytes + day.saved):.0%} saved" if day.saved else ""
    name = cut(day.stream, 24).replace("`", "'")
    return f"{name:<24} {rate(day.average):>7} MB/s  p95 {rate(day.p95):>7}  max {rate(day.maximum):>7}{saved}"


def deployed(builds: Sequence[Stretch], day: date) -> list[str]:
    """A line for each build that began on a day, with what was sent before and after; it need not be the reason."""
    lines = []
    for before, after in pairwise(builds):
        if before.build != after.build and after.since.date() == day:
            name = f"Build {cut(after.build, 64)} runs since {after.since:%H:%M} UTC"
            lines.append(f"{name}: {rate(before.average)} MB/s before, {rate(after.average)} MB/s after.")
    return lines[-_MOST_BUILDS:]


def turned(changed: Turnover) -> list[str]:
    """A line for each stream that is new or silent; the total goes on with them and without."""
    lines = []
    for new in changed.new[:_MOST_STREAMS]:
        name, since = cut(new.stream, 60), day_name(new.since)
        if new.was:
            was = cut(new.was, 60)
            lines.append(f"New: {name} since {since}, as {was} fell silent, which sent about as much: renamed?")
        else:
            lines.append(f"New: {name} since {since}.")
    lines += [
        f"Silent: {cut(gone.stream, 60)}, which sent last on {day_name(gone.last)}."
        for gone in changed.gone[:_MOST_STREAMS]
    ]
    return lines


def incident(verdict: Verdict, key: str, told: Message, page: str, now: datetime) -> Incident:
    """The page: what the message says, in one sentence and in full."""
    day = verdict.day
    return Incident(
        key=key,
        summary=f"Bandwidth of {'all streams' if day.stream == ALL else day.stream}: {rate(day.average)} MB/s on "
        f"{day.date}, about {rate(verdict.expected)} MB/s expected",
        source="bandwidth_snapshot",
        severity="warning",
        at=now,
        component=day.stream,
        details={"what to do": "Find out which stream grew, and whether that was meant.", "message": told.text},
        links=(Link(page, "Bandwidth log"),) if page else (),
    )


def alert(
    verdict: Verdict,
    contributors: Sequence[tuple[str, float]],
    since: date,
    changed: Turnover = NOTHING,
    page: str = "",
    builds: Sequence[Stretch] = (),
) -> Message:
    """What rose, by how much, since when, and what most of it comes from. `since` is the first day of it in a row.

    `builds` ran on the day, in order; before them the last one of the day before, where it is known.
    """
    day = verdict.day
    what = "All streams together" if day.stream == ALL else f"The stream {cut(day.stream, 60)}"
    times = "" if isinf(verdict.ratio) else f", {verdict.ratio:.1f} times as much"
    lead = (
        f"🔴 *{what} sent {rate(day.average)} MB/s on {day_name(day.date)}*; about {rate(verdict.expected)} MB/s "
        f"were expected{times}."
    )
    names = "Sundays and holidays" if verdict.holidays else f"{_DAYS[day.date.weekday()]}s"
    weekdays = f"the last {len(verdict.compared)} {names}"
    compared = weekdays if verdict.same_weekday else "the last four weeks"
    why = f"Usual were {rate(verdict.low)} to {rate(verdict.high)} MB/s, by {compared}."
    in_a_row = (day.date - since).days + 1
    began = f"Such days in a row: {in_a_row}, since {day_name(since)}." if in_a_row > 1 else "The day before was usual."
    new = {each.stream: f" (new since {day_name(each.since)})" for each in changed.new if not each.was}
    new |= {name: f" (until now {cut(was, 60)}?)" for name, was in changed.names.items()}
    grown = [f"{cut(name, 60)} {more:+.2f} MB/s{new.get(name, '')}" for name, more in contributors[:3] if more > 0]
    most = f"Most of it: {', '.join(grown)}." if grown and day.stream == ALL else ""
    cost = f"At this rate that is {volume((day.average - verdict.expected) * 1e6 * 86400 * 30)} more a month."
    parts = (lead, f"{why} {began}", most, "\n".join(deployed(builds, day.date)), cost)
    text = "\n".join(each for each in parts if each)
    note = f"Peak {rate(day.maximum)} MB/s, p95 {rate(day.p95)} MB/s, {day.complete:.0%} of the day measured, UTC."
    note += _more(page)
    title = "Unexpected bandwidth"
    return Message((header(title), section(text), context(note)), f"{title}\n{plain(text)}\n{note}")


def _more(page: str) -> str:
    return f" {link(page, 'Days, chart and CSV')}" if page else ""


def plain(mrkdwn: str) -> str:
    """Without the stars of bold text."""
    return mrkdwn.replace("*", "")
