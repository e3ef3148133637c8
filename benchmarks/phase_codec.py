"""How small and how fast is PHF1? Bytes per phase against bars and pcodec, encoding time against zstd alone.

    PYTHONPATH=layers/common .build/bench/bin/python -m benchmarks.phase_codec

The data are Kuramoto oscillators that feel their mean field: 4096 rows in random order at 30 frames/s, Lorentz natural
frequencies of half-width 0.7 rad/s, coupling 1.7 rad/s (1.4 is critical). `noisy` adds a random walk of 0.07 rad per
frame. How hard they are to compress no codec tells but the entropy of their second differences at 16 bits: it must not
fall short of that of the sets that the bars were found on.

Sizes count everything that is stored or sent: headers, keyframes, content coding. pcodec gets the same numbers raw and
as each of our predictors leaves them, at its default level and its highest, and its smallest result counts, without a
header or checksum. What fails: bytes per phase above the bar; more than 1.2 times pcodec's; encoding a live frame
(prediction, planes, checksums, zstd) in more than 2.5 times the time that zstd level 3 takes for its planes alone, the
two by turns in one run. Decoding times are for information.
"""

import json
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns

import cramjam
import numpy as np
import pcodec
from numpy.typing import NDArray

from kaizen.phase.coding import CODINGS, Effort, compress
from kaizen.phase.decode import decode_all
from kaizen.phase.encode import Encoded, chunk, delta, keyframe
from kaizen.phase.frames import Frames, Place
from kaizen.phase.predict import CANDIDATES, LINEAR, NONE, choose_predictor, residuals
from kaizen.phase.quantise import Bam, to_bam
from kaizen.phase.wire import HEADER_BYTES

ROWS, FRAMES, GOP = 4096, 256, 64
DT_US = 33_333  # 30 frames/s
HALF_WIDTH = 0.7  # rad/s
COUPLING = 1.7  # rad/s; from twice the half-width on there is order
STEPS_PER_FRAME, SETTLING_FRAMES = 4, 600

TIME_BAR, PCODEC_BAR = 2.5, 1.2
ROUNDS = 20
DECODER = Path(__file__).parents[1] / "functions" / "phase_heatmap" / "web" / "decode.js"


@dataclass(frozen=True)
class Set:
    """Frames to code: the least `entropy` they must have, bits per phase, and `bars`, bytes per phase by bits."""

    name: str
    noise: float  # rad per frame
    entropy: float
    bars: dict[int, float]


SETS = (Set("clean", 0.0, 4.80, {16: 0.56, 8: 0.13}), Set("noisy", 0.07, 11.99, {16: 1.56, 8: 0.55}))


def kuramoto(noise: float) -> tuple[NDArray[np.float64], float]:
    """Angles [FRAMES, ROWS] in radians, and the mean length of the mean field."""
    numbers = np.random.default_rng(12)
    speeds = HALF_WIDTH * np.tan(np.pi * ((np.arange(ROWS) + 0.5) / ROWS - 0.5))  # quantiles
    numbers.shuffle(speeds)
    theta = numbers.uniform(0, 2 * np.pi, ROWS)
    dt = DT_US / 1e6 / STEPS_PER_FRAME

    def rate(angles: NDArray[np.float64]) -> NDArray[np.float64]:
        sine, cosine = np.sin(angles), np.cos(angles)
        slope: NDArray[np.float64] = speeds + COUPLING * (sine.mean() * cosine - cosine.mean() * sine)
        return slope

    frames, order = np.empty((FRAMES, ROWS)), 0.0
    for t in range(-SETTLING_FRAMES, FRAMES):
        for _ in range(STEPS_PER_FRAME):  # Heun's
            slope = rate(theta)
            theta = theta + dt / 2 * (slope + rate(theta + dt * slope))
            if noise:
                theta += numbers.normal(0, noise / STEPS_PER_FRAME**0.5, ROWS)
        if t >= 0:
            frames[t] = theta
            order += abs(np.exp(1j * theta).mean()) / FRAMES
    return frames, order


def entropy(words: NDArray[np.unsignedinteger]) -> float:
    """Bits per word if each were coded by its own frequency."""
    counts = np.bincount(words.ravel())
    shares = counts[counts > 0] / words.size
    return float(-(shares * np.log2(shares)).sum())


def place(seq: int, count: int = 1) -> Place:
    return Place(epoch=1, seq=seq, t0_us=(seq - count + 1) * DT_US, dt_us=DT_US)


def live(angles: Bam, bits: int) -> Iterator[Encoded]:
    """A group of pictures as it is sent, frame by frame; the first is the keyframe."""
    encoded = keyframe(Frames(angles[:1]), place(0), bits, choose_predictor(angles[:GOP], bits))
    yield encoded
    for t in range(1, GOP):
        encoded = delta(Frames(angles[t : t + 1]), place(t), encoded.baseline)
        yield encoded


class Verdict:
    """Prints the rows of the tables, marks those over their bar, and remembers them."""

    def __init__(self) -> None:
        self.failed = False

    def row(self, text: str, *over: bool) -> None:
        self.failed |= any(over)
        print(text + ("  OVER THE BAR" if any(over) else ""))


def show_chunks(data: dict[str, NDArray[np.float64]], verdict: Verdict) -> None:
    print(f"\nBytes per phase, CHUNK of {FRAMES} frames, headers included; the best at ARCHIVE effort counts")
    print(f"{'':<14} {'predictor':>9} " + " ".join(f"{each + ' live':>10} {'archive':>8}" for each in CODINGS), end="")
    print(f" {'best':>7} {'bar':>5}")
    for each in SETS:
        for bits, bar in each.bars.items():
            angles = to_bam(data[each.name], bits)
            packed = chunk(Frames(angles), place(FRAMES, FRAMES), bits)
            sizes = {
                (coding, effort): len(compress(coding, packed, effort)) / angles.size
                for coding in CODINGS
                for effort in Effort
            }
            best = min(sizes[coding, Effort.ARCHIVE] for coding in CODINGS)
            shown = " ".join(f"{sizes[c, Effort.LIVE]:>10.3f} {sizes[c, Effort.ARCHIVE]:>8.3f}" for c in CODINGS)
            verdict.row(f"{each.name + f' {bits} bits':<14} {packed[11]:>9} {shown} {best:>7.3f} {bar:>5}", best > bar)


def by_pcodec(words: Bam) -> int:
    """The least bytes that pcodec makes of residuals or angles [frames, rows], time running fastest."""
    flat = np.ascontiguousarray(words.T).ravel().view(np.int16)
    deltas = pcodec.DeltaSpec
    # Differences from row to row of a frame alone only make it larger.
    specs = [deltas.auto(), deltas.no_op(), *(deltas.try_consecutive(order) for order in (1, 2) if len(words) > 1)]
    return min(
        len(pcodec.standalone.simple_compress(flat, pcodec.ChunkConfig(compression_level=level, delta_spec=spec)))
        for level in (8, 12)
        for spec in specs
    )


def show_pcodec(data: dict[str, NDArray[np.float64]], verdict: Verdict) -> None:
    print("\nBytes per phase at 16 bits against pcodec; frame: a DELTA of one frame in zstd as it is sent live")
    print(f"{'':<14} {'ours':>7} {'pcodec':>7} {'ratio':>6} {'bar':>5}")
    for each in SETS:
        angles = to_bam(data[each.name], 16)
        left = [residuals(angles, 16, predictor, None)[0] for predictor in (NONE, *CANDIDATES)]
        sent = [encoded.data for encoded in live(angles, 16)][1:]
        ours = sum(len(compress("zstd", message)) for message in sent)
        # Of a group, the predictor that suits it best: a decoder would have to be told of more.
        theirs = min(sum(by_pcodec(words[t : t + 1]) for t in range(1, GOP)) for words in left)
        pairs = [("frame", ours, theirs, ROWS * len(sent))]
        packed = chunk(Frames(angles), place(FRAMES, FRAMES), 16)
        stored = min(len(compress(coding, packed, Effort.ARCHIVE)) for coding in CODINGS)
        pairs += [("chunk", stored, min(map(by_pcodec, left)), angles.size)]
        for what, mine, peer, cells in pairs:
            ratio = mine / peer
            verdict.row(
                f"{each.name + ' ' + what:<14} {mine / cells:>7.3f} {peer / cells:>7.3f} {ratio:>6.2f} {PCODEC_BAR:>5}",
                ratio > PCODEC_BAR,
            )


def encoding_times(angles: Bam, bits: int) -> tuple[float, float, float]:
    """Microseconds of a live DELTA whole, of what zstd takes of it, and of zstd for its planes alone.

    Each frame's best of all rounds, then the median frame: others on the machine cost caches, and not both alike.
    """
    times = np.empty((3, ROUNDS, GOP - 1))
    given = list(live(angles, bits))

    def encode(frames: Frames, where: Place, last: Encoded) -> tuple[Encoded, int, int]:
        started = perf_counter_ns()
        encoded = delta(frames, where, last.baseline)
        between = perf_counter_ns()
        compress("zstd", encoded.data, Effort.LIVE)
        ended = perf_counter_ns()
        return encoded, ended - started, ended - between

    def squeeze(planes: bytes) -> int:
        started = perf_counter_ns()
        bytes(cramjam.zstd.compress(planes, level=3))
        return perf_counter_ns() - started

    for turn in range(ROUNDS):
        last = given[0]
        for t in range(1, GOP):
            frames, planes = Frames(angles[t : t + 1]), given[t].data[HEADER_BYTES:]
            alone = squeeze(planes) if turn % 2 else 0  # who comes second finds zstd's tables in the caches: by turns
            last, whole, part = encode(frames, place(t), last)
            times[:, turn, t - 1] = whole, part, alone or squeeze(planes)
    whole, part, alone = np.median(times.min(axis=1), axis=1) / 1000
    return float(whole), float(part), float(alone)


def show_times(data: dict[str, NDArray[np.float64]], verdict: Verdict) -> None:
    print(f"\nEncoding a live frame of {ROWS} rows, microseconds: best of {ROUNDS}, median of {GOP - 1} frames")
    print(f"{'':<14} {'predictor':>9} {'ours':>7} {'of it zstd':>11} {'zstd alone':>11} {'ratio':>6} {'bar':>5}")
    for each in SETS:
        for bits in each.bars:
            angles = to_bam(data[each.name], bits)
            whole, part, peer = encoding_times(angles, bits)
            predictor = choose_predictor(angles[:GOP], bits)
            verdict.row(
                f"{each.name + f' {bits} bits':<14} {predictor:>9} {whole:>7.1f} {part:>11.1f} {peer:>11.1f} "
                f"{whole / peer:>6.2f} {TIME_BAR:>5}",
                whole / peer > TIME_BAR,
            )


NODE = """
import { readFileSync } from "node:fs";
const [path, rounds] = process.argv.slice(1);
const { decodeAll } = await import(`data:text/javascript;base64,${readFileSync(path).toString("base64")}`);
const bodies = JSON.parse(readFileSync(0, "utf8")).map((body) => new Uint8Array(Buffer.from(body, "hex")));
for (const body of bodies) {
  const times = [];
  for (let round = 0; round <= rounds; round++) {
    let started = process.hrtime.bigint();
    for (const message of decodeAll(body)) {
      const now = process.hrtime.bigint();
      if (round > 0 && message.header.kind === 1) times.push(Number(now - started) / 1000);
      started = process.hrtime.bigint();
    }
  }
  times.sort((a, b) => a - b);
  console.log(times[times.length >> 1]);
}
"""


def show_javascript(data: dict[str, NDArray[np.float64]]) -> None:
    node = shutil.which("node")
    print(f"\nDecoding a DELTA of {ROWS} rows, checksums included, microseconds, median (for information)")
    if node is None:
        print("node is not installed (Debian package `nodejs`)")
        return
    cases = [(each, bits) for each in SETS for bits in each.bars]
    bodies = [b"".join(encoded.data for encoded in live(to_bam(data[each.name], bits), bits)) for each, bits in cases]
    done = subprocess.run(
        [node, "--input-type=module", "-e", NODE, str(DECODER), str(ROUNDS * 4)],
        input=json.dumps([body.hex() for body in bodies]),
        capture_output=True,
        text=True,
        check=True,
    )
    print(f"{'':<14} {'node':>7} {'Python':>7}")
    for (each, bits), body, time in zip(cases, bodies, done.stdout.split(), strict=True):
        print(f"{each.name + f' {bits} bits':<14} {float(time):>7.1f} {python_decoding(body):>7.1f}")


def python_decoding(body: bytes) -> float:
    times = []
    for _ in range(ROUNDS):
        started = perf_counter_ns()
        for message in decode_all(body):
            now = perf_counter_ns()
            if message.header.base_seq != message.header.seq:
                times.append(now - started)
            started = perf_counter_ns()
    return statistics.median(times) / 1000


def main() -> int:
    print(f"Python {platform.python_version()}, numpy {np.__version__}, cramjam {cramjam.__version__}, ", end="")
    print(f"pcodec {pcodec.__version__}")
    print(
        f"Kuramoto, {ROWS} rows, {1e6 / DT_US:.0f} frames/s, Lorentz frequencies of half-width {HALF_WIDTH} rad/s, ",
        end="",
    )
    print(f"coupling {COUPLING} rad/s")
    verdict = Verdict()
    data: dict[str, NDArray[np.float64]] = {}
    for each in SETS:
        data[each.name], order = kuramoto(each.noise)
        bits = entropy(residuals(to_bam(data[each.name], 16), 16, LINEAR, None)[0][1:])
        text = f"{each.name}: noise {each.noise} rad per frame, order {order:.2f}, "
        verdict.row(f"{text}entropy of second differences {bits:.2f} bit, at least {each.entropy}", bits < each.entropy)
    show_chunks(data, verdict)
    show_pcodec(data, verdict)
    show_times(data, verdict)
    show_javascript(data)
    return int(verdict.failed)


if __name__ == "__main__":
    sys.exit(main())
