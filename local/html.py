"""The frame and the looks of all pages. Pure."""

import html
from collections.abc import Sequence

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
body { margin: 0; background: var(--ground); color: var(--ink); font: var(--text);
  font-variant-numeric: tabular-nums; }
main { max-width: 1120px; margin: 0 auto; padding: 24px; display: grid; gap: var(--gap);
  grid-template-columns: minmax(0, 1fr); }
h1 { font-size: 22px; line-height: 1.25; margin: 0; letter-spacing: -0.01em; } h2 { font-size: 15px; margin: 0; }
p { margin: 0; } ul { margin: 0; padding-left: 20px; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; } .soft { color: var(--soft); font-size: 13px; }
.bad { color: var(--bad); } .good { color: var(--good); }
article { background: var(--sheet); border: 1px solid var(--line); border-radius: var(--radius); padding: 16px;
  display: grid; gap: 12px; align-content: start; grid-template-columns: minmax(0, 1fr); }
article.reply { margin-left: 40px; } .who { font-weight: 700; }
.who span { font-weight: 400; color: var(--soft); font-size: 12px; margin-left: 8px; }
.section { white-space: pre-wrap; overflow-wrap: anywhere; }
.context { color: var(--soft); font-size: 13px; }
.fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 8px; }
.button { display: inline-block; font-size: 14px; font-weight: 600; padding: 6px 14px; margin-right: 8px;
  border-radius: 8px; border: 1px solid var(--line); background: var(--sheet); color: var(--ink); }
.button.main { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); cursor: pointer; }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; } form { margin: 0; }
button.button { cursor: pointer; font: inherit; font-size: 14px; font-weight: 600; }
.command { display: flex; flex-wrap: wrap; gap: 12px; align-items: end; } label { display: grid; gap: 4px; }
input { font: inherit; padding: 6px 10px; border: 1px solid var(--line); border-radius: 8px; background: var(--sheet);
  color: var(--ink); min-width: 16em; max-width: 100%; }
.lamp { display: inline-block; width: 0.85em; height: 0.85em; border-radius: 50%; overflow: hidden; text-indent: 2em;
  vertical-align: -0.08em; white-space: nowrap; } /* drawn; the character inside is there to be copied */
.green { background: #2bac76; } .orange { background: #f2952f; } .red { background: #e0362c; }
.white { border: 1.5px solid var(--soft); } .pause { border-radius: 3px; background: linear-gradient(to right,
  transparent 26%, var(--sheet) 0 42%, transparent 0 58%, var(--sheet) 0 74%, transparent 0) var(--soft); }
hr { border: 0; border-top: 1px solid var(--line); margin: 0; width: 100%; }
mark { background: var(--warn-wash); color: inherit; }
blockquote { margin: 0; padding-left: 12px; border-left: 4px solid var(--line); display: inline-block; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-size: 12px; font-weight: 600; color: var(--soft); padding: 0 12px 6px 0; }
td, tbody th { padding: 8px 12px 8px 0; border-top: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere; }
td.first { white-space: nowrap; }
tbody th { overflow-wrap: normal; } /* a name beside its value breaks between words alone */
td.number, th.number { text-align: right; padding-right: 0; white-space: nowrap; }
code, pre { background: var(--wash); border-radius: 4px; font: var(--mono); overflow-wrap: anywhere; }
code { padding: 1px 4px; } pre { padding: 8px; white-space: pre-wrap; margin: 0; }
@media (max-width: 640px) {
  main { padding: 16px; } table.list thead { display: none; } td.first { white-space: normal; font-weight: 600; }
  table, tbody, tr, td, tbody th { display: block; } tr { padding: 10px 0; border-top: 1px solid var(--line); }
  td, tbody th { padding: 0; border: 0; } td.number { text-align: left; }
  td[data-name] { display: inline-block; margin-right: 14px; }
  td[data-name]::before { content: attr(data-name) " "; color: var(--soft); font-size: 12px; }
  article.reply { margin-left: 16px; } }
"""


def page(title: str, body: str, *, refresh: int = 0) -> str:
    """A whole page that reloads every `refresh` seconds, never for 0; `body` is HTML."""
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title>{again}"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )


def table(heads: Sequence[str], rows: str, *, numbers: Sequence[str] = ()) -> str:
    """A table at a desk, cards on a phone; `rows` are HTML, `numbers` are the heads of columns of numbers."""
    shown = "".join(f"<th{_number(head in numbers)}>{html.escape(head)}</th>" for head in heads)
    return f'<table class="list"><thead><tr>{shown}</tr></thead><tbody>{rows}</tbody></table>'


def cell(head: str, content: str) -> str:
    """A cell of a table; `content` is HTML, `head` its column's."""
    return f'<td data-name="{html.escape(head)}">{content}</td>'


def number(head: str, value: int, *, bad: bool = False) -> str:
    """A cell with a number."""
    return f'<td data-name="{html.escape(head)}" class="number{" bad" if bad else ""}">{value}</td>'


def nav(links: Sequence[tuple[str, str]]) -> str:
    """Pairs of address and words."""
    shown = "".join(f'<a href="{html.escape(address)}">{html.escape(words)}</a>' for address, words in links)
    return f"<nav>{shown}</nav>"


def _number(is_number: bool) -> str:
    return ' class="number"' if is_number else ""
