"""How the steps of `make demo` look at the system: by HTTP, as its users do."""

import urllib.error
import urllib.request
from typing import Any

from local.stack import Stack


class Unmet(Exception):
    """A step does not hold; the message says what was seen instead."""


def need(condition: object, seen: object) -> None:
    if not condition:
        raise Unmet(str(seen))


def get(url: str, token: str = "") -> tuple[int, str]:
    return _answer(urllib.request.Request(url, headers=_bearer(token)))  # noqa: S310


def post(url: str, body: bytes, token: str) -> tuple[int, str]:
    headers = _bearer(token) | {"Content-Type": "application/json"}
    return _answer(urllib.request.Request(url, body, headers))  # noqa: S310


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _answer(request: urllib.request.Request) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own loopback address
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def scrape(stack: Stack) -> list[Any]:
    """Every sample, as Prometheus' own Python client parses the exposition."""
    from prometheus_client.parser import text_string_to_metric_families

    status, body = get(f"{stack.addresses.api}/metrics", stack.secrets["metrics"])
    need(status == 200, f"status {status}")
    return [sample for family in text_string_to_metric_families(body) for sample in family.samples]
