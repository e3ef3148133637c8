"""How fast are 4096 of 1,000,000 rows chosen? Against the roadmap's reservoir in pure Python, and against sorting.

    PYTHONPATH=layers/common:. python -m benchmarks.phase_rows

Ours: `choose_rows` on the ids as a roster keeps them, in order; the search for duplicates is included. Reservoir:
Algorithm R with the roadmap's random numbers, over a list of phases. Full bottom-k: the same hashes of all ids, sorted,
and the first k taken; it must give the same rows. CPU time, all interleaved in one run, medians; a ratio below its bar
fails. The other lines are for information. `changed` says how many rows of the heatmap would be another oscillator's if
there were one oscillator more.
"""

import platform
import random
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import process_time
from typing import Any

import numpy as np

from kaizen.phase.reservoir import AlgorithmL
from kaizen.phase.sampling import Ids, choose_rows, splitmix64

N, K, SEED = 1_000_000, 4096, 11
ROUNDS, SLOW_ROUNDS = 15, 5
RESERVOIR_BAR, SORT_BAR = 80.0, 4.0


def roadmap(phases: Sequence[float]) -> list[float]:
    """Algorithm R with the random numbers that the roadmap draws."""
    kept = list(phases[:K])
    for i in range(K, len(phases)):
        j = random.randrange(0, i + 1)
        if j < K:
            kept[j] = phases[i]
    return kept


def tuned(phases: Sequence[float]) -> list[float]:
    """The same with the fastest random number that Python has."""
    kept, draw = list(phases[:K]), random.random
    for i in range(K, len(phases)):
        j = int(draw() * (i + 1))
        if j < K:
            kept[j] = phases[i]
    return kept


def sorted_hashes(ids: Ids) -> Any:
    return np.argsort(splitmix64(ids, SEED))[:K]


def parted_hashes(ids: Ids) -> Any:
    return np.argpartition(splitmix64(ids, SEED), K - 1)[:K]


def algorithm_l(ids: Ids) -> list[int]:
    reservoir: AlgorithmL[int] = AlgorithmL(K, np.random.default_rng(SEED))
    reservoir.add_block(range(len(ids)))
    return reservoir.items


def fresh_choice(ids: Ids) -> Any:
    return np.random.default_rng(SEED).choice(len(ids), K, replace=False, shuffle=False)


@dataclass
class Way:
    """A way to choose rows; `changed` is left out where another draw is another sample by its nature."""

    name: str
    run: Callable[[], Any]
    rounds: int
    changed: Callable[[], int] | None = None
    bar: float | None = None


def changed(choose: Callable[[Ids], Any], ids: Ids) -> int:
    grown = np.append(ids, ids[-1] + np.uint64(3))
    return len(set(ids[choose(ids)].tolist()) - set(grown[choose(grown)].tolist()))


def ways() -> list[Way]:
    ids = np.arange(N, dtype=np.uint64) * np.uint64(3) + np.uint64(1 << 40)
    rng = np.random.default_rng(1)
    shuffled, sparse = rng.permutation(ids), rng.integers(0, 1 << 63, N, dtype=np.uint64)
    groups = rng.integers(0, 64, N)
    phases = rng.uniform(0, 6.28, N).tolist()

    def ours(ids: Ids) -> Any:
        return choose_rows(ids, K, SEED).rows

    assert sorted(sorted_hashes(ids).tolist()) == ours(ids).tolist()
    assert len(roadmap(phases)) == len(tuned(phases)) == K
    return [
        Way("ours", lambda: ours(ids), ROUNDS, lambda: changed(ours, ids)),
        Way("roadmap's reservoir", lambda: roadmap(phases), SLOW_ROUNDS, bar=RESERVOIR_BAR),
        Way("full bottom-k, sorted", lambda: sorted_hashes(ids), ROUNDS, lambda: changed(sorted_hashes, ids), SORT_BAR),
        Way("full bottom-k, partitioned", lambda: parted_hashes(ids), ROUNDS, lambda: changed(parted_hashes, ids)),
        Way("reservoir, tuned", lambda: tuned(phases), SLOW_ROUNDS),
        Way("Algorithm L, one pass", lambda: algorithm_l(ids), ROUNDS),
        Way("numpy choice, same seed", lambda: fresh_choice(ids), ROUNDS, lambda: changed(fresh_choice, ids)),
        Way("ours, 64 strata", lambda: choose_rows(ids, K, SEED, groups), ROUNDS),
        Way("ours, ids in any order", lambda: ours(shuffled), ROUNDS),
        Way("ours, any 63 bits, any order", lambda: ours(sparse), ROUNDS),
    ]


def main() -> int:
    compared = ways()
    times: dict[str, list[float]] = {way.name: [] for way in compared}
    for turn in range(ROUNDS + 1):  # the first warms up
        for way in compared:
            if turn <= way.rounds:
                started = process_time()
                way.run()
                times[way.name].append(process_time() - started)
    medians = {name: statistics.median(each[1:]) for name, each in times.items()}
    ours = medians["ours"]
    print(f"{K} of {N:,} rows; CPU ms, medians; Python {platform.python_version()}, numpy {np.__version__}")
    print(f"{'':<30} {'ms':>8} {'x ours':>8} {'bar':>5} {'changed':>8}")
    failed = False
    for way in compared:
        ratio = medians[way.name] / ours
        missed = way.bar is not None and ratio < way.bar
        failed |= missed
        print(
            f"{way.name:<30} {medians[way.name] * 1000:>8.2f} {ratio:>8.2f} {way.bar or '':>5} "
            f"{way.changed() if way.changed else '':>8}{'  BAR MISSED' if missed else ''}"
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
