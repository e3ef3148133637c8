"""Pull requests with their comments and checks as a page, much as GitHub shows them. Pure; all text is escaped."""

import html
from datetime import datetime

from local.outside.github import files
from local.outside.github.markdown import markdown
from local.outside.github.world import CheckRun, Comment, Pull, Repository, World

REFRESH_SECONDS = 10
_SHOWN_ANNOTATIONS = 100
# The tokens of the visual language that all surfaces share.
STYLE = """
:root { color-scheme: light dark;
  --ground: #f6f7f9; --sheet: #ffffff; --ink: #1a2130; --soft: #5b6577; --line: #e2e6ec; --wash: #f0f3f7;
  --accent: #2f5bd3; --accent-ink: #ffffff; --good: #1a7a49; --warn: #a85b00; --bad: #c0292b; --calm: #6a7485;
  --good-wash: #e6f4ec; --warn-wash: #fdf1e0; --bad-wash: #fdeaea; --radius: 10px; --gap: 16px;
  --text: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --mono: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #11151c; --sheet: #191f29; --ink: #e8ecf3; --soft: #9aa5b8; --line: #2a3240; --wash: #202735;
  --accent: #86a5ff; --accent-ink: #10182b; --good: #55c98c; --warn: #f0a94a; --bad: #ff7b7b; --calm: #93a0b4;
  --good-wash: #16301f; --warn-wash: #35270f; --bad-wash: #3a1b1d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: var(--text); font-variant-numeric: tabular-nums; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
h1 { font-size: 22px; line-height: 1.25; margin: 0; letter-spacing: -0.01em; } h2 { font-size: 17px; margin: 0; }
h3 { font-size: 15px; margin: 0; } .soft { color: var(--soft); } .small { font-size: 13px; }
code, pre { font: var(--mono); background: var(--wash); border-radius: 6px; } code { padding: 1px 5px; }
pre { padding: 10px 12px; overflow-x: auto; margin: 0; } pre code { padding: 0; }
.top { display: flex; gap: 8px 20px; padding: 14px 24px; background: var(--sheet);
  border-bottom: 1px solid var(--line); }
.top b { font-weight: 650; }
main { max-width: 960px; margin: 0 auto; padding: 24px; display: grid; gap: 28px; }
.pull { display: grid; gap: var(--gap); min-width: 0; } .pull > header { display: grid; gap: 4px; }
.card { background: var(--sheet); border: 1px solid var(--line); border-radius: var(--radius); padding: 16px;
  display: grid; gap: 12px; min-width: 0; }
.state { display: inline-flex; gap: 6px; align-items: center; font-size: 13px; font-weight: 600; padding: 2px 10px;
  border-radius: 999px; background: var(--wash); color: var(--soft); }
.state::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: currentColor; }
.state.good { color: var(--good); background: var(--good-wash); }
.state.warn { color: var(--warn); background: var(--warn-wash); } .state.warn::before { border-radius: 2px; }
.state.bad { color: var(--bad); background: var(--bad-wash); }
.state.bad::before { border-radius: 0; transform: rotate(45deg); }
.message { display: grid; grid-template-columns: 36px minmax(0, 1fr); gap: 10px; }
.face { width: 36px; height: 36px; border-radius: 8px; background: var(--accent); color: var(--accent-ink);
  display: grid; place-items: center; font-weight: 700; }
.words { display: grid; gap: 12px; overflow-wrap: anywhere; } .words > * { margin: 0; min-width: 0; }
.words blockquote { padding-left: 12px; border-left: 4px solid var(--line); color: var(--soft); }
.words ul, .words ol { padding-left: 22px; } details > * + * { margin-top: 8px; } summary { cursor: pointer; }
.words img { max-width: 100%; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th { text-align: left; font-size: 12px; color: var(--soft); padding: 0 12px 6px 0; }
td { padding: 8px 12px 8px 0; border-top: 1px solid var(--line); vertical-align: top; }
"""
_OUTCOMES = {
    "success": ("good", "passed"), "failure": ("bad", "failed"), "neutral": ("", "neutral"),
    "cancelled": ("", "cancelled"), "skipped": ("", "skipped"), "timed_out": ("bad", "timed out"),
    "action_required": ("warn", "needs action"),
}  # fmt: skip
_LEVELS = {"notice": ("", "notice"), "warning": ("warn", "warning"), "failure": ("bad", "failure")}


def page(world: World) -> str:
    """The whole page, newest pull request first."""
    pulls = [(repository, each) for repository in world.repositories.values() for each in repository.pulls.values()]
    shown = "".join(_pull(*each) for each in sorted(pulls, key=lambda pair: -pair[1].number))
    empty = '<article class="card soft">No pull request has been opened yet.</article>'
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>GitHub</title>'
        f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}"><meta name="viewport" content="width=device-width">'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head><body>'
        '<div class="top"><b>GitHub</b><span class="soft">stands for GitHub on this machine, with its limits</span>'
        "</div>"
        f"<main><h1>Pull requests</h1>{shown or empty}</main></body></html>"
    )


def _pull(repository: Repository, pull: Pull) -> str:
    changed = files.changed(repository, pull)
    listed = ", ".join(f"<code>{html.escape(str(each['filename']))}</code>" for each in changed[:5])
    more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
    checks = [each for each in repository.checks.values() if each.head_sha == pull.head_sha]
    comments = [each for each in repository.comments.values() if each.number == pull.number]
    from_fork = (
        f" from {html.escape(str(pull.head_repository))}" if pull.head_repository != repository.full_name else ""
    )
    return (
        f'<section class="pull" id="pull-{pull.number}"><header><h2>{html.escape(pull.title)} '
        f'<span class="soft">#{pull.number}</span></h2><div class="soft small">'
        f'<span class="state {"good" if pull.state == "open" else ""}">{html.escape(pull.state)}</span> '
        f"{html.escape(pull.author)} wants to merge <code>{html.escape(pull.head_ref)}</code>{from_fork} into "
        f"<code>{html.escape(pull.base_ref)}</code> of {html.escape(repository.full_name)}</div>"
        f'<div class="small">{len(changed)} changed: {listed}{more}</div></header>'
        + "".join(_comment(each) for each in comments)
        + "".join(_check(each) for each in checks)
        + "</section>"
    )


def _comment(comment: Comment) -> str:
    login = html.escape(comment.author.login)
    at = _clock(comment.created_at)
    edited = " · edited" if comment.updated_at != comment.created_at else ""
    return (
        f'<article class="card message"><div class="face" aria-hidden="true">{login[:1]}</div>'
        f'<div class="words"><div><b>{login}</b> <span class="soft small">{at}{edited}</span></div>'
        f"{markdown(comment.body)}</div></article>"
    )


def _check(check: CheckRun) -> str:
    colour, word = _OUTCOMES.get(check.conclusion or "", ("warn", check.status.replace("_", " ")))
    title = html.escape(str(check.output.get("title", "")))
    body = "".join(markdown(str(check.output[name])) for name in ("summary", "text") if check.output.get(name))
    return (
        f'<article class="card"><div><span class="state {colour}">{word}</span> <b>{html.escape(check.name)}</b> '
        f'<span class="soft">{title}</span></div><div class="words">{body}</div>{_annotations(check)}</article>'
    )


def _annotations(check: CheckRun) -> str:
    if not check.annotations:
        return ""
    rows = ""
    for each in check.annotations[:_SHOWN_ANNOTATIONS]:
        colour, word = _LEVELS[str(each["annotation_level"])]
        rows += (
            f'<tr><td><span class="state {colour}">{word}</span></td>'
            f"<td><code>{html.escape(str(each['path']))}:{each['start_line']}</code></td>"
            f"<td><b>{html.escape(str(each.get('title', '')))}</b> {html.escape(str(each['message']))}</td></tr>"
        )
    rest = len(check.annotations) - _SHOWN_ANNOTATIONS
    more = f'<p class="soft small">and {rest} more</p>' if rest > 0 else ""
    return f"<table><tbody>{rows}</tbody></table>{more}"


def _clock(at: datetime) -> str:
    return at.astimezone().strftime("%H:%M:%S")
