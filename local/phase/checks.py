"""The steps of `make demo` that look at the phase streams from outside: as a producer's owner and as a viewer."""

import json
import re
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from typing import Any

from kaizen.phase.coding import decompress
from kaizen.phase.decode import decode_all
from kaizen.phase.wire import HAS_R
from local.demo.looking import get, need, scrape
from local.errors import LocalError
from local.phase.follower import Follower
from local.stack import Stack

CLOSED_SECONDS = 10  # after which the fold takes a response; a test holds it against the function's own
_FAVOURITE = "kuramoto"  # the default policy's
_PATIENCE = 180.0
_APART, _MARGIN = 3.0, 0.5  # seconds between what is counted before and what is checked, and beyond closing


def stream_of(stack: Stack) -> str:
    """The stream that is simulated: the policy's first, but for its favourite. Raises LocalError when there is none."""
    known = [each.id for each in stack.policy.streams]
    if not known:
        raise LocalError("the policy has no [[streams]]")
    return _FAVOURITE if _FAVOURITE in known else known[0]


def handshake(stack: Stack) -> str:
    """A client of today is compatible, one of another major gets its way out, at the handshake and at the data."""
    api = stack.addresses.api

    def verdict(client: str) -> Any:
        status, body = get(f"{api}/phase/handshake?client={client}&stream={stream_of(stack)}")
        need(status == 200, f"status {status}: {body}")
        return json.loads(body)

    today, tomorrow = verdict("1.0.0"), verdict("2.0.0")
    need(today["verdict"] == "compatible" and today["stream_epoch"], today)
    need(tomorrow["verdict"] == "client_too_new" and tomorrow["upgrade"]["steps"], tomorrow)
    status, body = get(f"{api}/phase/streams/{stream_of(stack)}/frames?schema=2.0.0")
    need(status == 406 and json.loads(body)["upgrade"]["who"] == "server", f"status {status}: {body}")
    return f"1.0.0 is compatible, 2.0.0 is told: {tomorrow['upgrade']['title']}"


def stream(stack: Stack) -> str:
    """A viewer follows: a keyframe first, then deltas, each checked against the server's state by its checksum."""
    viewer = Follower(stack.addresses.api, stream_of(stack))
    until = time.monotonic() + _PATIENCE
    while viewer.frames < 40 or viewer.resyncs["none"] < 3:
        need(time.monotonic() < until, f"only {viewer.frames} frames came, {dict(viewer.resyncs)}")
        if not viewer.poll(columns="1"):
            time.sleep(0.3)
    need(set(viewer.resyncs) <= {"first", "none", "epoch"}, dict(viewer.resyncs))
    rows, total = viewer.config["rows"], viewer.config["total"]
    need(viewer.baseline is not None and len(viewer.baseline.angles.last) == rows, viewer.config.keys())
    each, order = viewer.bytes / viewer.frames / rows, viewer.columns[-1]["r"][-1]
    return f"{viewer.frames} frames, {rows} rows of {total}, {each:.2f} bytes a phase, r = {order:.2f}"


def levels(stack: Stack) -> str:
    """A chunk of each level that is there, through the redirect to its presigned address."""
    status, body = get(f"{stack.addresses.api}/phase/streams/{stream_of(stack)}")
    need(status == 200, f"status {status}: {body}")
    epochs = json.loads(body)["epochs"]
    found: dict[int, str] = {}
    for epoch in epochs:
        for level in epoch["levels"]:
            if level["last_chunk"] is not None and level["level"] not in found:
                address = f"levels/{level['level']}/chunks/{level['last_chunk']}?epoch={epoch['epoch']}"
                found[level["level"]] = _chunk(
                    f"{stack.addresses.api}/phase/streams/{stream_of(stack)}/{address}", level["level"]
                )
    need({0, 1} <= set(found), f"levels {sorted(found)} of {epochs}")
    return ", ".join(f"level {level}: {text}" for level, text in sorted(found.items()))


def _chunk(url: str, level: int) -> str:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "zstd"})  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own loopback address
        need("/v1/" in answer.url, f"no redirect: {answer.url}")
        body = decompress(answer.headers.get("content-encoding", "identity"), answer.read(), 64 << 20)
    header = next(decode_all(body)).header
    need(bool(header.flags & HAS_R) == (level > 0), f"flags {header.flags} at level {level}")
    return f"{header.n_frames} columns of {header.n_rows} rows"


def savings(stack: Stack) -> str:
    """What the metrics say is what a viewer got: to the byte, and sent and saved make the full equivalent.

    Nobody else may be sent frames meanwhile. Counters follow when a response is closed, so that this takes a while.
    """
    quiet = time.monotonic()
    time.sleep(_APART)
    began = time.monotonic()
    viewer, audit = _watched(stack)
    before = _folded(stack, quiet)
    if time.monotonic() - CLOSED_SECONDS >= began:  # a slow machine: some of the viewer's own may be in it
        before = _folded(stack, time.monotonic())
        viewer, audit = _watched(stack)
    report = {"audit": audit, "stream": stream_of(stack), "bytes": viewer.bytes, "responses": viewer.responses}
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{stack.addresses.api}/phase/savings/audit",
        json.dumps(report).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own loopback address
        told = json.load(answer)
    need(told["difference_bytes"] == 0, told)
    moved = {name: value - before[name] for name, value in _folded(stack, time.monotonic()).items()}
    need(moved["sent"] == viewer.bytes, f"sent rose by {moved['sent']}, the viewer got {viewer.bytes}")
    need(moved["sent"] + moved["saved"] == moved["full"], moved)
    need(moved["saved"] > 0 and moved["retransmitted"] > 0, moved)
    need(moved["saved"] == told["server"]["saved_bytes"], told)
    return f"{viewer.bytes} bytes got and counted, {moved['saved'] / moved['full']:.0%} saved, audit differs by 0"


def _watched(stack: Stack) -> tuple[Follower, str]:
    """A viewer that got some answers, one of them after it lost its state, and its id."""
    audit = uuid.uuid4().hex
    viewer = Follower(stack.addresses.api, stream_of(stack), audit)
    until = time.monotonic() + _PATIENCE
    while viewer.responses < 5:
        need(time.monotonic() < until, f"only {viewer.responses} responses")
        if not viewer.poll():
            time.sleep(0.3)
    viewer.lose("crc")
    viewer.poll()
    return viewer, audit


def _folded(stack: Stack, sent_until: float) -> dict[str, float]:
    """The counters when all that was sent until then is in them: a run of the schedule, once that is closed."""
    time.sleep(max(0.0, sent_until + CLOSED_SECONDS + _MARGIN - time.monotonic()))
    (fold,) = [each for each in stack.template.schedules if each.function == "PhaseStream"]
    done = stack.run(fold)
    need(not done.error, done.error)
    return _sums(stack)


def _sums(stack: Stack) -> dict[str, float]:
    names = {
        "saved": "bytes_saved_total",
        "sent": "phase_frame_bytes_sent_total",
        "full": "phase_frame_bytes_full_equivalent_total",
        "retransmitted": "phase_bytes_retransmitted_total",
    }
    samples, simulated = scrape(stack), stream_of(stack)
    return {
        short: sum(each.value for each in samples if each.name == name and each.labels["stream"] == simulated)
        for short, name in names.items()
    }


def heatmap(stack: Stack) -> str:
    """The page and all that it names answer, each as what it is, under a policy that lets nothing else in."""
    page = f"{stack.addresses.api}/phase/"
    document, headers = _fetched(f"{page}?stream={stream_of(stack)}")
    need("default-src 'none'" in headers["content-security-policy"], headers)
    kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    waiting, loaded = re.findall(r'"(assets/[^"]+)"', document), dict[str, int]()
    need(waiting, document)
    while waiting:
        address = waiting.pop()
        if address in loaded:
            continue
        text, headers = _fetched(page + address)
        need(headers["content-type"].startswith(kinds[address.rpartition(".")[2]]), f"{address}: {headers}")
        need("immutable" in headers["cache-control"], f"{address}: {headers}")
        loaded[address] = len(text)
        imported = re.findall(r'^import .* from "\./([^"]+)";$', text, re.MULTILINE)
        waiting += [f"{address.rpartition('/')[0]}/{name}" for name in imported]
    return f"the page and {len(loaded)} assets, {sum(loaded.values()) / 1e3:.0f} kB, cached for ever"


def _fetched(url: str) -> tuple[str, Mapping[str, str]]:
    """A body and its headers, their names in lower case."""
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own loopback address
        return answer.read().decode(), {name.lower(): value for name, value in answer.headers.items()}


def refused_posts(stack: Stack) -> str:
    url = f"{stack.addresses.api}/phase/frames?stream={stream_of(stack)}"
    request = urllib.request.Request(url, b"{}", {"Content-Type": "application/json"})  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own loopback address
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    need(status == 401, f"status {status}")
    return "401 without the producer's token"
