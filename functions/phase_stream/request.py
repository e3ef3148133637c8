"""What the doors are asked, read from a request and checked: every fault by its name. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from kaizen.runtime.http import BodyError, Event, Response, header, problem, query, raw_body
from phase_stream.plan import Mark, Resync, marks

DEFAULT_FRAMES = 120  # of a response: as many as the ring holds at least
MOST_FRAMES = 512  # a client that asks for more gets these, and asks again

NAMELESS = "~"  # comes after all characters of ids

MOST_REPORT_BYTES = 4096
_MOST_COUNT = (1 << 53) - 1  # JavaScript's numbers are whole up to here
_NUMBER = re.compile(r"[0-9]{1,10}")
_AUDIT = re.compile(r"[A-Za-z0-9_-]{16,64}")
_STREAM = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_PLACE = re.compile(rf"{_AUDIT.pattern}#{_STREAM.pattern}")
_TITLES = {400: "Bad Request", 404: "Not Found", 406: "Not Acceptable", 409: "Conflict", 413: "Content Too Large"}


class RequestError(Exception):
    """The request cannot be served, and a retry alone changes nothing; `extra` tells the caller what could be."""

    def __init__(self, status: int, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.extra = extra

    def response(self) -> Response:
        return problem(self.status, _TITLES[self.status], str(self), **self.extra)


@dataclass(frozen=True, slots=True)
class FramesAsk:
    """Frames after `after`, at most `most`; `has` are the frames that an If-None-Match names, `viewer` is who asks."""

    after: Mark | None
    has: frozenset[Mark]
    most: int
    columns: bool
    resync: Resync | None
    viewer: str


@dataclass(frozen=True, slots=True)
class ChunkAsk:
    level: int
    chunk: int
    epoch: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """What a browser received by its own count; who knows the `key` of its first report may replace it."""

    audit: str
    stream: str
    received: int
    responses: int
    key: str | None = None


def path(event: Event, name: str) -> str:
    """One part of the path; empty when missing."""
    return str((event.get("pathParameters") or {}).get(name, ""))


def read_frames_ask(event: Event) -> FramesAsk:
    """Raises RequestError(400)."""
    after = query(event, "after")
    try:
        mark = Mark.parse(after) if after else None
    except ValueError as error:
        raise RequestError(400, f"after: {error}") from error
    most = number(query(event, "max") or str(DEFAULT_FRAMES), "max")
    if most < 1:
        raise RequestError(400, "max: at least one frame")
    columns = query(event, "columns") or "0"
    if columns not in ("0", "1"):
        raise RequestError(400, "columns: 1 for the order parameter and the density of all oscillators, else 0")
    resync = query(event, "resync")
    if resync not in ("", Resync.CRC, Resync.GAP):
        raise RequestError(400, "resync: crc when the decoded state was wrong, gap when frames were missing")
    audit = query(event, "audit")
    return FramesAsk(
        after=mark,
        has=marks(header(event, "if-none-match")),
        most=min(most, MOST_FRAMES),
        columns=columns == "1",
        resync=Resync(resync) if resync else None,
        viewer=_audit(audit) if audit else nameless(event),
    )


def nameless(event: Event) -> str:
    """Who asks without an id: a hash of address and program, so that several behind one address are taken for one.

    No id can be equal to it.
    """
    http = (event.get("requestContext") or {}).get("http") or {}
    seen = f"{http.get('sourceIp', '')}\n{http.get('userAgent', '')}"
    return NAMELESS + sha256(seen.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def read_chunk_ask(event: Event) -> ChunkAsk:
    """Raises RequestError(400)."""
    epoch = query(event, "epoch")
    return ChunkAsk(
        level=number(path(event, "level"), "level"),
        chunk=number(path(event, "chunk"), "chunk"),
        epoch=number(epoch, "epoch") if epoch else None,
    )


def read_report(event: Event) -> Report:
    """Raises RequestError: 413 for a body that is none of a page, 400 for one that is no report."""
    try:
        body = raw_body(event)
    except BodyError as error:
        raise RequestError(400, str(error)) from error
    if len(body) > MOST_REPORT_BYTES:
        raise RequestError(413, f"a report has at most {MOST_REPORT_BYTES} bytes, not {len(body)}")
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError(400, "the body is not JSON") from error
    if not isinstance(given, Mapping):
        raise RequestError(400, "the body is not a JSON object")
    stream = given.get("stream")
    if not isinstance(stream, str) or not _STREAM.fullmatch(stream):
        raise RequestError(400, "stream: the id of a stream")
    key = given.get("key")
    if key is not None and (not isinstance(key, str) or not _AUDIT.fullmatch(key)):
        raise RequestError(400, "key: 16 to 64 letters, digits, - or _")
    return Report(_audit(given.get("audit")), stream, _count(given, "bytes"), _count(given, "responses"), key)


def read_place(event: Event) -> str:
    """Where a list of audits goes on: the `next` of its last page, or empty. Raises RequestError(400)."""
    place = query(event, "after")
    if place and not _PLACE.fullmatch(place):
        raise RequestError(400, "after: the `next` of the page before")
    return place


def number(text: str, name: str) -> int:
    """A whole number. Raises RequestError(400)."""
    if not _NUMBER.fullmatch(text):
        raise RequestError(400, f"{name}: {text[:40]!r} is not a whole number of up to ten digits")
    return int(text)


def _audit(given: Any) -> str:
    if not isinstance(given, str) or not _AUDIT.fullmatch(given):
        raise RequestError(400, "audit: 16 to 64 letters, digits, - or _")
    return given


def _count(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if type(value) is not int or not 0 <= value <= _MOST_COUNT:
        raise RequestError(400, f"{name}: a whole number from 0 to 2^53 - 1")
    return value
