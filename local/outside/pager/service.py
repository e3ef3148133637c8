"""PagerDuty for the stack: the address for events, its page, and orders for tests."""

import html
import json
import secrets
from collections.abc import Mapping
from datetime import datetime

from local.html import page
from local.outside.pager.incidents import MAX_BYTES, Incident, Incidents
from local.outside.service import Reply, Request

_JSON, _HTML = (("content-type", "application/json"),), (("content-type", "text/html; charset=utf-8"),)


class PagerService:
    prefixes = ("/pager/",)
    links = (("/pager/", "Pager: incidents"),)

    def __init__(self) -> None:
        self.incidents = Incidents(secrets.token_hex(16))

    def parameters(self, address: str) -> Mapping[str, str]:
        return {"PagerUrl": f"{address}/pager/v2/enqueue"}

    def secrets(self, address: str, parameters: Mapping[str, str]) -> Mapping[str, str]:
        return {parameters["PagerKeyParameter"]: self.incidents.routing_key}

    def answer(self, request: Request) -> Reply:
        match request.method, request.path:
            case "POST", "/pager/v2/enqueue":
                return self._enqueue(request.body)
            case "POST", "/pager/control" | "/control/pager":
                return self._control(request.body)
            case "GET", "/pager/":
                return Reply(200, incident_page(self.incidents.listed(), self.incidents.refused), _HTML)
            case "GET", "/pager/incidents":
                listed = [{"key": each.key, "status": each.status, **each.payload} for each in self.incidents.listed()]
                return Reply(200, json.dumps(listed), _JSON)
        return Reply(404, "not found")

    def _enqueue(self, body: bytes) -> Reply:
        if len(body) > MAX_BYTES:
            return Reply(413, json.dumps({"status": "error", "message": "the event is too large"}), _JSON)
        try:
            event = json.loads(body)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            return Reply(400, json.dumps({"status": "invalid event", "message": "no JSON object", "errors": []}), _JSON)
        status, answer = self.incidents.take(event)
        return Reply(status, json.dumps(answer), _JSON)

    def _control(self, body: bytes) -> Reply:
        """`{"next": [500, 429]}`: the next events are answered with these statuses."""
        try:
            wanted = json.loads(body)["next"]
        except (ValueError, KeyError, TypeError):
            wanted = None
        if not isinstance(wanted, list) or not all(type(each) is int and 400 <= each < 600 for each in wanted):
            return Reply(400, "next must be a list of statuses from 400 to 599")
        self.incidents.troubles = list(wanted)
        return Reply(200, "ok")


def incident_page(incidents: list[Incident], refused: list[str]) -> str:
    shown = "".join(_incident(each) for each in incidents) or '<p class="soft">Nobody was paged.</p>'
    bad = "".join(f'<p class="bad">Refused: {html.escape(each)}</p>' for each in refused)
    return page("Pager", f"<h1>Pager</h1>{bad}{shown}", refresh=5)


def _incident(incident: Incident) -> str:
    payload = incident.payload
    state = {"triggered": "bad", "acknowledged": "warn", "resolved": "good"}[incident.status]
    details = payload.get("custom_details") or {}
    rows = "".join(
        f"<tr><th>{html.escape(str(name))}</th><td>{html.escape(str(value))}</td></tr>"
        for name, value in details.items()
    )
    links = " · ".join(
        f'<a href="{html.escape(str(each["href"]))}" rel="noreferrer">{html.escape(str(each.get("text", "link")))}</a>'
        for each in incident.links
    )
    log = ", ".join(f"{action} {_time(at)}" for at, action in incident.log)
    return f"""<article><p><span class="state {state}">{incident.status}</span>
<span class="soft">{html.escape(str(payload.get("severity")))}</span></p>
<h2>{html.escape(str(payload.get("summary")))}</h2><table>{rows}</table><p>{links}</p>
<p class="soft">{html.escape(incident.key)}<br>{log}</p></article>"""


def _time(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC"
