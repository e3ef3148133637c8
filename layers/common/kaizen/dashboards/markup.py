"""A comparison of dashboards as HTML: the sentences that pull requests show, every foreign part escaped. Pure."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kaizen.dashboards import Change, Diff, Metrics, QueryChange, marks
from kaizen.dashboards.drops import Drop, counts, unlisted
from kaizen.dashboards.files import FileDiff
from kaizen.dashboards.marks import Effort
from kaizen.dashboards.sentences import ALARM, Quoted, Sentence, many
from kaizen.dashboards.variables import chosen

_MOST_NAMES, _MOST_LINES = 40, 120
_KEY, _ANY = "the last 6 hours", ", for any value of the variables"
_WIDEST = 2000  # characters of a line
_MARKS = re.compile(r"  [ ^]*\^[ ^]*")


@dataclass(frozen=True, slots=True)
class Room:
    """How much of one change is shown, whether the layout is told as text, and how much of what was left out."""

    words: int = 20
    queries: int = 8
    lines: int = 60
    grid: bool = True
    drops: int = 0


def escape(text: str) -> str:
    return html.escape(text)


_SHORT = Room()


def body(given: FileDiff, room: Room = _SHORT, effort: Effort | None = None) -> str:
    """What breaks, every change with its queries, the layout, metrics, and what was left out. `effort` is the
    whole page's, None for one of its own."""
    return "".join(_parts(given, room, effort or Effort()))


def _parts(given: FileDiff, room: Room, effort: Effort) -> Iterator[str]:
    yield from (f'<p class="words">⚠️ {escape(each)}</p>' for each in given.problems)
    if given.diff is None:
        return
    items = [
        f'<li class="breaks"><p class="words"><b>Breaks:</b> {_sentence(each)}</p></li>' for each in given.diff.breaking
    ]
    items += [_change(each, room, effort) for each in given.diff.changes]
    if items:
        yield f'<ul class="changes">{"".join(items)}</ul>'
    elif not given.problems:
        yield '<p class="soft">No changes but those that Grafana makes by itself.</p>'
    yield from _after(given.diff, room)


def _sentence(words: Sentence) -> str:
    return "".join(f"<code>{escape(each.text)}</code>" if isinstance(each, Quoted) else escape(each) for each in words)


def _change(given: Change, room: Room, effort: Effort) -> str:
    subject = "" if given.subject in ("panel", "panels") else f"{given.subject} "
    name = " → ".join(f"<b>{escape(each[:200])}</b>" for each in given.titles)
    where = f' <span class="soft">in {escape(given.where[:100])}</span>' if given.where else ""
    what = "" if given.what in ("changed", "renamed", "moved") else f" {given.what}"
    words = [_sentence(each) for each in given.words[: room.words]]
    if len(given.words) > room.words:
        words.append(f"and {len(given.words) - room.words} more settings")
    colon = ": " if name and words else " " if words else ""
    queries = given.queries[: room.queries] if given.what != "removed" else ()
    more = len(given.queries) - len(queries) if queries else 0
    shown = "".join(_query(each, room, effort, whole=given.what == "added") for each in queries)
    rest = f'<p class="soft">and {many(more, "more query", "more queries")}</p>' if more else ""
    line = f'<p class="words">{subject}{name}{where}{what}{colon}{"; ".join(words)}</p>'
    return f'<li class="{"breaks" if given.blank else given.what}">{line}{shown}{rest}</li>'


def _query(given: QueryChange, room: Room, effort: Effort, *, whole: bool) -> str:
    state = "" if whole or (given.before and given.after) else "new" if given.after else "removed"
    said = [_sentence(each) for each in given.words] or ([state] if state else [])
    live = _sentence(given.live)
    alarming = live.startswith(ALARM)
    words = "; ".join([*said, *([live] if live and not alarming else [])])
    quiet = given.name in ("", "for example")
    name = given.name or "query" if quiet else f"query <code>{escape(given.name[:60])}</code>"
    label = f'<p class="small words">{name}{f": {words}" if words else ""}</p>'
    if alarming:
        label += f'<p class="words"><b>{live}</b></p>'
    if given.chart:
        varied = _ANY if chosen(given.before) or chosen(given.after) else ""
        label += f'<figure class="chart">{given.chart}<figcaption>{_KEY}{varied}</figcaption></figure>'
    if not given.before:
        return label + _pre(
            f"{escape(line[:_WIDEST])}\n" for line in given.after.strip().splitlines()[: room.lines // 3]
        )
    return label + _pre(_coloured(marks.lines(given.before, given.after, effort, _WIDEST)[: room.lines]))


def _coloured(lines: Sequence[str]) -> Iterator[str]:
    """Lines of a diff; where there are marks of what differs, that alone is coloured, else whole lines."""
    whole = not any(_MARKS.fullmatch(line) for line in lines)
    for place, line in enumerate(lines):
        if _MARKS.fullmatch(line):
            continue
        below = lines[place + 1] if place + 1 < len(lines) else ""
        tag = {"-": "del", "+": "ins"}.get(line[:1])
        text = line[:_WIDEST]
        if tag is None:
            yield f"{escape(text)}\n"
        elif _MARKS.fullmatch(below):
            yield f"{_marked(text, below, tag)}\n"
        else:
            yield f"<{tag}>{escape(text)}</{tag}>\n" if whole else f"{escape(text)}\n"


def _marked(line: str, below: str, tag: str) -> str:
    shown, at = "", 0
    for found in re.finditer(r"\^+", below):
        shown += escape(line[at : found.start()])
        shown += f"<{tag}>{escape(line[found.start() : found.end()])}</{tag}>"
        at = found.end()
    return shown + escape(line[at:])


def _pre(lines: Iterator[str]) -> str:
    return f'<pre class="diff">{"".join(lines).rstrip()}</pre>'


def _after(diff: Diff, room: Room) -> Iterator[str]:
    if diff.layout and room.grid:
        shown = list(_coloured(diff.layout[:_MOST_LINES]))
        yield f"<details><summary>Layout, before and after</summary>{_pre(iter(shown))}</details>"
    yield from _metrics(diff.metrics)
    quiet = [_sentence(each) for each in diff.notes]
    if quiet:
        yield f'<p class="small soft words">{"; ".join(quiet[:10])}</p>'
    if diff.noise and room.drops:
        yield from _dropped(diff.drops, room.drops)
    elif diff.noise:
        yield f'<p class="small soft words">{unlisted(diff.noise)}</p>'


def _dropped(given: Sequence[Drop], most: int) -> Iterator[str]:
    """Closed, for who wants to see that it means nothing."""
    items = "".join(f"<li><b>{escape(each.kind)}</b> {_sentence(each.sentence)}</li>" for each in given[:most])
    more = f"<li>and {len(given) - most} more</li>" if len(given) > most else ""
    head = unlisted(counts(given))
    yield f'<details class="small"><summary>{head}</summary><ul class="words">{items}{more}</ul></details>'


def _metrics(given: Metrics) -> Iterator[str]:
    parts = []
    for said, names in given.groups:
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        listed = ", ".join(f"<code>{escape(name[:120])}</code>" for name in names[:_MOST_NAMES])
        parts.append(f"{said}: {listed}{more}")
    if parts:
        yield f'<p class="small words"><b>Metrics</b> {" · ".join(parts)}{given.guessed}</p>'
    if given.behind:
        items = "".join(f"<li>{_sentence(each)}</li>" for each in given.behind[:_MOST_NAMES])
        more = f"<li>and {len(given.behind) - _MOST_NAMES} more</li>" if len(given.behind) > _MOST_NAMES else ""
        yield f'<ul class="small words">{items}{more}</ul>'
