"""Whether frames fit each other, the clock, and what is known of their stream. Pure."""

from datetime import UTC, datetime, timedelta

from kaizen.phase.wire import HAS_MASK, HAS_R, LIMITS, Header, Kind
from phase_ingest.faults import RefusedError

CLOCK_AHEAD = timedelta(minutes=5)  # of a producer whose clock is wrong, or whose link is fast

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
    """Whether frames go on where those `before` end, in a body whose frames begin with `first`.

    Raises RefusedError 400, or 413 for too many frames in one body.
    """
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
    frames = given.seq - first.first_seq + 1
    if frames > LIMITS.frames:
        raise RefusedError(413, "too-large", f"{frames} frames in one body are more than {LIMITS.frames}")


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


def check_epoch(epoch: int, current: int | None) -> None:
    """Whether an epoch is the stream's current one or a later one. Raises RefusedError 409 naming the current."""
    if current is not None and epoch < current:
        raise RefusedError(
            409, "stale", f"epoch {epoch} is over, the stream is in epoch {current}: start a higher one", epoch=current
        )


def check_count(frames_rows: int, rows: int, epoch: int) -> None:
    """Whether frames have a phase for each row. Raises RefusedError 400 with both counts."""
    if frames_rows != rows:
        raise RefusedError(400, "count", f"the frames have {frames_rows} rows, epoch {epoch} has {rows}")
