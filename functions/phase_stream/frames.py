"""GET /phase/streams/{id}/frames: plan, encode both forms, count, and only then send."""

from dataclasses import dataclass

from kaizen.phase.coding import IDENTITY, negotiate_coding
from kaizen.phase.streams import Stream
from kaizen.phase.wire import MEDIA_TYPE
from kaizen.runtime.http import Response, header, reply
from phase_stream import savings
from phase_stream.answer import Body, Composer
from phase_stream.call import Call
from phase_stream.plan import Mark, Plan, Resync, Run, frames_that_fit, plan, runs_of
from phase_stream.request import FramesAsk, RequestError, read_frames_ask
from phase_stream.ring import needed
from phase_stream.store import ExpiredError


@dataclass(frozen=True, slots=True)
class _Job:
    """What is asked of which frames, and the coding to answer in; `runs` are all that the ring has."""

    ask: FramesAsk
    stream: Stream
    runs: list[Run]
    coding: str

    @property
    def newest(self) -> Mark:
        return Mark(self.stream.epoch.epoch, self.runs[-1].last_seq)

    def plan(self, resync: Resync | None) -> Plan:
        # A client that has the newest frame may say so by its tag alone.
        tagged = self.ask.after is None and resync is None and self.newest in self.ask.has
        most = min(self.ask.most, frames_that_fit(self.stream.epoch, columns=self.ask.columns))
        return plan(self.stream, self.runs, self.newest if tagged else self.ask.after, resync, most)


def serve(call: Call) -> Response:
    """200 with frames and what they cost, or 204 if there are none after those that the client has."""
    job = _read(call)
    made = job.plan(job.ask.resync)
    if not made.runs:
        return reply(204, "", _headers(job.newest, made.reason))
    try:
        body = _body(call, job, made)
    except ExpiredError:
        if made.reason is not Resync.NONE:
            raise
        made = job.plan(Resync.TOO_OLD)
        body = _body(call, job, made)
    epoch = job.stream.epoch.epoch
    response = savings.measured(made, epoch, body, job.ask.after)
    call.ledger.count(job.stream.stream, job.ask.viewer, call.request_id, response)
    headers = _headers(Mark(epoch, made.last_seq), made.reason)
    headers |= {"content-type": MEDIA_TYPE, "phase-bytes-full": str(response.tally.full_equivalent)}
    if job.coding != IDENTITY:
        headers["content-encoding"] = job.coding
    return reply(200, body.data, headers)


def _read(call: Call) -> _Job:
    ask, stream = read_frames_ask(call.event), call.stream()
    coding = negotiate_coding(header(call.event, "accept-encoding"))
    if coding is None:
        raise RequestError(406, "frames come in zstd, br, gzip or identity, and none of them is accepted")
    runs = runs_of(stream)
    if not runs:
        raise RequestError(404, f"the stream {stream.stream!r} has no whole group of frames yet")
    return _Job(ask, stream, runs, coding)


def _body(call: Call, job: _Job, made: Plan) -> Body:
    """Raises ExpiredError."""
    epoch = job.stream.epoch
    window = call.store.window(job.stream, needed(job.stream.segments, made.oldest_seq, made.last_seq))
    config = call.store.config(job.stream.stream, epoch.epoch) if made.config else b""
    return Composer(epoch, window, call.version, job.coding).body(made, config, columns=job.ask.columns)


def _headers(last: Mark, reason: Resync) -> dict[str, str]:
    # Without the permission, a page of another origin does not see how many bytes it received.
    return {
        "etag": last.tag,
        "phase-resync": reason.value,
        "cache-control": "no-store",
        "timing-allow-origin": "*",
    }
