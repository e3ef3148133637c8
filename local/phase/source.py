"""A living stream for the local stack: simulated oscillators, posted through the door as any producer posts."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlsplit

from kaizen.phase.coding import compress
from kaizen.phase.encode import config, delta, keyframe
from kaizen.phase.frames import Frames, Place
from kaizen.phase.predict import choose_predictor
from kaizen.phase.quantise import Bam, to_bam
from kaizen.phase.schema import SCHEMA
from kaizen.phase.wire import LIMITS, MEDIA_TYPE
from local.errors import LocalError
from local.phase.kuramoto import showcase

BITS = 16
LARGEST_BODY = 4 << 20  # bytes; what the door takes
BACKLOG_CELLS = 1 << 20  # phases simulated at a time for a history
PATIENCE_SECONDS = 5.0  # so far behind the time a source may be, as while functions start, before it leaves frames out
REMIND_SECONDS = 60.0
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds before a body is posted again; then it is given up
_TIMEOUT = 30.0
_CHOICE_ROWS = 4096  # enough to choose a predictor by


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the frames whose time has passed: `posted` ones were taken, all others `skipped`. `failed` counts posts;
    `error` is the last post's, empty if it was taken."""

    posted: int = 0
    skipped: int = 0
    failed: int = 0
    error: str = ""


class Source:
    """`n` oscillators at `hertz` frames a second, a body `every` so many seconds, from `start` to `stop`.

    A body stands alone: a keyframe, then the frames after it as a delta. There is never more than one on its way. One
    that is not answered is posted again as it is; while that goes on, time passes without frames, and their numbers
    are left out.
    """

    def __init__(
        self,
        api: str,
        stream: str,
        token: str,
        n: int,
        hertz: float,
        say: Callable[[str], None],
        *,
        every: float = 1.0,
        seed: int = 1,
    ) -> None:
        """`api` is the gateway's address. Raises ValueError for fewer than 10 oscillators or more than a million."""
        self._model = showcase(n, seed)
        self._netloc = urlsplit(api).netloc
        self._target = f"/phase/frames?stream={quote(stream, safe='')}"
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": MEDIA_TYPE,
            "Content-Encoding": "zstd",
            "Phase-Schema": str(SCHEMA),
        }
        self._name, self._say = f"stream {stream}", say
        self._dt_us = round(1e6 / hertz)
        self._batch = max(1, round(hertz * every))
        self._most = max(1, LIMITS.cells // n)  # frames in a body; fewer once one was too large
        self._epoch = int(time.time())
        self._next_seq = 0
        self._announced = False
        self._next_us = 0  # the time of the next frame; 0 before the first
        self._said_at = -REMIND_SECONDS
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.counts = Counts()

    def history(self, frames: int) -> None:
        """Post so many frames of the past, the last of them of now; `start` goes on from there.

        Raises LocalError when the door does not take them. Not while the source is running.
        """
        self._next_us = _now_us() - (frames - 1) * self._dt_us
        step = max(1, BACKLOG_CELLS // self._model.n)
        for at in range(0, frames, step):
            if not self._post(self._simulated(min(step, frames - at))):
                raise LocalError(f"the history of {self._name} was not taken: {self.counts.error}")

    def start(self) -> None:
        self._ended.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns once the post on its way is answered, or after 10 s. Safe at any time."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def _run(self) -> None:
        try:
            self._next_us = self._next_us or _now_us()
            while not self._ended.is_set():
                angles = self._simulated(self._batch)
                self._leave_out()
                while (wait := self._due_us() - _now_us()) > 0:
                    if self._ended.wait(wait / 1e6):
                        return
                self._post(angles)
        except Exception as error:  # a thread ends in silence otherwise
            self._fail(f"the source has ended: {error!r}")
            raise

    def _simulated(self, count: int) -> Bam:
        return to_bam(self._model.frames(count, self._dt_us / 1e6), BITS)

    def _due_us(self) -> int:
        """When the last frame of the next batch will have been: none is posted before its time."""
        return self._next_us + (self._batch - 1) * self._dt_us

    def _leave_out(self) -> None:
        """Let batches go that are too late: their time passes without frames, and the oscillators rest meanwhile."""
        batches = batches_to_skip(_now_us() - self._due_us(), self._batch * self._dt_us)
        if not batches:
            return
        self._skip(batches * self._batch)
        if time.monotonic() - self._said_at >= REMIND_SECONDS:
            self._said_at = time.monotonic()
            self._say(f"{self._name} cannot keep up: {self.counts.skipped} frames left out so far")

    def _post(self, angles: Bam) -> bool:
        """Post frames in as many bodies as it takes; whether all were taken. Their time passes either way."""
        while len(angles):
            part = angles[: self._most]
            body = self._body(part)
            if len(body) > LARGEST_BODY and len(part) > 1:
                self._most = len(part) // 2
                continue
            if not self._deliver(part, body):
                self._skip(len(angles))
                return False
            angles = angles[len(part) :]
        return True

    def _deliver(self, angles: Bam, body: bytes) -> bool:
        """Post one body until it is answered; whether it was taken."""
        for pause in PAUSES:
            status, document = self._send(body)
            if status == 202:
                self._take(len(angles))
                return True
            self._fail(f"{status}: {_reason(document)}" if status else _reason(document))
            if status == 409:
                self._begin_epoch(above=document.get("epoch"))
                body = self._body(angles)
            elif status and status != 429 and status < 500:
                return False
            if self._ended.wait(pause * random.uniform(0.5, 1)):  # noqa: S311 - no secret
                break
        # Whether the frames were taken is unknown, so their numbers can neither be used again nor passed over.
        self._begin_epoch()
        return False

    def _body(self, angles: Bam) -> bytes:
        count, rows = angles.shape
        predictor = choose_predictor(angles[:, :: max(1, rows // _CHOICE_ROWS)], BITS)
        first = Place(self._epoch, self._next_seq, self._next_us, self._dt_us)
        encoded = keyframe(Frames(angles[:1]), first, BITS, predictor)
        data = encoded.data
        if count > 1:
            rest = replace(first, seq=first.seq + count - 1, t0_us=first.t0_us + first.dt_us)
            data += delta(Frames(angles[1:]), rest, encoded.baseline).data
        if not self._announced:
            # Without a number or a time of its own, so that it is the same however often an epoch is begun.
            about = {"ranges": [[0, rows]], "strata": self._model.runs}
            data = config(about, Place(self._epoch, 0, 0, self._dt_us), BITS, rows) + data
        return compress("zstd", data)

    def _send(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and the answer's JSON object; status 0 when there was no answer."""
        connection = http.client.HTTPConnection(self._netloc, timeout=_TIMEOUT)
        try:
            connection.request("POST", self._target, body, self._headers)
            response = connection.getresponse()
            return response.status, _parsed(response.read())
        except (OSError, http.client.HTTPException) as error:
            return 0, {"detail": f"no answer: {error or type(error).__name__}"}
        finally:
            connection.close()

    def _take(self, frames: int) -> None:
        if self.counts.error:
            self._say(f"{self._name} goes on")
        self._announced = True
        self._next_seq += frames
        self._next_us += frames * self._dt_us
        self.counts = replace(self.counts, posted=self.counts.posted + frames, error="")

    def _skip(self, frames: int) -> None:
        """Numbers go with the time, so that viewers see a gap where there is one."""
        self._next_seq += frames
        self._next_us += frames * self._dt_us
        self.counts = replace(self.counts, skipped=self.counts.skipped + frames)

    def _fail(self, error: str) -> None:
        if error != self.counts.error:  # once, not every second
            self._say(f"{self._name}: {error}")
        self.counts = replace(self.counts, failed=self.counts.failed + 1, error=error)

    def _begin_epoch(self, above: object = None) -> None:
        known = above if isinstance(above, int) else 0
        self._epoch = max(int(time.time()), self._epoch + 1, known + 1)
        self._next_seq, self._announced = 0, False


def batches_to_skip(late_us: int, batch_us: int) -> int:
    """How many batches a source leaves out that is so late with the next: none while there is hope to catch up."""
    return late_us // batch_us if late_us > PATIENCE_SECONDS * 1e6 else 0


def _now_us() -> int:
    return time.time_ns() // 1000


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    return document if isinstance(document, dict) else {"detail": body[:200].decode(errors="replace")}


def _reason(document: dict[str, Any]) -> str:
    return str(document.get("detail") or document.get("message") or "no reason given")
