"""What a client says of itself, from a query string or a JSON body. Pure.

Any text may be a version, and what later clients add is passed over: the handshake is how a client of any age learns
what is wrong, so only what cannot be read at all is refused.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kaizen.phase.negotiation import Client
from kaizen.policy.values import NAME
from kaizen.runtime.http import BodyError, Event, header, method, query, raw_body

MOST_BYTES = 16_384  # of a body
MOST_CHARACTERS = 200  # of a version, a build, a stream, a feature
MOST_FEATURES = 100

_TEXTS = ("client", "build", "stream")


class RequestError(Exception):
    """The request cannot be read; the message goes to the caller. Permanent: answer 400."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`stream` is the one whose epoch the client wants to know; empty if none, or if none can have that name."""

    client: Client
    stream: str


def read_request(event: Event) -> Asked:
    """A GET by its parameters, a POST by its body. Raises RequestError naming the first fault."""
    given = _body(event) if method(event) == "POST" else _parameters(event)
    version, build, stream = (_text(given, name) for name in _TEXTS)
    # A client that says its version with every request need not say it twice.
    version = version or _short("the header Phase-Schema", header(event, "phase-schema"))
    features = _features(given.get("features"))
    return Asked(Client(version, features, build), stream if re.fullmatch(NAME, stream) else "")


def _parameters(event: Event) -> Mapping[str, Any]:
    return {name: query(event, name) for name in (*_TEXTS, "features")}


def _body(event: Event) -> Mapping[str, Any]:
    try:
        body = raw_body(event)
    except BodyError as error:
        raise RequestError(str(error)) from error
    if len(body) > MOST_BYTES:
        raise RequestError(f"the body has {len(body)} bytes, more than {MOST_BYTES}")
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:  # of UTF-8, of JSON, of numbers with too many digits, of nesting
        raise RequestError("the body is not JSON") from error
    if not isinstance(given, dict):
        raise RequestError("the body is not a JSON object")
    return given


def _text(given: Mapping[str, Any], name: str) -> str:
    """A text that may be missing or null."""
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RequestError(f"{name} is not a text")
    return _short(name, value)


def _features(value: Any) -> frozenset[str]:
    """Names: a list of them, or one text with commas between."""
    names = value.split(",") if isinstance(value, str) else [] if value is None else value
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise RequestError("features is neither a list of texts nor one text with commas")
    found = frozenset(_short("a feature", name) for each in names if (name := each.strip()))
    if len(found) > MOST_FEATURES:
        raise RequestError(f"there are {len(found)} features, more than {MOST_FEATURES}")
    return found


def _short(name: str, value: str) -> str:
    if len(value) > MOST_CHARACTERS:
        raise RequestError(f"{name} has {len(value)} characters, more than {MOST_CHARACTERS}")
    return value
