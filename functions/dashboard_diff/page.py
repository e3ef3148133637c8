"""Everything about a comparison on one page: pictures of layouts, every change, every query. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kaizen.dashboards import picture
from kaizen.dashboards.files import FileDiff, urgency, verdict
from kaizen.dashboards.line_names import MOST
from kaizen.dashboards.marks import Effort
from kaizen.dashboards.markup import Room, body, escape
from kaizen.dashboards.sentences import many
from kaizen.dashboards.style import STYLE

LARGEST = 4_000_000  # bytes
_FOOT = 4_000  # of them, for what stands below the last dashboard
_ROOM = Room(words=400, queries=100, lines=600, grid=False, drops=500)
_STATES = {"🔴": ("bad", "breaks"), "🟡": ("warn", "changed"), "🟢": ("good", "no changes"), "⚪": ("", "not compared")}
_STYLE = (
    STYLE
    + """
main { max-width: 1200px; }
.sides { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); align-items: start; }
.sides figure { margin: 0; display: grid; gap: 6px; } .sides figcaption { font-weight: 600; font-size: 13px; }
.sides svg { width: 100%; height: auto; max-width: 640px; display: block; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 16px; list-style: none; padding: 0; font-size: 13px; }
.legend li { display: flex; gap: 6px; align-items: center; }
.changes > li.moved, .changes > li.renamed { border-color: var(--accent); }
.chart { margin: 0; display: grid; gap: 4px; max-width: 480px; }
.chart figcaption { font-size: 12px; color: var(--soft); }
.query { width: 100%; height: auto; display: block; } .query text { font-size: 12px; fill: var(--soft); }
.query .grid { stroke: var(--line); fill: none; } .query path { fill: none; stroke-width: 1.5; stroke-linejoin: round; }
.query .old { stroke: var(--soft); stroke-dasharray: 5 4; } .query .new { stroke: var(--accent); }
.query { --s1: var(--accent); --s2: var(--warn); --s3: var(--good); --s4: #7a3fb8; --s5: #0f7285; }
@media (prefers-color-scheme: dark) { .query { --s4: #c79bff; --s5: #5cc4d6; } }
.query .whole { stroke: var(--soft); }
.query .none { fill: var(--bad); font-weight: 600; }
"""
    + "".join(
        f".query .s{each} {{ stroke: var(--s{each}); }} .query .t{each} {{ fill: var(--s{each}); font-weight: 600; }}\n"
        for each in range(1, MOST + 1)
    )
    + """.toc { padding-left: 20px; display: grid; gap: 4px; }
"""
)


@dataclass(frozen=True, slots=True)
class About:
    """What was compared: `title` is of the pull request, `address` its page, `when` an instant for people. Foreign."""

    title: str = ""
    address: str = ""
    name: str = ""
    head_sha: str = ""
    when: str = ""


def html_page(files: Sequence[FileDiff], left_out: Sequence[str], about: About) -> str:
    """At most LARGEST bytes in UTF-8: of dashboards that have no room, only their names are there."""
    _, words = verdict(files, left_out)
    ordered = sorted(files, key=urgency)
    title = f"{words[:1].upper()}{words[1:]}"
    parts = [_head(title, about), f'<div class="lead"><h1>{escape(title)}</h1>{_facts(about)}</div>']
    parts += [f'<section class="banner">⚠️ {escape(each)}</section>' for each in left_out]
    if len(ordered) > 3:
        parts.append(_contents(ordered))
    size = sum(len(each.encode()) for each in parts) + _FOOT
    cut = 0
    effort = Effort()
    for number, each in enumerate(ordered):
        card = _card(each, number, effort, alone=len(files) == 1)
        if (size := size + len(card.encode())) > LARGEST:
            size -= len(card.encode())
            cut += 1
        else:
            parts.append(card)
    if cut:
        parts.append(f'<section class="banner">No room here for {many(cut, "dashboard")}: '
                     "<code>./kaizen dashboard_diff git</code> shows all.</section>")  # fmt: skip
    return "".join([*parts, "</main></body></html>"])


def _head(title: str, about: About) -> str:
    named = f"{title} · {about.name}" if about.name else title
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(named[:300])}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">'
        f"<style>{_STYLE}</style></head><body><main>"
    )


def _facts(about: About) -> str:
    name = escape(about.name)
    linked = f'<a href="{escape(about.address)}" rel="noreferrer">{name}</a>' if about.address else name
    facts = [
        linked,
        escape(about.title[:300]),
        f"at <code>{escape(about.head_sha[:7])}</code>" if about.head_sha else "",
        escape(about.when),
    ]
    shown = " · ".join(each for each in facts if each)
    return f'<p class="soft words">Grafana dashboards{f" in {shown}" if shown else ""}</p>'


def _contents(files: Sequence[FileDiff]) -> str:
    items = "".join(
        f'<li><a href="#d{number}">{escape(each.path[:200])}</a> <span class="small soft">{escape(verdict([each])[1])}'
        "</span></li>"
        for number, each in enumerate(files[:200])
    )
    return f'<nav class="card" aria-label="Dashboards"><ol class="toc">{items}</ol></nav>'


def _card(given: FileDiff, number: int, effort: Effort, *, alone: bool) -> str:
    sign, words = verdict([given])
    colour, state = _STATES[sign]
    if given.diff is not None and given.diff.blank and not given.diff.breaking:
        state = "goes blank"
    elif given.diff is not None and given.diff.state in ("added", "removed"):
        state = given.diff.state
    told = "" if alone else f'<p class="words">{escape(words[:1].upper() + words[1:])}.</p>'
    title = given.diff.title if given.diff is not None else given.path
    renamed = f" (was <code>{escape(given.old_path[:300])}</code>)" if given.old_path else ""
    return (
        f'<section class="card" id="d{number}"><header><h2>{escape(title[:300])}</h2>'
        f'<span class="state {colour}">{state}</span></header>'
        f'<p class="small soft words"><code>{escape(given.path[:300])}</code>{renamed}</p>'
        f"{told}{''.join(_pictures(given))}{body(given, _ROOM, effort)}</section>"
    )


def _pictures(given: FileDiff) -> Iterator[str]:
    plan = given.diff.plan if given.diff is not None else None
    if plan is None or not plan.marks:
        return
    yield '<div class="sides">'
    for name, side in (("Before", plan.before), ("After", plan.after)):
        drawn = picture.one(side, plan.marks, f"{name}: {picture.words(plan)}")
        yield f"<figure><figcaption>{name}</figcaption>{drawn}</figure>"
    items = "".join(f"<li>{picture.swatch(each)} {picture.SIGNS[each]} {each}</li>" for each in plan.marks)
    yield f'</div><ul class="legend" aria-label="Legend">{items}</ul>'
