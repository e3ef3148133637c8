"""What all features share: functions, queues, the exposition, and that nothing has failed."""

import html
import threading
from collections.abc import Sequence
from datetime import datetime

from local.demo.looking import get, need
from local.html import cell, number, table
from local.stack import Stack


def play(stack: Stack, ended: threading.Event) -> None:
    """Nothing of its own."""


def links(stack: Stack) -> Sequence[tuple[str, str]]:
    return ()


def card(stack: Stack, now: datetime) -> str:
    # As an argument for a shell: the token is made of letters, digits, - and _.
    curl = f"curl -H 'Authorization: Bearer {stack.secrets['metrics']}' {stack.addresses.api}/metrics"
    logs = html.escape(str(stack.logs))
    return f"""<article><h2>Functions</h2>{_functions(stack)}<p class="soft">Logs are in {logs}</p></article>
<article><h2>Queues</h2>{_queues(stack)}</article>
<article><h2>Scrape</h2><code>{html.escape(curl)}</code></article>"""


def _functions(stack: Stack) -> str:
    rows = "".join(
        f'<tr><td class="first">{html.escape(name)}</td>'
        + cell("State", "running" if each.running else "not started yet")
        + number("Calls", each.invocations)
        + number("Errors", each.errors, bad=each.errors > 0)
        + "</tr>"
        for name, each in stack.functions().items()
    )
    return table(("Function", "State", "Calls", "Errors"), rows, numbers=("Calls", "Errors"))


def _queues(stack: Stack) -> str:
    rows = "".join(
        f'<tr><td class="first">{html.escape(name)}</td>{number("Messages", count, bad=dead and count > 0)}</tr>'
        for counts, dead in ((stack.queues.waiting(), False), (stack.queues.dead(), True))
        for name, count in counts.items()
    )
    return table(("Queue", "Messages"), rows, numbers=("Messages",))


def _locked(stack: Stack) -> str:
    status, _ = get(f"{stack.addresses.api}/metrics")
    need(status == 401, f"status {status}")
    return "401 without the token"


def _quiet(stack: Stack) -> str:
    """No function failed, none logged an error, nothing waits in a dead-letter queue."""
    failing = {name: each.errors for name, each in stack.functions().items() if each.errors}
    need(not failing, f"failed invocations: {failing}")
    logged = [path.name for path in stack.logs.glob("*.log") if '"level":"ERROR"' in path.read_text(encoding="utf-8")]
    need(not logged, f"errors in {', '.join(logged)}")
    dead = {name: count for name, count in stack.queues.dead().items() if count}
    need(not dead, f"dead letters: {dead}")
    return "no failed invocation, no error in a log, no dead letter"


def _within_rights(stack: Stack) -> str:
    """The template allows what each function asked of AWS. Functions survive some refusals, so all are listed."""
    refused = sorted(set(stack.aws.guard.refused))
    need(not refused, f"not allowed: {refused}")
    taken = len(stack.aws.guard.used)
    need(taken > 0, "no function asked AWS for anything")
    return f"{taken} kinds of AWS actions by {len({who for who, _ in stack.aws.guard.used})} functions, all allowed"


CHECKS = (
    ("metrics are locked", _locked),
    ("each function keeps to its rights", _within_rights),
    ("nothing failed", _quiet),
)
