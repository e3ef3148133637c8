"""The way past the door for bodies that are too large for it: put into the bucket by a presigned address, then named.

Pure.
"""

import re
from typing import Any
from urllib.parse import quote

from kaizen.phase import keys
from kaizen.phase.coding import IDENTITY
from kaizen.phase.wire import MEDIA_TYPE
from phase_ingest.faults import RefusedError
from phase_ingest.posted import Kind, coding_of, kind_of

SECONDS = 900  # in which the upload must have begun

_NAME = re.compile(r"[0-9a-f]{32}")


def headers(content_type: str, content_encoding: str) -> dict[str, str]:
    """What the upload is sent with, and its object then keeps: what the request says of a body, else plain PHF1.

    HTTP clients put a type of their own on a request without a body, hence no refusal.
    """
    try:
        kind, coding = kind_of(content_type), coding_of(content_encoding)
    except RefusedError:
        kind, coding = Kind.PHF1, IDENTITY
    given = {"content-type": MEDIA_TYPE if kind is Kind.PHF1 else kind.value}
    return given if coding == IDENTITY else given | {"content-encoding": coding}


def offer(stream: str, key: str, url: str, sent_with: dict[str, str]) -> dict[str, Any]:
    """What the caller does next, as a document: `method` `url` with `headers`, then POST `then` without a body."""
    return {
        "url": url,
        "method": "PUT",
        "headers": sent_with,
        "expires_in": SECONDS,
        "then": f"/phase/frames?stream={quote(stream, safe='')}&upload={quote(key)}",
    }


def check_key(stream: str, key: str) -> None:
    """Whether a key is one that was offered for this stream. Raises RefusedError 400."""
    name = key.rpartition("/")[2]
    if key != keys.upload(stream, name) or not _NAME.fullmatch(name):
        raise RefusedError(400, "upload", "upload is no key that POST /phase/uploads gave for this stream")
