"""The frame and the looks of all pages. Pure."""

import html

STYLE = """
:root { color-scheme: light dark; --ink: #1d1c1d; --soft: #616061; --line: #ddd; --paper: #fff; --back: #f6f5f7;
  --link: #1264a3; --bad: #b3261e; --good: #1a7f37; --mark: #fff3c4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #d1d2d3; --soft: #9a9b9e; --line: #3a3b3e; --paper: #1f2124; --back: #151618;
    --link: #62a8e5; --bad: #ff8a80; --good: #6fcf87; --mark: #4d4217; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.47 system-ui, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 0 0 8px; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
nav { display: flex; flex-wrap: wrap; gap: 4px 20px; } .soft { color: var(--soft); font-size: 13px; }
.bad { color: var(--bad); } .good { color: var(--good); }
article { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 16px; margin: 16px 0;
  overflow-x: auto; }
article.reply { margin-left: 40px; } .who { font-weight: 700; }
.who span { font-weight: 400; color: var(--soft); font-size: 12px; margin-left: 8px; }
.section { margin: 10px 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.context { color: var(--soft); font-size: 13px; } .fields { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
.button { display: inline-block; border: 1px solid var(--line); border-radius: 4px; padding: 4px 12px;
  margin-right: 8px; font-weight: 600; font-size: 13px; }
.lamp { display: inline-block; width: 0.85em; height: 0.85em; border-radius: 50%; overflow: hidden; text-indent: 2em;
  vertical-align: -0.08em; white-space: nowrap; } /* drawn; the character inside is there to be copied */
.green { background: #2bac76; } .orange { background: #f2952f; } .red { background: #e0362c; }
.white { border: 1.5px solid var(--soft); } .pause { border-radius: 3px; background: linear-gradient(to right,
  transparent 26%, var(--paper) 0 42%, transparent 0 58%, var(--paper) 0 74%, transparent 0) var(--soft); }
hr { border: 0; border-top: 1px solid var(--line); margin: 12px 0; } mark { background: var(--mark); color: inherit; }
blockquote { margin: 0; padding-left: 12px; border-left: 4px solid var(--line); display: inline-block; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); font-size: 14px;
  vertical-align: top; overflow-wrap: anywhere; }
td:first-child { white-space: nowrap; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; } .number { text-align: right; white-space: nowrap; }
code, pre { background: var(--back); border-radius: 4px; font-size: 13px; overflow-wrap: anywhere; }
code { padding: 1px 4px; } pre { padding: 8px; white-space: pre-wrap; margin: 0; }
"""


def page(title: str, body: str, *, refresh: int) -> str:
    """A whole page that reloads every `refresh` seconds; `body` is HTML."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<title>{html.escape(title)}</title><meta http-equiv="refresh" content="{refresh}">'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><style>{STYLE}</style>'
        f"</head><body><main>{body}</main></body></html>"
    )
