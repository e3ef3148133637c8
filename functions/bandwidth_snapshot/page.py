"""The page of the bandwidth log: what needs attention, the days as a chart and as a table, the streams. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from html import escape

from bandwidth_snapshot import alert, wording
from bandwidth_snapshot.day import Day
from bandwidth_snapshot.view import Judged, View
from bandwidth_snapshot.words import day_name, many, plain, rate, volume
from kaizen.charts.lines import Chart, Line, Mark, svg
from kaizen.charts.scale import day_steps
from kaizen.reports.looks import BASE, document

RANGES = ((28, "4 weeks"), (91, "13 weeks"), (365, "a year"))
_WIDE, _NARROW = (920, 300), (330, 250)  # px of the chart at a desk and on a phone
STYLE = (
    BASE
    + """
.row { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: baseline; }
.stats { display: grid; gap: var(--gap); grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); }
.stat { gap: 2px; align-content: start; }
.stat b { font-size: 26px; line-height: 1.15; letter-spacing: -0.02em; display: block; }
figure { margin: 0; display: grid; gap: 8px; } figcaption { font-size: 13px; color: var(--soft); }
figure svg { max-width: 100%; height: auto; } .narrow { display: none; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-size: 12px; font-weight: 600; color: var(--soft); padding: 0 12px 6px 0; }
td { padding: 8px 12px 8px 0; border-top: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; white-space: nowrap; }
td:last-child, th:last-child { padding-right: 0; } td.first { overflow-wrap: anywhere; }
[aria-current] { color: var(--ink); font-weight: 600; }
@media (max-width: 640px) { main { padding: 16px; } .wide { display: none; } .narrow { display: block; }
  table.list thead { display: none; }
  table.list, table.list tbody, table.list tr, table.list td { display: block; }
  table.list tr { padding: 10px 0; border-top: 1px solid var(--line); }
  table.list td { padding: 0; border: 0; text-align: left; }
  table.list td[data-name] { display: inline-block; margin-right: 14px; }
  table.list td[data-name]::before { content: attr(data-name) " "; color: var(--soft); font-size: 12px; } }
"""
)


def html_page(view: View, addresses: Sequence[tuple[str, str, bool]], csv_address: str) -> str:
    """`addresses` lead to other ranges: label, address, whether it is this page's own."""
    title = headline(view.latest)
    links = "".join(
        f'<a href="{escape(address)}"{" aria-current=page" if here else ""}>{escape(label)}</a>'
        for label, address, here in addresses
    )
    return document(
        escape(title),
        STYLE,
        f'<div class="lead"><h1>{escape(title)}</h1>{_lead(view)}</div>{_streams(view)}{_stats(view)}'
        f"{_figure(view, links)}{_days(view, csv_address)}",
    )


def headline(latest: Judged) -> str:
    """What the last closed day comes to."""
    day, verdict = latest.day, latest.verdict
    if not day.complete:
        return f"{day_name(day.date)} was not measured"
    if not day.whole and verdict is None:
        return f"Only {day.complete:.0%} of {day_name(day.date)} was measured"
    sent = f"{rate(day.average)} MB/s on {day_name(day.date)}"
    if verdict is None:
        return f"{sent}: too few days are known to judge it"
    if verdict.unexpected and verdict.idle:
        return f"{sent}: next to nothing was expected"
    if verdict.unexpected:
        return f"{sent}: {verdict.ratio:.1f} times what was expected"
    return f"{sent}: as usual"


def _lead(view: View) -> str:
    """What goes on comes first: what rose, since when, by which streams and builds. Slack's escapes are HTML's own."""
    found = view.found
    rising = "".join(f'<p class="words"><b>{plain(alert.rose(each, found))}</b></p>' for each in found.going)
    lines = [wording.trend_line(view.growth)]
    if view.month is not None:
        lines.append(plain(wording.month_line(view.month)))
    odd = [each for each in view.totals if each.unexpected]
    if odd and not found.going:
        days = f"{len(odd)} of {len(view.totals)} days" if len(odd) > 1 else f"One of {len(view.totals)} days"
        last = odd[-1].verdict
        assert last is not None
        lines.append(
            f"{days} sent more than usual, the last on {day_name(odd[-1].day.date)}: {rate(last.day.average)} MB/s, "
            f"where {rate(last.low)} to {rate(last.high)} MB/s would have been usual."
        )
    shown = "".join(f'<p class="soft">{escape(line)}</p>' for line in lines)
    turned = "".join(f'<p class="words">{line}</p>' for line in wording.turned(found.changed))
    banners = "".join(f'<section class="banner">{each}</section>' for each in (rising, turned) if each)
    return banners + shown


def _stats(view: View) -> str:
    day, verdict = view.latest.day, view.latest.verdict
    expected = "nothing to compare with yet"
    if verdict is not None:
        expected = f"{rate(verdict.low)} to {rate(verdict.high)} would be usual"
    sent = sum(each.day.bytes for each in view.totals)
    measured = sum(each.day.complete > 0 for each in view.totals)
    known = [each.day for each in view.totals if each.day.saved is not None]
    saved, beside = sum(each.saved or 0 for each in known), sum(each.bytes for each in known)
    share = f"{saved / (beside + saved):.0%} of what would have been sent" if saved else "nothing was saved"
    on = f", on {many(len(known))} on which that is known" if len(known) < len(view.totals) else ""
    stats = [
        (_figure_of(day, day.average), f"{day.date}, on average; {expected}"),
        (_figure_of(day, day.maximum), f"most in five minutes of that day; 95 % stayed below {rate(day.p95)}"),
        (volume(sent) if measured else "–", f"measured in {many(measured)} of {many(len(view.totals))}"),
        (volume(saved) if known else "–", f"saved by deltas: {share}{on}" if known else "saved by deltas: not known"),
    ]
    cards = "".join(
        f'<div class="card stat"><b>{escape(figure)}</b><span class="small soft">{escape(words)}</span></div>'
        for figure, words in stats
    )
    return f'<section class="stats">{cards}</section>'


def _figure_of(day: Day, value: float) -> str:
    return f"{rate(value)} MB/s" if day.complete else "not measured"


def _figure(view: View, links: str) -> str:
    missing = (view.last - view.first).days + 1 - len(view.totals)
    partial = sum(not each.day.whole for each in view.totals)
    odd = sum(each.unexpected for each in view.totals)
    caption = (
        f"All streams together, {view.first} to {view.last}, n = {many(len(view.totals))}; MB = 10⁶ bytes, UTC. "
        f"Band: what would be usual by the same weekdays. Above it, marked by a diamond: {many(odd)}."
    )
    if missing:
        caption += f" Without a record: {many(missing)}."
    if resets := sum(each.day.resets for each in view.totals):
        caption += f" Counters began anew {resets} times; what was sent just before that is not known."
    if partial:
        caption += f" Not measured whole and so not judged, an empty circle: {many(partial)}."
    pictures = "".join(
        f'<div class="{name}">{svg(chart(view, most), *size)}</div>'
        for name, size, most in (("wide", _WIDE, 10), ("narrow", _NARROW, 4))
    )
    return (
        f'<section class="card"><header><h2>MB/s by day</h2><nav class="row small">{links}</nav></header>'
        f"<figure>{pictures}<figcaption>{escape(caption)}</figcaption></figure></section>"
    )


def chart(view: View, most_ticks: int) -> Chart:
    """Averages as a line with gaps, what was expected dashed within its band."""
    known = {each.day.date: each for each in view.totals}
    days = [view.first + timedelta(days=each) for each in range((view.last - view.first).days + 1)]
    averages = [(_x(day), known[day].day.average if day in known and known[day].day.complete else None) for day in days]
    verdicts = [(day, known[day].verdict if day in known else None) for day in days]
    marks = [
        Mark(_x(day), each.day.average, "bad" if each.unexpected else "warn")
        for day, each in known.items()
        if each.unexpected or (each.day.complete > 0 and not each.day.whole)
    ]
    latest = view.latest
    return Chart(
        says=f"Megabytes a second by day from {view.first} to {view.last}: {headline(latest)}.",
        unit="MB/s",
        lines=[
            Line("expected", [(_x(day), verdict.expected if verdict else None) for day, verdict in verdicts], "dashed"),
            Line("average", averages),
        ],
        ticks=[(_x(day), label) for day, label in day_steps(view.first, view.last, most_ticks)],
        band=[(_x(day), verdict.low, verdict.high) for day, verdict in verdicts if verdict is not None],
        marks=marks,
        hints=[(_x(day), _hint(known[day])) for day in days if day in known],
    )


def _x(day: date) -> float:
    return float(day.toordinal())


def _hint(each: Judged) -> str:
    usual = ""
    if each.verdict is not None:
        usual = f"; usual {rate(each.verdict.low)} to {rate(each.verdict.high)}"
    sent = f" {rate(each.day.average)} MB/s{usual};" if each.day.complete else ""
    resets = f"; counter began anew {each.day.resets} times" if each.day.resets else ""
    return f"{day_name(each.day.date)}:{sent} {_state(each)[1]}{resets}"


def _state(each: Judged) -> tuple[str, str]:
    if not each.day.complete:
        return "warn", "not measured"
    if not each.day.whole and each.verdict is None:
        return "warn", f"{each.day.complete:.0%} measured"
    if each.verdict is None:
        return "", "not judged"
    return ("bad", "unexpected") if each.unexpected else ("good", "usual")


def _streams(view: View) -> str:
    latest = view.latest.day.date
    rows = sorted(
        (days[-1] for days in view.streams.values() if days and days[-1].day.date == latest),
        key=lambda each: -each.day.bytes,
    )
    rows.sort(key=lambda each: not each.unexpected)
    body = "".join(_row(each, escape(each.day.stream)) for each in rows)
    if view.left_out:
        left = f"{many(view.left_out, 'smaller stream')} not shown; all figures of all streams together have them."
        body += f'<tr><td class="first soft" colspan="8">{left}</td></tr>'
    empty = '<p class="soft">No stream has a record of that day.</p>'
    return (
        f'<section class="card"><header><h2>Streams on {escape(day_name(latest))}</h2></header>'
        f"{_table('Stream', body) if body else empty}</section>"
    )


def _days(view: View, csv_address: str) -> str:
    body = "".join(_row(each, escape(day_name(each.day.date))) for each in reversed(view.totals))
    return (
        f'<section class="card"><header><h2>Days, all streams together</h2><a class="small" '
        f'href="{escape(csv_address)}">CSV with all streams</a></header>{_table("Day (UTC)", body)}</section>'
    )


def _table(first: str, body: str) -> str:
    names = "".join(f'<th class="number">{name}</th>' for name, _ in _columns(None))
    return (
        f'<table class="list"><thead><tr><th>{first}</th><th>State</th>{names}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _row(each: Judged, name: str) -> str:
    look, words = _state(each)
    if each.day.resets:
        words += ", counter began anew"
    cells = "".join(f'<td class="number" data-name="{column}">{escape(value)}</td>' for column, value in _columns(each))
    return f'<tr><td class="first">{name}</td><td><span class="state {look}">{words}</span></td>{cells}</tr>'


def _columns(each: Judged | None) -> Iterator[tuple[str, str]]:
    day, verdict = (each.day, each.verdict) if each is not None else (None, None)
    if day is not None and not day.complete:
        yield from ((column, "–") for column in ("MB/s", "expected", "p95", "most", "sent", "saved"))
        return
    yield "MB/s", rate(day.average) if day else ""
    yield "expected", rate(verdict.expected) if verdict else "–"
    yield "p95", rate(day.p95) if day else ""
    yield "most", rate(day.maximum) if day else ""
    yield "sent", volume(day.bytes) if day else ""
    yield "saved", volume(day.saved) if day and day.saved else "–"
