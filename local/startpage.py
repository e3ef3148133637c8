"""The page that a person opens first: where everything is, and what is there now."""

import html
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kaizen.durations import human, human_hours
from kaizen.metrics.rows import Rows, read_rows
from kaizen.phase.streams import Epoch, Stream, read_epochs, read_streams
from kaizen.policy import Policy
from kaizen.sla import SlaStatus, status
from kaizen.tickets import Ticket, open_tickets
from kaizen.times import utc_now
from local.errors import LocalError
from local.html import page
from local.servers import Handler, Server, bind

if TYPE_CHECKING:
    from local.stack import Stack

REFRESH_SECONDS = 15


def serve(port: int, stack: "Stack") -> Server:
    """A server bound to the loopback port, not yet serving. Raises LocalError when the port is taken."""
    return bind(port, StartPage, stack=stack)


class StartPage(Handler):
    stack: "Stack"

    def do_GET(self) -> None:  # noqa: N802
        match urlsplit(self.path).path:
            case "/":
                self.answer_text(200, start(self.stack, utc_now()), "text/html; charset=utf-8")
            case "/metrics":  # a browser has no token: this door scrapes for it
                self.answer_text(*scraped(self.stack))
            case _:
                self.answer_text(404, "not found")


def scraped(stack: "Stack") -> tuple[int, str]:
    try:
        result = stack.invoke("MetricsExporter", metrics_event(stack.metrics_token))
    except LocalError as error:
        return 502, str(error)
    if result.error or not isinstance(result.payload, dict):
        return 502, result.error
    return int(result.payload["statusCode"]), str(result.payload["body"])


def metrics_event(token: str) -> dict[str, Any]:
    """A scrape, as the gateway would pass it on."""
    return {
        "version": "2.0",
        "rawPath": "/metrics",
        "headers": {"authorization": f"Bearer {token}", "accept": "text/plain"},
        "requestContext": {"http": {"method": "GET", "path": "/metrics"}, "requestId": "start-page"},
        "isBase64Encoded": False,
    }


def start(stack: "Stack", now: datetime) -> str:
    table = stack.aws.environments["TicketTracker"]["TICKETS_TABLE"]
    tickets, unreadable = open_tickets(stack.aws.client("dynamodb"), table)
    links = stack.addresses
    # As an argument for a shell: the token is made of letters, digits, - and _.
    curl = f"curl -H 'Authorization: Bearer {stack.metrics_token}' {links.api}/metrics"
    given = f"--url {links.api} --token {stack.producer_token} --stream kuramoto"
    producer = f".venv/bin/python examples/producer.py {given}"
    return page(
        "Kaizen Loop",
        f"""<h1>Kaizen Loop on this machine</h1>
<nav><a href="{links.inbox}/">Inbox: the Slack digest</a><a href="{links.api}/feed.rss">Feed (RSS)</a>
<a href="{links.api}/feed.atom">Feed (Atom)</a><a href="/metrics">Metrics</a>
<a href="{links.api}/phase/streams">Phase streams</a></nav>
<article><h2>Open tickets</h2>{ticket_table(tickets, stack.policy, now)}
{f'<p class="bad">Unreadable: {html.escape(", ".join(unreadable))}</p>' if unreadable else ""}</article>
<article><h2>Phase streams</h2>{_streams(stack, now)}{_producer(stack)}</article>
<article><h2>Functions</h2>{_functions(stack)}<p class="soft">Logs are in {html.escape(str(stack.logs))}</p></article>
<article><h2>Queues</h2>{_queues(stack)}</article>
<article><h2>Doors</h2><table>
<tr><th>GitHub's webhook</th><td><code>{links.api}/github/webhook</code></td></tr>
<tr><th>Its secret</th><td><code>{html.escape(stack.webhook_secret)}</code></td></tr>
<tr><th>Scrape</th><td><code>{html.escape(curl)}</code></td></tr>
<tr><th>Producers of phase frames</th><td><code>{html.escape(producer)}</code></td></tr></table></article>""",
        refresh=REFRESH_SECONDS,
    )


def ticket_table(tickets: list[Ticket], policy: Policy, now: datetime) -> str:
    """Least remaining first, then those without a target."""
    if not tickets:
        return '<p class="soft">None.</p>'
    standing = [(ticket, status(ticket, policy, now)) for ticket in tickets]
    standing.sort(key=lambda pair: (pair[1] is None, pair[1].remaining_seconds if pair[1] else 0, pair[0].name))
    rows = "".join(_ticket(ticket, sla, now) for ticket, sla in standing)
    heads = ("Ticket", "Title", "Component", "Severity", "Open for", "SLA")
    return f"<table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>{rows}</table>"


def _ticket(ticket: Ticket, sla: SlaStatus | None, now: datetime) -> str:
    age = human((now - ticket.opened_at).total_seconds())
    cells = (ticket.title, ticket.component, ticket.severity, age)
    name = html.escape(ticket.name)
    if ticket.url.startswith("https://"):
        name = f'<a href="{html.escape(ticket.url)}" rel="noreferrer">{name}</a>'
    return f"<tr><td>{name}</td>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}<td>{_sla(sla)}</td></tr>"


def _sla(sla: SlaStatus | None) -> str:
    if sla is None:
        return '<span class="soft">no target</span>'
    business = sla.clock == "business"
    length = f"{human_hours(sla.remaining_seconds)} of working time" if business else human(sla.remaining_seconds)
    text = f'<span class="bad">{length} over</span>' if sla.breached else f"{length} left"
    return f"{text}, paused" if sla.paused else text


def _streams(stack: "Stack", now: datetime) -> str:
    """Where each stream stands, and what its deltas have saved so far."""
    client, tables = stack.aws.client("dynamodb"), stack.aws.environments["PhaseStream"]
    streams = read_streams(client, tables["PHASE_TABLE"], [each.id for each in stack.policy.streams])
    if not streams:
        return '<p class="soft">No frame yet.</p>'
    rows, _ = read_rows(client, tables["METRICS_TABLE"])
    heads = ("Stream", "Epoch", "Rows", "Newest frame", "History", "Sent", "Saved")
    epochs = {each.stream: read_epochs(client, tables["PHASE_TABLE"], each.stream) for each in streams}
    body = "".join(_stream(each, epochs[each.stream], rows, now) for each in streams)
    return f"<table><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>{body}</table>"


def _stream(stream: Stream, epochs: Sequence[Epoch], rows: Rows, now: datetime) -> str:
    epoch = stream.epoch
    age = now.timestamp() - stream.last_us / 1e6
    chunks = sum(len(each.chunks(level)) for each in epochs for level in range(each.levels + 1))
    sums = {
        name: sum(each.value for each in rows.get(name, {}).values() if each.labels["stream"] == stream.stream)
        for name in ("phase_frame_bytes_sent_total", "bytes_saved_total")
    }
    sent, saved = sums.values()
    share = f" ({saved / (sent + saved):.0%})" if saved else ""
    cells = (
        stream.stream,
        str(epoch.epoch),
        f"{epoch.rows} of {epoch.total}, {epoch.method}",
        f"{epoch.last_seq}, {age:.1f} s ago",
        f"{chunks} chunks of {len(epochs)} epochs",
        f"{sent / 1e6:.2f} MB",
        f"{saved / 1e6:.2f} MB{share}",
    )
    return f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"


def _producer(stack: "Stack") -> str:
    source = stack.source
    if source is None:
        return ""
    counts = source.counts
    text = f"The simulated producer has posted {counts.posted} frames and left out {counts.skipped}."
    trouble = f"Its last post failed: {counts.error}" if counts.error else ""
    if stack.viewer is not None:
        seen = stack.viewer.follower
        text += f" The simulated viewer has got {seen.frames} of them in {seen.bytes / 1e6:.2f} MB."
    return f'<p class="soft">{text}</p>' + (f'<p class="bad">{html.escape(trouble)}</p>' if trouble else "")


def _functions(stack: "Stack") -> str:
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{'running' if each.running else 'not started yet'}</td>"
        f"{_number(each.invocations)}{_number(each.errors, bad=each.errors > 0)}</tr>"
        for name, each in stack.functions().items()
    )
    return (
        '<table><tr><th>Function</th><th>State</th><th class="number">Calls</th>'
        f'<th class="number">Errors</th></tr>{rows}</table>'
    )


def _queues(stack: "Stack") -> str:
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td>{_number(count, bad=dead and count > 0)}</tr>"
        for counts, dead in ((stack.queues.waiting(), False), (stack.queues.dead(), True))
        for name, count in counts.items()
    )
    return f'<table><tr><th>Queue</th><th class="number">Messages</th></tr>{rows}</table>'


def _number(value: int, *, bad: bool = False) -> str:
    return f'<td class="number{" bad" if bad else ""}">{value}</td>'
