"""What a request asks for, and the body that it brings or names. Pure."""

from collections.abc import Iterable
from typing import Protocol

from kaizen.runtime.http import BodyError, Event, header, method, query, raw_body
from phase_ingest.faults import OversizeError, RefusedError, shown
from phase_ingest.posted import MOST_BYTES, MOST_UPLOADED_BYTES, Posted, coding_of, kind_of
from phase_ingest.upload import check_key

FRAMES, UPLOADS = "frames", "uploads"


class Uploaded(Protocol):
    """An object of the bucket; `data` is None if there are more bytes than were asked for."""

    @property
    def data(self) -> bytes | None: ...
    @property
    def size(self) -> int: ...
    @property
    def content_type(self) -> str: ...
    @property
    def content_encoding(self) -> str: ...


class Uploads(Protocol):
    def uploaded(self, key: str, most: int) -> Uploaded | None: ...


def route(event: Event) -> str:
    """FRAMES or UPLOADS. Raises RefusedError 404."""
    name = str(event.get("rawPath", "")).rpartition("/phase/")[2]
    if method(event) != "POST" or name not in (FRAMES, UPLOADS):
        raise RefusedError(404, "route", f"POST to /phase/{FRAMES} or /phase/{UPLOADS}")
    return name


def stream_of(event: Event, known: Iterable[str]) -> str:
    """The stream that the request names, one of those known. Raises RefusedError 400 or 404."""
    stream = query(event, "stream")
    if not stream:
        raise RefusedError(400, "stream", "say which stream the frames are of: ?stream=ID")
    if stream not in known:
        raise RefusedError(
            404,
            "stream",
            f"there is no stream {shown(stream)}: add a table [[streams]] with this id to the policy (docs/policy.md)",
        )
    return stream


def posted(event: Event, stream: str, uploads: Uploads) -> Posted:
    """The body, in the request or uploaded before.

    Raises RefusedError: 415 for its type or coding, 413 for its size (OversizeError if an upload would help), 400 for
    what is no base64 or no upload of this stream, 404 for an upload that never came.
    """
    key = query(event, "upload")
    if key:
        return _uploaded(event, stream, key, uploads)
    kind, coding = kind_of(header(event, "content-type")), coding_of(header(event, "content-encoding"))
    try:
        data = raw_body(event)
    except BodyError as error:
        raise RefusedError(400, "base64", str(error)) from error
    if len(data) > MOST_BYTES:
        raise OversizeError(f"a body of {len(data)} bytes is larger than {MOST_BYTES}: upload it as `upload` says")
    return Posted(data, kind, coding)


def _uploaded(event: Event, stream: str, key: str, uploads: Uploads) -> Posted:
    check_key(stream, key)
    if event.get("body"):
        raise RefusedError(400, "upload", "the request has a body and names an upload: send one of them")
    found = uploads.uploaded(key, MOST_UPLOADED_BYTES)
    if found is None:
        raise RefusedError(404, "upload", "nothing was uploaded there, or it has expired: PUT the body first")
    # What was said with the body itself counts first: many clients put a type of their own on a request without one.
    kind = kind_of(found.content_type, header(event, "content-type"))
    coding = coding_of(found.content_encoding or header(event, "content-encoding"))
    if found.data is None:
        raise RefusedError(
            413,
            "size",
            f"the upload has {found.size} bytes, more than {MOST_UPLOADED_BYTES}: send fewer frames at a time",
        )
    return Posted(found.data, kind, coding)
