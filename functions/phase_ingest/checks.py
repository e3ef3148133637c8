"""Whether frames fit each other, the clock, and what is known of their stream. Pure."""

from datetime import UTC, datetime, timedelta

from kaizen.phase.streams import Stream
from kaizen.phase.wire import HAS_MASK, HAS_R, LIMITS, Header, Kind
from phase_ingest.faults import RefusedError

CLOCK_AHEAD = timedelta(minutes=5)  # of a producer whose clock is wrong, or whose link is fast

# Of a body, as it is sampled: a policy may keep up to 8192 rows. Downsampling takes one to two seconds for each million
# of cells, all levels counted, and has to be through well before the function's time is up.
MOST_CELLS = LIMITS.cells
_SAMPLED_ROWS = 8192

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(instant: datetime) -> int:
    """Since 1970; exact, as a float's would not be."""
    return (instant - _EPOCH) // _MICROSECOND


def check_frames(given: Header) -> None:
    """Whether a message holds frames as producers send them. Raises RefusedError 400."""
    if given.kind is Kind.CONFIG:
        raise RefusedError(400, "order", "a CONFIG stands in front of the frames, and once")
    if given.kind is Kind.CHUNK:
        raise RefusedError(400, "order", "a CHUNK is history: send a FULL keyframe and what follows it")
    if given.flags & HAS_R:
        raise RefusedError(400, "resultant", "the frames carry resultant lengths: producers send phases alone")
    if given.dt_us < 1:
        raise RefusedError(400, "time", "dt_us is 0: say how long it is from frame to frame")


def check_follows(given: Header, first: Header, before: Header) -> None:
    """Whether frames go on where those `before` end, in a body that begins with `first`. Raises RefusedError 400."""
    for name in ("epoch", "bits", "n_rows", "dt_us"):
        one, other = getattr(first, name), getattr(given, name)
        if one != other:
            raise RefusedError(400, "changed", f"{name} is {other}, and {one} in the frames before")
    if (first.flags ^ given.flags) & HAS_MASK:
        raise RefusedError(400, "changed", "some of the messages carry a mask and others do not")
    if given.first_seq != before.seq + 1:
        raise RefusedError(400, "sequence", f"frame {given.first_seq} comes after frame {before.seq}")
    # Clocks round. More than half a step off, frames would lie in another's column.
    expected = first.t0_us + (given.first_seq - first.first_seq) * first.dt_us
    if abs(given.t0_us - expected) * 2 > first.dt_us:
        raise RefusedError(
            400, "time", f"frame {given.first_seq} is of {given.t0_us} us; by dt_us it should be of {expected} us"
        )


def check_time(last_us: int, now: datetime) -> None:
    """Whether the last frame, in microseconds since 1970, has been. Raises RefusedError 400."""
    ahead = last_us - microseconds(now)
    if ahead > CLOCK_AHEAD // _MICROSECOND:
        raise RefusedError(
            400,
            "future",
            f"the last frame is {ahead / 1e6:.0f} s ahead of the server's clock, more than "
            f"{CLOCK_AHEAD.seconds} s: times are microseconds since 1970, UTC",
        )


def check_size(frames: int, rows: int) -> None:
    """Whether a body is small enough to be downsampled in one go. Raises RefusedError 413."""
    if frames > LIMITS.frames:
        raise RefusedError(413, "too-large", f"{frames} frames in one body are more than {LIMITS.frames}")
    most = MOST_CELLS // min(rows, _SAMPLED_ROWS)
    if frames > most:
        raise RefusedError(
            413, "too-large", f"{frames} frames of {rows} rows in one body are more than {most}: post them in parts"
        )


def check_stream(epoch: int, dt_us: int, last_seq: int, last_us: int, stream: Stream | None) -> None:
    """Whether frames go on where their stream stands, or begin a later epoch.

    Raises RefusedError 409, naming the current epoch, for a lower one and for other steps of time in the same one; 400
    for new frames that are older than what is there. Frames that came before may come again.
    """
    if stream is None or epoch > stream.epoch.epoch:
        return
    current = stream.epoch
    if epoch < current.epoch:
        raise RefusedError(
            409,
            "stale",
            f"epoch {epoch} is over, the stream is in epoch {current.epoch}: start a higher one",
            epoch=current.epoch,
        )
    if dt_us != current.dt_us:
        raise RefusedError(
            409,
            "step",
            f"dt_us is {dt_us}, and {current.dt_us} in epoch {current.epoch}: start a new epoch",
            epoch=current.epoch,
        )
    if last_seq > current.last_seq and last_us <= stream.last_us:
        raise RefusedError(
            400,
            "time",
            f"frame {last_seq} is of {last_us} us, which is not after frame {current.last_seq} of {stream.last_us} us: "
            "go on with later times, or start a new epoch",
        )


def check_count(frames_rows: int, rows: int, epoch: int) -> None:
    """Whether frames have a phase for each row. Raises RefusedError 400 with both counts."""
    if frames_rows != rows:
        raise RefusedError(400, "count", f"the frames have {frames_rows} rows, epoch {epoch} has {rows}")
