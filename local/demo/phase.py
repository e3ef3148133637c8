"""Phases: a history and a living stream of simulated oscillators, and a viewer who follows it."""

import html
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from kaizen.metrics.rows import Rows, read_rows
from kaizen.phase.streams import Epoch, Stream, read_epochs, read_streams
from local.html import cell, table
from local.phase import checks
from local.phase.checks import stream_of
from local.phase.source import Source
from local.phase.viewer import Viewer
from local.stack import Stack

# A history that reaches the first level above the frames, and the live stream that goes on after it.
HERTZ = 10.0
VISITORS = "demo"
PAST_OSCILLATORS, PAST_FRAMES = 5_000, 1_100
OSCILLATORS = "oscillators"  # the note that says how many the live stream has
_NOTE = "phase"
_HEADS = ("Stream", "Epoch", "Rows", "Newest frame", "History", "Sent", "Saved")


@dataclass(slots=True)
class _Users:
    source: Source
    viewer: Viewer


def left_out(stack: Stack) -> str:
    return "" if stack.policy.streams else "the policy has no [[streams]]"


def play(stack: Stack, ended: threading.Event) -> None:
    """Post a history of one set of oscillators, then start the producer of another, and a viewer.

    Raises LocalError when the door does not take the history.
    """
    if ended.is_set():
        return
    stream, oscillators = stream_of(stack), int(stack.notes.get(OSCILLATORS, PAST_OSCILLATORS))
    api, token = stack.addresses.api, stack.secrets["producer"]
    began = time.monotonic()
    Source(api, stream, token, PAST_OSCILLATORS, HERTZ, stack.say).history(PAST_FRAMES)
    stack.drain()
    stack.say(f"{PAST_FRAMES} frames of {PAST_OSCILLATORS} oscillators stored, in {time.monotonic() - began:.1f} s")
    users = _Users(Source(api, stream, token, oscillators, HERTZ, stack.say), Viewer(api, stream, stack.say))
    stack.notes[_NOTE] = users
    users.source.start()
    stack.say(f"{oscillators} oscillators are simulated live, {HERTZ:.0f} frames a second")
    # As somebody's open page does: savings are counted where frames are sent.
    users.viewer.start()
    stack.say("a simulated viewer follows them")


def stop(stack: Stack) -> None:
    users: _Users | None = stack.notes.pop(_NOTE, None)
    if users is not None:
        users.source.stop()
        users.viewer.stop()


def links(stack: Stack) -> Sequence[tuple[str, str]]:
    api = stack.addresses.api
    heatmap = f"{api}/phase/?{urlencode({'stream': stream_of(stack)})}"
    return ((heatmap, "Heatmap"), (f"{api}/phase/streams", "Phase streams"))


def _own(stack: Stack) -> str:
    """The stream for a person's own producer: not the simulator's, whose epochs it would end."""
    return VISITORS if stack.policy.stream(VISITORS) else stream_of(stack)


def card(stack: Stack, now: datetime) -> str:
    given = f"--url {stack.addresses.api} --token {stack.secrets['producer']} --stream {_own(stack)}"
    command = html.escape(f".venv/bin/python examples/producer.py {given}")
    return (
        f"<article><h2>Phase streams</h2>{_streams(stack, now)}{_users(stack)}"
        f"<table><tr><th>A producer of your own</th><td><code>{command}</code></td></tr></table></article>"
    )


def _streams(stack: Stack, now: datetime) -> str:
    """Where each stream stands, and what its deltas have saved so far."""
    client, tables = stack.aws.client("dynamodb"), stack.aws.environments["PhaseStream"]
    streams = read_streams(client, tables["PHASE_TABLE"], [each.id for each in stack.policy.streams])
    if not streams:
        return '<p class="soft">No frame yet.</p>'
    rows, _ = read_rows(client, tables["METRICS_TABLE"])
    epochs = {each.stream: read_epochs(client, tables["PHASE_TABLE"], each.stream) for each in streams}
    return table(_HEADS, "".join(_stream(each, epochs[each.stream], rows, now) for each in streams))


def _stream(stream: Stream, epochs: Sequence[Epoch], rows: Rows, now: datetime) -> str:
    epoch = stream.epoch
    age = now.timestamp() - stream.last_us / 1e6
    chunks = sum(len(each.chunks(level)) for each in epochs for level in range(each.levels + 1))
    sent, saved = (
        sum(each.value for each in rows.get(name, {}).values() if each.labels["stream"] == stream.stream)
        for name in ("phase_frame_bytes_sent_total", "bytes_saved_total")
    )
    share = f" ({saved / (sent + saved):.0%})" if saved else ""
    cells = (
        str(epoch.epoch),
        f"{epoch.rows} of {epoch.total}, {epoch.method}",
        f"{epoch.last_seq}, {age:.1f} s ago",
        f"{chunks} chunks of {len(epochs)} epochs",
        f"{sent / 1e6:.2f} MB",
        f"{saved / 1e6:.2f} MB{share}",
    )
    shown = "".join(cell(head, html.escape(text)) for head, text in zip(_HEADS[1:], cells, strict=True))
    return f'<tr><td class="first">{html.escape(stream.stream)}</td>{shown}</tr>'


def _users(stack: Stack) -> str:
    users: _Users | None = stack.notes.get(_NOTE)
    if users is None:
        return ""
    counts, seen = users.source.counts, users.viewer.follower
    text = (
        f"The simulated producer has posted {counts.posted} frames and left out {counts.skipped}. "
        f"The simulated viewer has got {seen.frames} of them in {seen.bytes / 1e6:.2f} MB."
    )
    trouble = f"Its last post failed: {counts.error}" if counts.error else ""
    return f'<p class="soft">{text}</p>' + (f'<p class="bad">{html.escape(trouble)}</p>' if trouble else "")


def _savings(stack: Stack) -> str:
    """Counted while nobody else watches: what is sent to the simulated viewer would be in the sums, too."""
    users: _Users | None = stack.notes.get(_NOTE)
    if users is not None:
        users.viewer.stop()
    return checks.savings(stack)


CHECKS = (
    ("phase handshake", checks.handshake),
    ("phase stream", checks.stream),
    ("phase history", checks.levels),
    ("phase heatmap", checks.heatmap),
    ("posts are locked", checks.refused_posts),
    ("phase savings", _savings),
)
