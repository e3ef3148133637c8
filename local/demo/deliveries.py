"""The sample deliveries of `events/deliveries`, moved to now, signed and posted as GitHub does."""

import http.client
import json
import re
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kaizen.github.signatures import signature
from local.errors import LocalError

ATTEMPTS, PAUSE_SECONDS = 3, 1.0
AGAIN = (429, 500, 502, 503, 504)  # what GitHub shows as failed, and what a redelivery cures
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class Delivery:
    name: str
    headers: dict[str, str]
    body: bytes


def load(folder: Path, now: datetime, ticket_labels: Collection[str] = ()) -> list[Delivery]:
    """All deliveries in the order of their names.

    Their instants are moved together, so that histories stay as they are and the newest one is a minute ago. Each issue
    gets one of `ticket_labels`, the policy's, if there are any: else it would be no ticket.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise LocalError(f"there are no sample deliveries in {folder}")
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    for content in contents if ticket_labels else ():
        content["payload"]["issue"]["labels"].append(_label(min(ticket_labels)))
    newest = max(_parse(text) for content in contents for text in _instants(content["payload"]))
    shift = now.replace(microsecond=0) - timedelta(minutes=1) - newest
    return [
        Delivery(path.stem, content["headers"], _body(content, shift))
        for path, content in zip(files, contents, strict=True)
    ]


def left_open(samples: list[Delivery]) -> set[int]:
    """The issues that are open after all samples."""
    last: dict[int, tuple[str, str]] = {}
    for sample in samples:
        issue = json.loads(sample.body)["issue"]
        last[issue["id"]] = max(last.get(issue["id"], ("", "")), (issue["updated_at"], issue["state"]))
    return {number for number, (_, state) in last.items() if state == "open"}


def post(delivery: Delivery, address: str, secret: str) -> tuple[int, str]:
    """Status and body of the webhook's answer; sent again where a slow start let the first one time out."""
    for attempt in range(ATTEMPTS):
        status, body = _post(delivery, address, secret)
        if status not in AGAIN or attempt == ATTEMPTS - 1:
            break
        time.sleep(PAUSE_SECONDS)
    return status, body


def _post(delivery: Delivery, address: str, secret: str) -> tuple[int, str]:
    headers = delivery.headers | {
        "Content-Type": "application/json",
        "X-Hub-Signature-256": signature(delivery.body, secret),
    }
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    try:
        connection.request("POST", "/github/webhook", delivery.body, headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def _body(content: dict[str, Any], shift: timedelta) -> bytes:
    text = json.dumps(content["payload"])
    if content.get("shift_to_now"):
        text = _INSTANT.sub(lambda found: (_parse(found[0]) + shift).strftime("%Y-%m-%dT%H:%M:%SZ"), text)
    return text.encode()


def _label(name: str) -> dict[str, Any]:
    return {"id": 1, "name": name, "color": "ededed", "default": False, "description": None}


def _instants(payload: Any) -> Iterator[str]:
    return (found[0] for found in _INSTANT.finditer(json.dumps(payload)))


def _parse(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
