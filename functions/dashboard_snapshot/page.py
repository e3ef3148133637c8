"""Two runs side by side, as a page and as Markdown. Pure."""

import json
import re
from collections.abc import Sequence
from urllib.parse import urlencode

from dashboard_snapshot import commands
from dashboard_snapshot.addresses import address
from dashboard_snapshot.comparing import Comparison, Source
from dashboard_snapshot.diffs import Told, summary
from dashboard_snapshot.model import KINDS, Entry, Manifest
from kaizen.dashboards import markdown
from kaizen.dashboards.markup import body, escape
from kaizen.dashboards.sentences import many
from kaizen.dashboards.style import STYLE
from kaizen.github.markdown import code, prose
from kaizen.reports.looks import document

LARGEST = 4_000_000  # bytes of a page's cards; Lambda answers at most 6 MB, as JSON
_LEAVES, _VALUE = 60, 2000  # places of one card, characters of a value
_COMMIT = re.compile(r"[0-9a-f]{40}")
_DONE = {"added": "created", "removed": "deleted", "changed": "edited", "moved": "moved"}
_WHO: dict[Source, tuple[str, str]] = {
    "ui": ("warn", "in the UI"), "provisioning": ("good", "by provisioning"), "program": ("", "by a program"),
}  # fmt: skip


def headline(comparison: Comparison) -> str:
    count = len(comparison.differences)
    edits = len(comparison.edits)
    if not count:
        return "No dashboard differs"
    which = f"{edits} of them" if count != edits else "all of them" if count > 1 else ""
    which = f", {which} edited in the UI" if which else ", edited in the UI"
    return f"{kinds_of([each.entry for each in comparison.differences])} differ{'s' if count == 1 else ''}{which}"


def kinds_of(entries: Sequence[Entry]) -> str:
    """`2 dashboards and 1 alert rule`."""
    numbers = [(sum(each.kind == kind for each in entries), name) for kind, name in KINDS.items()]
    parts = [many(number, name) for number, name in numbers if number]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def weight(text: str) -> int:
    """Bytes that it takes in an answer, at most: there it stands as a JSON string."""
    return len(json.dumps(text))


def html_page(
    comparison: Comparison, told: Sequence[Told], grafana: str, path: str, query: dict[str, str], drift: str = ""
) -> str:
    """The whole page. `path` and `query` are its own address: what has no room is linked, one dashboard at a time.

    `drift` is the card of git and Grafana, as HTML.
    """
    cards: list[str] = []
    size = 0
    for each in told:
        card = _card(each, grafana, "")
        left_out = each.diff is None and not each.leaves and each.difference.what != "moved"
        # One that is shown by itself has no other place to go to.
        alone_here = query.get("uid") == each.difference.entry.uid
        if not alone_here and (left_out or size + weight(card) > LARGEST):
            alone = f"{path}?{urlencode(query | {'uid': each.difference.entry.uid})}"
            card = _card(Told(each.difference), grafana, alone)
        size += weight(card)
        cards.append(card)
    older, newer = comparison.older, comparison.newer
    words = summary(told)
    lead = f'<p class="soft">{escape(words)}</p>' if words else ""
    runs = f'<section class="runs">{_run("Before", older)}{_run("After", newer)}</section>'
    unread = _unread(comparison.unread)
    title = headline(comparison)
    head = f'<div class="lead"><h1>{title}</h1>{lead}</div>{runs}{_partial(older)}{_partial(newer)}'
    return document(title, STYLE, f"{head}{''.join(cards)}{drift}{unread}")


def _run(name: str, run: Manifest) -> str:
    state = '<span class="state good">complete</span>' if run.complete else '<span class="state warn">partial</span>'
    named = (("git", run.git_ref), ("deployed", run.deployed_ref))
    refs = [f'{word} <code title="{escape(ref)}">{escape(short(ref))}</code>' for word, ref in named if ref]
    return (
        f'<div class="card"><header><b>{name}: {run.started_at:%Y-%m-%d %H:%M} UTC</b>{state}</header>'
        f'<p class="small soft words">run <code>{run.run}</code> · {len(run.entries)} of {many(run.found, "dashboard")}'
        f"{''.join(f' · {each}' for each in refs)}</p></div>"
    )


def short(ref: str) -> str:
    """A commit as people write it; tags and branches whole, up to 60 characters."""
    return ref[:12] if _COMMIT.fullmatch(ref) else ref[:60]


def _partial(run: Manifest) -> str:
    if run.complete:
        return ""
    reasons = "".join(f"<li>{escape(str(each))}</li>" for each in run.reasons)
    lead = f"<b>Run {run.run} is partial: what it lacks is not deleted.</b>"
    return f'<section class="banner">{lead}<ul>{reasons}</ul></section>'


def _card(given: Told, grafana: str, alone: str) -> str:
    difference = given.difference
    entry = difference.entry
    colour, who = _WHO[difference.source]
    if difference.after is None:
        colour, who = "bad", "from Grafana"
    name, where = escape(entry.title[:300]), address(grafana, entry.url)
    title = name if difference.after is None else f'<a href="{escape(where)}" rel="noreferrer">{name}</a>'
    if alone:
        shown = f'<p><a href="{escape(alone)}">Show what changed here</a></p>'
    else:
        shown = body(given.diff) if given.diff is not None else _leaves(given)
    moved = ""
    if given.moved:
        assert difference.before is not None
        moved = f"<p>Moved here from <b>{escape(difference.before.folder or 'the root')}</b>.</p>"
    return (
        f'<section class="card"><header><h2>{title}</h2><span class="state {colour}">'
        f"{_DONE[difference.what]} {who}</span></header>"
        f'<p class="small soft words">{escape(_facts(given))}</p>{moved}{shown}</section>'
    )


def _leaves(given: Told) -> str:
    """Of what is no dashboard: each place that differs, with both values."""
    rows = "".join(
        f'<li class="changed"><p class="words"><code>{escape(each.place)}</code></p><pre class="diff">'
        f"{_side('-', 'del', each.before)}{_side('+', 'ins', each.after)}</pre></li>"
        for each in given.leaves[:_LEAVES]
    )
    more = len(given.leaves) - _LEAVES
    return (f'<ul class="changes">{rows}</ul>' if rows else "") + (f"<p>and {more} more places</p>" if more > 0 else "")


def _side(sign: str, tag: str, value: str) -> str:
    cut = f"{value[:_VALUE]}…" if len(value) > _VALUE else value
    return f"{sign} <{tag}>{escape(cut)}</{tag}>\n" if value else ""


def _facts(given: Told) -> str:
    difference = given.difference
    entry = difference.entry
    facts = [entry.folder or "General"]
    if entry.kind != "dashboard":
        facts.insert(0, KINDS[entry.kind])
    if difference.after is not None:
        by = f" by {entry.updated_by or 'nobody known'}" if entry.kind != "alert_rule" else ""
        facts.append(f"last saved{by}, {_time(entry.updated_at)}")
        old = f"{difference.before.version} → " if difference.before else ""
        facts += [f"version {old}{entry.version}"] if entry.version else []
    if entry.external:
        facts.append(f"provisioned from {entry.external}")
    return " · ".join(facts)


def _time(instant: str) -> str:
    return instant[:16].replace("T", " ") + " UTC" if instant.endswith("Z") else instant


def _unread(entries: Sequence[Entry]) -> str:
    if not entries:
        return ""
    listed = "".join(f"<li>{escape(each.path[:300])}</li>" for each in entries[:200])
    more = f"<li>and {len(entries) - 200} more</li>" if len(entries) > 200 else ""
    return (
        f'<section class="card"><header><h2>Not read in one of the runs</h2></header>'
        f'<p class="soft">Nothing is known of what became of {many(len(entries), "dashboard")}.</p>'
        f"<ul>{listed}{more}</ul></section>"
    )


def text_page(comparison: Comparison, told: Sequence[Told], bucket: str) -> str:
    """Markdown. `bucket` holds the snapshots."""
    older, newer = comparison.older, comparison.newer
    lines = [f"## {headline(comparison)}", ""]
    for name, run in (("before", older), ("after", newer)):
        ref = f", git {code(short(run.git_ref))}" if run.git_ref else ""
        lines.append(f"- {name}: `{run.run}`, {run.outcome}, {len(run.entries)} of {many(run.found, 'dashboard')}{ref}")
        lines += [f"  - ⚠️ {prose(str(each))}" for each in run.reasons]
    lines.append("")
    for each in told:
        done = f"{_DONE[each.difference.what]} {_WHO[each.difference.source][1]}"
        lines.append(f"- {code(each.difference.entry.path, 200)} {done}: {prose(_facts(each))}")
        lines += [f"  - {prose(str(leaf))}" for leaf in each.leaves[:_LEAVES]]
    left = [f"{many(len(comparison.unread), 'dashboard')} not read in one of the runs."] if comparison.unread else []
    whole = f"`{commands.diff(bucket, older.run, newer.run)}` shows all."
    files = [each.diff for each in told if each.diff is not None]
    return "\n".join(lines) + "\n\n" + (markdown.write(files, left, whole=whole) if files or left else "")
