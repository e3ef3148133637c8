"""Both example clients against our own door: what they show is what the producer sent, whatever happens."""

import json
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kaizen.phase.door import version_headers
from kaizen.phase.negotiation import Client, negotiate
from kaizen.phase.offer import offer
from kaizen.phase.quantise import from_bam
from kaizen.runtime.http import Response
from phase_stream.plan import Mark
from tests.unit.examples.clients import CLIENTS, command, run
from tests.unit.stream.source import Source
from tests.unit.stream.world import MemoryStore, World

Act = Callable[[Source], None]


class OurStream:
    """phase_stream over a store in memory. Each request for frames first lets the next act happen."""

    def __init__(self, source: Source, acts: list[Act], damage: frozenset[int]) -> None:
        self.source = source
        self.store = MemoryStore(source)
        self.headers: list[dict[str, str]] = []
        self.newest: list[str] = []  # what of each answer's newest frame is to be printed, by the producer's truth
        self._world = World(self.store)
        self._acts = enumerate(acts)
        self._damage = damage

    def handshake(self, query: dict[str, str]) -> Response:
        met = negotiate(Client(query["client"]), offer())
        document = met.as_document(offer(), None)
        return {"statusCode": 200, "headers": version_headers(met, offer()), "body": json.dumps(document).encode()}

    def poll(self, query: dict[str, str], headers: dict[str, str]) -> Response:
        number, act = next(self._acts)
        act(self.source)
        answer = self._world.get("toy", query, headers["accept-encoding"])
        self.newest.append(self._shown(self.source.newest))
        body = answer.body
        if number in self._damage:
            assert answer.headers["content-encoding"] == "gzip"
            plain = bytearray(answer.plain())
            plain[-1] ^= 1
            return {"statusCode": answer.status, "headers": {}, "body": bytes(plain)}
        return {"statusCode": answer.status, "headers": dict(answer.headers), "body": body}

    def _shown(self, mark: Mark) -> str:
        angles, missing = self.source.truth[mark]
        present = np.ones(angles.shape, np.bool_) if missing is None else ~missing
        theta = from_bam(angles[present], self.source.bits)
        order = f"{np.hypot(np.cos(theta).mean(), np.sin(theta).mean()):.3f}"
        return f"{len(angles)} of {self.source.total} rows, r {order}, state {zlib.crc32(angles.tobytes()):08x}"


def posts(count: int, **given: Any) -> Act:
    return lambda source: source.post(count, **given)


def nothing(source: Source) -> None:
    pass


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_life(client: str, bits: int) -> None:
    """Groups of 8 frames, of which the ring holds the last 24: each act with the answer to it."""
    script: list[tuple[Act, str]] = [
        (lambda source: source.begin(7, 10), "7.9 first: 2 frames"),
        (nothing, "nothing new"),
        (posts(3), "7.12 none: 3 frames"),
        (posts(5, missing=True), "7.17 none: 5 frames"),
        (posts(4), "7.21 none: 4 frames"),
        (posts(2, gap=6), "7.29 none: 2 frames"),
        (posts(1), "damaged: state-crc"),
        (posts(1), "7.31 crc: 4 frames"),
        (posts(60), "7.91 too-old: 8 frames"),  # after the gap, groups start at 28, 36, … 84
        (posts(1, late_us=20_000), "7.92 none: 1 frames"),
        (lambda source: source.begin(9, 3, rows=11), "9.2 epoch: 3 frames"),
        (posts(20), "9.22 none: 20 frames"),
    ]
    damage = frozenset(number for number, (_, line) in enumerate(script) if line.startswith("damaged"))
    stream = OurStream(Source(bits=bits, name="toy"), [act for act, _ in script], damage)
    done = run(command(client), stream, len(script))
    expected = [
        f"{line}, {newest}" if "frames" in line else line
        for (_, line), newest in zip(script, stream.newest, strict=True)
    ]
    assert done.stdout.splitlines() == ["handshake: compatible", *expected]
    assert (done.stderr, done.returncode) == ("", 0)
    totals = stream.store.totals()
    saved = totals["bytes_saved_total"]
    assert totals["phase_frame_bytes_sent_total"] + saved == totals["phase_frame_bytes_full_equivalent_total"]
    assert saved > 0
    assert totals["phase_bytes_retransmitted_total"] > 0
