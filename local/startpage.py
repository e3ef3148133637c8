"""The page that a person opens first: where everything is, and what is there now."""

import html
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from kaizen.durations import human
from kaizen.tickets import Ticket, open_tickets
from kaizen.times import utc_now
from local.errors import LocalError
from local.inbox.show import page

if TYPE_CHECKING:
    from local.stack import Stack


def serve(port: int, stack: "Stack") -> ThreadingHTTPServer:
    handler = type("StartPage", (_Handler,), {"stack": stack})
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise LocalError(f"port {port} is in use; choose another with --port") from error


class _Handler(BaseHTTPRequestHandler):
    stack: "Stack"

    def do_GET(self) -> None:
        if self.path == "/metrics":  # the browser has no token: fetched for the person, with it
            result = self.stack.invoke("MetricsExporter", metrics_event(self.stack.metrics_token))
            body = (result.payload or {}).get("body", result.error)
            self._send(200, body, "text/plain; charset=utf-8")
        elif self.path == "/":
            self._send(200, _page(self.stack), "text/html; charset=utf-8")
        else:
            self._send(404, "not found", "text/plain")

    def _send(self, status: int, body: str, content_type: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Silent."""


def metrics_event(token: str) -> dict[str, Any]:
    """A scrape, as the gateway would pass it on."""
    return {
        "version": "2.0",
        "rawPath": "/metrics",
        "headers": {"authorization": f"Bearer {token}", "accept": "text/plain"},
        "requestContext": {"http": {"method": "GET", "path": "/metrics"}, "requestId": "start-page"},
        "isBase64Encoded": False,
    }


def _page(stack: "Stack") -> str:
    table = stack.aws.environments["TicketTracker"]["TICKETS_TABLE"]
    tickets, _ = open_tickets(stack.aws.client("dynamodb"), table)
    rows = "".join(_row(ticket) for ticket in sorted(tickets, key=lambda each: each.opened_at))
    functions = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{'running' if each.running else 'not started'}</td>"
        f"<td>{each.invocations}</td><td>{each.errors}</td></tr>"
        for name, each in stack.functions().items()
    )
    links = stack.addresses
    return page(
        "Kaizen Loop",
        f"""<h1>Kaizen Loop on this machine</h1>
<p><a href="{links.inbox}/">Inbox: the Slack digest</a> ·
<a href="{links.api}/feed.rss">Feed (RSS)</a> · <a href="{links.api}/feed.atom">Feed (Atom)</a> ·
<a href="/metrics">Metrics</a></p>
<article><h2>Open tickets</h2><table>
<tr><th>Ticket</th><th>Title</th><th>Component</th><th>Severity</th><th>Open for</th>
</tr>{rows}</table></article>
<article><h2>Functions</h2><table><tr><th>Function</th><th></th><th>Calls</th><th>Errors</th></tr>{functions}</table>
</article>""",
        refresh=15,
    )


def _row(ticket: Ticket) -> str:
    age = human((utc_now() - ticket.opened_at).total_seconds())
    cells = (ticket.title, ticket.component, ticket.severity, age)
    name = f'<a href="{html.escape(ticket.url)}">{html.escape(ticket.name)}</a>'
    return f"<tr><td>{name}</td>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"
