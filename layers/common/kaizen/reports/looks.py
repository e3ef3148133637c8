"""The looks that all reports share: the tokens of the visual language. No script, no font, no picture."""

BASE = """
:root { color-scheme: light dark;
  --ground: #f6f7f9; --sheet: #ffffff; --ink: #1a2130; --soft: #5b6577; --line: #e2e6ec; --wash: #f0f3f7;
  --accent: #2f5bd3; --good: #1a7a49; --warn: #a85b00; --bad: #c0292b;
  --good-wash: #e6f4ec; --warn-wash: #fdf1e0; --bad-wash: #fdeaea; --radius: 10px; --gap: 16px;
  --text: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --mono: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #11151c; --sheet: #191f29; --ink: #e8ecf3; --soft: #9aa5b8; --line: #2a3240; --wash: #202735;
  --accent: #86a5ff; --good: #55c98c; --warn: #f0a94a; --bad: #ff7b7b;
  --good-wash: #16301f; --warn-wash: #35270f; --bad-wash: #3a1b1d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: var(--text); font-variant-numeric: tabular-nums; }
main { max-width: 960px; margin: 0 auto; padding: 24px; display: grid; gap: var(--gap);
  grid-template-columns: minmax(0, 1fr); }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
h1 { font-size: 22px; line-height: 1.25; margin: 0; letter-spacing: -0.01em; } h2 { font-size: 17px; margin: 0; }
p, ul { margin: 0; } .soft { color: var(--soft); } .small { font-size: 13px; }
code { font: var(--mono); background: var(--wash); border-radius: 4px; padding: 1px 5px; }
.words, code { overflow-wrap: anywhere; }
.lead { display: grid; gap: 6px; }
.card { background: var(--sheet); border: 1px solid var(--line); border-radius: var(--radius); padding: 16px;
  display: grid; gap: 12px; min-width: 0; grid-template-columns: minmax(0, 1fr); }
.card > header { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; justify-content: space-between; }
.card h2 { overflow-wrap: anywhere; }
.state { display: inline-flex; gap: 6px; align-items: center; font-size: 13px; font-weight: 600; padding: 2px 10px;
  border-radius: 999px; background: var(--wash); color: var(--soft); white-space: nowrap; }
.state::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: currentColor; flex: none; }
.state.good { color: var(--good); background: var(--good-wash); }
.state.warn { color: var(--warn); background: var(--warn-wash); } .state.warn::before { border-radius: 2px; }
.state.bad { color: var(--bad); background: var(--bad-wash); }
.state.bad::before { border-radius: 0; transform: rotate(45deg); }
.banner { border: 1px solid var(--warn); background: var(--warn-wash); border-radius: var(--radius); padding: 12px 16px;
  display: grid; gap: 6px; overflow-wrap: anywhere; }
"""


def document(title: str, style: str, body: str) -> str:
    """A whole page; `title` and `body` are escaped."""
    head = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<meta name="referrer" content="no-referrer"><style>{style}</style></head>'
    )
    return f"{head}<body><main>{body}</main></body></html>"
