"""A viewer of a stream, as a browser is one: polls, decodes, checks, and counts the bytes that it got."""

import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

from kaizen.phase.coding import decompress
from kaizen.phase.decode import decode_all
from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.frames import Baseline, Frames
from kaizen.phase.schema import SCHEMA
from local.errors import LocalError

_LIMIT = 64 << 20


class Follower:
    """Its state is the server's, or it asks anew: frames that do not fit raise nothing here, they are a resync."""

    def __init__(self, api: str, stream: str, audit: str = "", coding: str = "zstd") -> None:
        self._address = f"{api}/phase/streams/{stream}/frames"
        self._audit = audit or uuid.uuid4().hex  # without one, viewers behind one address are taken for one
        self._coding = coding
        self._resync = ""
        self.after = ""  # epoch.seq of the last frame
        self.baseline: Baseline | None = None
        self.config: Mapping[str, Any] = {}
        self.columns: list[Mapping[str, Any]] = []
        self.frames = self.bytes = self.responses = 0
        self.resyncs: Counter[str] = Counter()
        self.headers: Mapping[str, str] = {}

    def poll(self, **more: str) -> list[Frames]:
        """The frames since the last poll, none if there are no new ones. Raises LocalError for any other answer."""
        asked = {"after": self.after, "audit": self._audit, "resync": self._resync} | more
        query = "&".join(f"{name}={value}" for name, value in asked.items() if value)
        headers = {"Accept-Encoding": self._coding, "Phase-Schema": str(SCHEMA)}
        request = urllib.request.Request(f"{self._address}?{query}", headers=headers)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own loopback address
                status, self.headers, body = answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            raise LocalError(f"{request.full_url} was answered with {error.code}: {error.read()[:300]!r}") from error
        if status == 204:
            return []
        self.bytes += len(body)
        self.responses += 1
        lower = {name.lower(): value for name, value in self.headers.items()}
        self.resyncs[lower["phase-resync"]] += 1
        return self._apply(decompress(lower.get("content-encoding", "identity"), body, _LIMIT))

    def _apply(self, body: bytes) -> list[Frames]:
        self._resync = ""
        found = []
        try:
            for message in decode_all(body, self.baseline):
                if message.document is not None:
                    self._note(message.document)
                if message.frames is not None and message.baseline is not None:
                    self.baseline = message.baseline
                    self.after = f"{message.header.epoch}.{message.header.seq}"
                    self.frames += message.header.n_frames
                    found.append(message.frames)
        except PhaseFormatError as error:
            self.lose("crc" if error.reason is Reason.STATE_CRC else "gap")
        return found

    def _note(self, document: Mapping[str, Any]) -> None:
        if "columns" in document:
            self.columns.append(document["columns"])
        else:
            self.config = document

    def lose(self, reason: str) -> None:
        """Forget the state, as after a frame that does not fit."""
        self.baseline, self.after, self._resync = None, "", reason
