"""Monday's message, and that of the month's cap. Pure."""

from collections.abc import Sequence

from bandwidth_snapshot.day import Day
from bandwidth_snapshot.forecast import Forecast
from bandwidth_snapshot.trend import Trend, Week, change
from bandwidth_snapshot.turnover import NOTHING, Turnover
from bandwidth_snapshot.words import day_name, many, more, name, ordinal, plain, rate, volume
from kaizen.slack.blocks import MAX_POINTS, Block, Message, context, header, line_chart, section
from kaizen.slack.escape import cut

TITLE = "Bandwidth of the phase streams"
_BARS = "▏▎▍▌▋▊▉█"
_WIDTH = 20  # characters of the longest bar
_MOST_STREAMS = 8


def weekly(
    weeks: Sequence[Week],
    growth: Trend | None,
    streams: Sequence[Day],
    last: Day,
    month: Forecast | None = None,
    changed: Turnover = NOTHING,
    page: str = "",
    more_lines: Sequence[str] = (),
) -> Message:
    """The last weeks as a chart, which way they go, and their last day by streams. `weeks` end with the one just over.

    `more_lines` are rises that go on, and streams that have no row of their own.
    """
    now = weeks[-1]
    trend = "\n".join([*more_lines, trend_line(growth), *([month_line(month)] if month is not None else [])])
    top = max(each.average for each in weeks) or 1.0
    chart = "\n".join(_line(each, top) for each in weeks)
    table = "\n".join(_stream(each) for each in sorted(streams, key=lambda each: -each.bytes)[:_MOST_STREAMS])
    left = len(streams) - _MOST_STREAMS
    bars = section(f"*By week*, MB/s\n```{chart}```")
    empty = "not measured" if not last.complete else "no stream sent anything"
    blocks = [
        header(TITLE),
        section(f"{lead(weeks)}.\n{trend}"),
        bars,
        section(f"*{day_name(last.date)} by stream*\n```{table or empty}```"),
    ]
    if left > 0:
        blocks.append(context(f"and {left} more streams"))
    came_and_went = "\n".join(turned(changed))
    if came_and_went:
        blocks.append(section(cut_lines(came_and_went, 2000)))
    note = f"MB = 10^6 bytes, UTC, whole weeks from Monday to Sunday, the last until {now.sunday}."
    partial = [f"{each.monday:%d %b}" for each in weeks if each.whole < 7]
    if partial:
        note += f" Weeks with days that were not measured whole, marked by a star: {', '.join(partial)}."
    note += more(page)
    words = [TITLE, f"{plain(lead(weeks))}.", plain(trend), chart, table or empty]
    words += [*([came_and_went] if came_and_went else []), note]
    plainer = (*blocks, context(note))
    drawn = _chart(weeks)
    if drawn is None:
        return Message(plainer, "\n".join(words))
    return Message(tuple(drawn if each is bars else each for each in plainer), "\n".join(words), plainer)


def lead(weeks: Sequence[Week]) -> str:
    """The week that is over, and how it compares by the days that are whole in both."""
    now = weeks[-1]
    if not now.whole:
        return f"*No day of the week of {now.monday} was measured whole*: nobody knows what was sent"
    text = f"*{rate(now.average)} MB/s* on average in the week of {now.monday}, {volume(now.bytes)} in all"
    if now.whole < 7:
        text += f" ({now.whole} of 7 days measured whole)"
    more_than = change(weeks[-2], now) if len(weeks) > 1 else None
    if more_than is None:
        return text
    same = "" if now.whole == weeks[-2].whole == 7 else ", by the weekdays that are whole in both"
    return f"{text} ({more_than:+.0%} against the week before{same})"


def _chart(weeks: Sequence[Week]) -> Block | None:
    """The weeks that have a whole day, as Slack draws them; None for a single one, which is no line."""
    shown = [each for each in weeks if each.whole][-MAX_POINTS:]
    if len(shown) < 2:
        return None
    labels = [f"{each.monday:%d %b %y}{'' if each.whole == 7 else ' *'}" for each in shown]
    series = {"sent": [round(each.average, 3) for each in shown]}
    if any(each.saved for each in shown):
        series["saved by deltas"] = [round(each.saved or 0.0, 3) for each in shown]
    return line_chart("MB/s by week, all streams together", labels, series, "Week from Monday (UTC)", "MB/s")


def trend_line(growth: Trend | None) -> str:
    if growth is None:
        return "Too few days are known for a trend."
    return (
        f"Trend: {growth.weekly:+.1%} a week (95 % interval {growth.low:+.1%} to {growth.high:+.1%}; "
        f"n = {growth.days} days)"
    )


def cap(found: Forecast, page: str = "", kept: bool = True) -> Message:
    """What a month comes to against its cap, and when it goes over. `kept`: the message can be edited."""
    title = "Monthly cap of the bandwidth"
    mark = {"over": "🔴 ", "crosses": "🟠 ", "within": "✅ "}[found.state]
    note = (
        f"Until {found.last}, UTC. Each day to come counts as the same weekday of the last four weeks, with the trend. "
    )
    note += "This message is kept up to date until the month is over." if kept else "A change of that is told once."
    text = f"{mark}{month_line(found)}"
    note += more(page)
    return Message((header(title), section(text), context(note)), f"{title}\n{plain(text)}\n{note}")


def month_line(found: Forecast) -> str:
    """What was measured is said as it is; what was not, or is to come, with *about*."""
    month, limit = f"{found.last:%B}", volume(found.cap)
    so_far = f"{volume(found.measured)} measured in {month} until the {ordinal(found.last)}"
    if found.unmeasured:
        so_far += f", about {volume(found.estimated)} more in {many(found.unmeasured)} not measured whole"
    end = f"about {volume(found.end)} are to be expected at its end ({volume(found.low)} to {volume(found.high)})"
    if found.crosses is None:
        return f"{month} stays within its cap of {limit}: {so_far}, {end}."
    if found.over:
        since = ("since about the " if found.unmeasured else "since the ") + ordinal(found.crosses)
        return f"*{month} is over its cap of {limit} {since}*: {so_far}."
    if found.crosses <= found.last:
        return f"*{month} is probably over its cap of {limit} since about the {ordinal(found.crosses)}*: {so_far}."
    return f"*{month} will cross its cap of {limit} on about the {ordinal(found.crosses)}*: {so_far}, {end}."


def _line(week: Week, top: float) -> str:
    if not week.whole:
        return f"{week.monday.isoformat()} {'not measured':<{_WIDTH}} {'–':>7}*"
    eighths = round(week.average / top * _WIDTH * 8)
    bar = "█" * (eighths // 8) + (_BARS[eighths % 8 - 1] if eighths % 8 else "")
    mark = " " if week.whole == 7 else "*"
    return f"{week.monday.isoformat()} {bar:<{_WIDTH}} {rate(week.average):>7}{mark}"


def _stream(day: Day) -> str:
    saved = f", {day.saved / (day.bytes + day.saved):.0%} saved" if day.saved else ""
    partly = "" if day.whole else f", {day.complete:.0%} measured"
    resets = f", counter began anew {day.resets} times" if day.resets else ""
    shown = cut(day.stream, 24).replace("`", "'")
    figures = f"{rate(day.average):>7} MB/s  p95 {rate(day.p95):>7}  max {rate(day.maximum):>7}"
    return f"{shown:<24} {figures}{saved}{partly}{resets}"


def turned(changed: Turnover) -> list[str]:
    """A line for each stream that is new or silent; the total goes on with them and without.

    Of a stream that changes its name again and again, the newest name alone.
    """
    lines = []
    old = set(changed.names.values())
    for new in [each for each in changed.new if each.stream not in old][:_MOST_STREAMS]:
        shown, since = name(new.stream), day_name(new.since)
        if new.was:
            was = name(new.was)
            lines.append(f"New: {shown} since {since}, as {was} fell silent, which sent about as much: renamed?")
        else:
            lines.append(f"New: {shown} since {since}.")
    lines += [
        f"Silent: {name(gone.stream)}, which sent last on {day_name(gone.last)}."
        for gone in changed.gone[:_MOST_STREAMS]
    ]
    return lines


def cut_lines(text: str, limit: int) -> str:
    """As many whole lines as fit."""
    lines: list[str] = []
    for line in text.splitlines():
        if sum(map(len, lines)) + len(lines) + len(line) > limit:
            break
        lines.append(line)
    return "\n".join(lines)
