"""The looks of the page, beside those of all reports: changes, and what stood before and after."""

from kaizen.reports.looks import BASE

STYLE = (
    BASE
    + """
.changes { list-style: none; padding: 0; display: grid; gap: 12px; }
.changes > li { display: grid; gap: 6px; padding-left: 12px; border-left: 4px solid var(--line); min-width: 0; }
.changes > li.added { border-color: var(--good); }
.changes > li.removed, .changes > li.breaks { border-color: var(--bad); }
li.breaks b { color: var(--bad); }
.changes > li.changed { border-color: var(--warn); }
.diff { font: var(--mono); background: var(--wash); border-radius: 8px; padding: 8px 12px; overflow-x: auto; margin: 0;
  white-space: pre; }
.diff del { text-decoration: none; background: var(--bad-wash); color: var(--bad); }
.diff ins { text-decoration: none; background: var(--good-wash); color: var(--good); }
details > summary { cursor: pointer; } details > .diff { margin-top: 8px; }
.runs { display: grid; gap: var(--gap); grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); }
.runs .card { gap: 4px; }
@media (max-width: 640px) { main { padding: 16px; } .diff { white-space: pre-wrap; word-break: break-all; } }
"""
)
