"""What people are told of a rise: what rose, how much, since when and why; and when it is over. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

from bandwidth_snapshot.builds import Stretch
from bandwidth_snapshot.day import Day
from bandwidth_snapshot.detector import Verdict
from bandwidth_snapshot.log import Entry
from bandwidth_snapshot.names import ALL
from bandwidth_snapshot.rises import LEVEL, USUAL_DAYS, Rise
from bandwidth_snapshot.study import Study
from bandwidth_snapshot.words import DAYS, day_name, many, more, name, plain, rate, volume
from kaizen.pager.events import Incident, Link
from kaizen.slack.blocks import Message, context, header, section

TITLE = "Unexpected bandwidth"
_MOST_BUILDS, _MOST_NAMED = 3, 3
_MORE = 1.2  # times as much after a build as before it, where it may be the reason


def message(rise: Rise, found: Study, peaks: Day, page: str = "") -> Message:
    """`peaks` is the record of the day that is told of, with its p95 and maximum."""
    verdict = rise.main
    day = verdict.day
    parts = [_lead(rise), began(rise, found), _usual(verdict), _most(rise, found), *builds(rise, found)]
    if rise.ended is None:
        parts += [_latest(rise, found), _cost(verdict)]
    text = "\n".join(each for each in parts if each)
    note = f"On {day.date}: peak {rate(peaks.maximum)} MB/s, p95 {rate(peaks.p95)} MB/s, {day.complete:.0%} of the day "
    note += f"measured, UTC.{more(page)}"
    return Message((header(TITLE), section(text), context(note)), f"{TITLE}\n{plain(text)}\n{note}")


def rose(rise: Rise, found: Study) -> str:
    """A rise that goes on, in a line for other pages."""
    verdict = rise.main
    times = f"{verdict.ratio:.1f} times what is usual" if not verdict.idle else "more than is usual"
    text = (
        f"{_who(rise)}: {rate(verdict.day.average)} MB/s on {day_name(verdict.day.date)}, {times}. {began(rise, found)}"
    )
    return " ".join(each for each in (text, _most(rise, found), *builds(rise, found)) if each)


def withdrawn(since: date, page: str = "") -> Message:
    """For days that turned out to be usual, when more of them was measured."""
    text = f"✅ *Nothing unexpected since {day_name(since)} after all*: measured anew, its days were usual."
    note = f"UTC.{more(page)}"
    return Message((header(TITLE), section(text), context(note)), f"{TITLE}\n{plain(text)}\n{note}")


def incident(rise: Rise, key: str, told: Message, page: str, now: datetime) -> Incident:
    """The page: what the message says, in one sentence and in full."""
    verdict = rise.main
    return Incident(
        key=key,
        summary=f"Bandwidth of {'all streams' if rise.total else ', '.join(rise.streams)[:200]}: "
        f"{rate(verdict.day.average)} MB/s on {verdict.day.date}, about {rate(verdict.expected)} MB/s expected",
        source="bandwidth_snapshot",
        severity="warning",
        at=now,
        component="*" if rise.total else verdict.day.stream,
        details={"what to do": "Find out which stream grew, and whether that was meant.", "message": told.text},
        links=(Link(page, "Bandwidth log"),) if page else (),
    )


def _who(rise: Rise) -> str:
    if rise.total:
        return "All streams together"
    first = f"The stream {name(rise.main.day.stream)}"
    return first if len(rise.streams) == 1 else f"{first} and {many(len(rise.streams) - 1, 'other')}"


def _times(verdict: Verdict) -> str:
    return "" if verdict.idle else f", {verdict.ratio:.1f} times as much"


def _expected(verdict: Verdict) -> str:
    if verdict.idle:
        return "next to nothing was expected"
    return f"about {rate(verdict.expected)} MB/s were expected"


def _lead(rise: Rise) -> str:
    verdict = rise.main
    if rise.ended is not None and rise.level:
        return (
            f"🔵 *{_who(rise)} stayed at the new level*: {rate(verdict.day.average)} MB/s on {verdict.day.date}, where "
            f"{_expected(verdict)}. That is {LEVEL.days} days by now: from here on it is what is usual."
        )
    if rise.ended is not None:
        return (
            f"✅ *Usual again since {day_name(rise.ended)}*. {_who(rise)} sent {rate(verdict.day.average)} MB/s on "
            f"{verdict.day.date}, where {_expected(verdict)}."
        )
    sent = f"{_who(rise)} sent {rate(verdict.day.average)} MB/s on {day_name(verdict.day.date)}"
    return f"🔴 *{sent}*; {_expected(verdict)}{_times(verdict)}."


def began(rise: Rise, found: Study) -> str:
    """Since when, and of one day alone, what the day before it was."""
    until = (rise.ended or found.day + timedelta(days=1)) - timedelta(days=1)
    length = (until - rise.since).days + 1
    if length > 1:
        days = [rise.since + timedelta(days=each) for each in range(length)]
        unknown = sum(found.verdict(rise.main.day.stream, each) is None for each in days)
        text = f"Above usual since {day_name(rise.since)}: {many(len(rise.odd))} of {length} unexpected"
        return f"{text}, {unknown} not judged." if unknown else f"{text}."
    before = rise.since - timedelta(days=1)
    verdict, entry = found.verdict(rise.main.day.stream, before), found.entry_of(before)
    if verdict is not None:
        return f"Since {day_name(rise.since)}: the day before was usual."
    if entry is None:
        why = "the day before has no record"
    elif not entry.total.whole:
        why = f"only {entry.total.complete:.0%} of the day before was measured"
    else:
        why = "the day before was not judged"
    return f"Since {day_name(rise.since)} or earlier: {why}."


def _usual(verdict: Verdict) -> str:
    names = "Sundays and holidays" if verdict.holidays else f"{DAYS[verdict.day.date.weekday()]}s"
    compared = f"the last {len(verdict.compared)} {names}" if verdict.same_weekday else "the last four weeks"
    return f"Usual were {rate(verdict.low)} to {rate(verdict.high)} MB/s, by {compared}."


def _most(rise: Rise, found: Study) -> str:
    """The streams that most of it comes from, with how much more than usual each sends."""
    grown = [(stream, extra) for stream, extra in found.contributors(rise.main) if extra > 0]
    if not rise.total:
        grown = [(stream, extra) for stream, extra in grown if stream in rise.streams]
        if len(rise.streams) == 1:
            return ""
    new = {each.stream: f" (new since {day_name(each.since)})" for each in found.changed.new if not each.was}
    new |= {each: f" (until now {name(was)}?)" for each, was in found.changed.names.items()}
    shown = [f"{name(stream)} {extra:+.2f} MB/s{new.get(stream, '')}" for stream, extra in grown[:_MOST_NAMED]]
    left = f", and {many(len(grown) - _MOST_NAMED, 'more stream')}" if len(grown) > _MOST_NAMED else ""
    return f"Most of it: {', '.join(shown)}{left}." if shown else ""


def _latest(rise: Rise, found: Study) -> str:
    """What the days after the last unexpected one were: nothing, where it is the last closed day."""
    if rise.main.day.date == found.day:
        return ""
    verdict = found.verdict(rise.main.day.stream, found.day)
    if verdict is None:
        share = found.entry.total.complete
        said = f"only {share:.0%} of it was measured" if share < 1 else "it could not be judged"
        return f"{day_name(found.day)}: {said}."
    return (
        f"{day_name(found.day)}: {rate(verdict.day.average)} MB/s, about {rate(verdict.expected)} MB/s expected. "
        f"After {USUAL_DAYS} usual days in a row this is over."
    )


def _cost(verdict: Verdict) -> str:
    return f"At this rate that is {volume((verdict.day.average - verdict.expected) * 1e6 * 86400 * 30)} more a month."


def builds(rise: Rise, found: Study) -> list[str]:
    """A line for each build that began on the first day of a rise; it need not be the reason."""
    entry, before = found.entry_of(rise.since), found.entry_of(rise.since - timedelta(days=1))
    if entry is None:
        return []
    verdict = found.verdict(ALL, rise.since)
    compared = [] if verdict is None else [found.entry_of(each) for each in verdict.compared]
    usual = _usual_hours([each for each in compared if each is not None])
    ran = [*(before.builds[-1:] if before is not None else ()), *entry.builds]
    return [_build(old, new, entry, usual) for old, new in changes(ran, rise.since)][-_MOST_BUILDS:]


def changes(ran: Sequence[Stretch], day: date) -> Iterator[tuple[Stretch, Stretch]]:
    """Pairs of builds one after the other, of which the second began on the day."""
    return (pair for pair in pairwise(ran) if pair[0].build != pair[1].build and pair[1].since.date() == day)


def _build(old: Stretch, new: Stretch, entry: Entry, usual: Sequence[float | None]) -> str:
    """The same hours of other days tell what a build changed; those before it would compare night with day."""
    text = f"Build {name(new.build, 64)} began at {new.since:%H:%M} UTC on {new.since.date()}"
    hour = new.since.hour
    times = [_share(entry.hours, usual, hours) for hours in (range(hour), range(hour + 1, 24))]
    if times[0] is None or times[1] is None:
        return f"{text}."
    why = " That may be why." if times[1] >= _MORE * times[0] else ""
    return f"{text}: before it {times[0]:.1f} times what these hours usually send, after it {times[1]:.1f} times.{why}"


def _share(hours: Sequence[float | None], usual: Sequence[float | None], which: range) -> float | None:
    pairs = [
        (now, was) for each in which if each < min(len(hours), len(usual)) for now, was in [(hours[each], usual[each])]
    ]
    known = [(now, was) for now, was in pairs if now is not None and was is not None]
    total = sum(was for _, was in known)
    return sum(now for now, _ in known) / total if total > 0 else None


def _usual_hours(entries: Sequence[Entry]) -> list[float | None]:
    found: list[float | None] = []
    for hour in range(24):
        rates = [each.hours[hour] for each in entries if hour < len(each.hours)]
        known = [each for each in rates if each is not None]
        found.append(median(known) if known else None)
    return found
