"""How fast are cells of the heatmap averaged over time, and how many rightly? Against datashader and plain numpy.

    PYTHONPATH=layers/common:. .build/bench/bin/python -m benchmarks.phase_mean

Ours: binary angles of 16 bits and R of each cell, from float32 radians (`finish(bin_time(...))`), on one thread and on
two. datashader: `Canvas.raster` with the arithmetic mean, compiled beforehand, of the same array ([frames, rows], as
frames come) to the same cells, on all of numba's threads; the bars are held against that. Beside it datashader on an
array that was turned beforehand ([rows, frames], along which it runs faster), the time of turning left out: no bar, and
no peer that is faster. Naive: the argument of the mean of exp(1j x). All interleaved in one run, the best of as many
rounds as it takes until nothing gets better, since whatever else the machine does only ever slows them; a ratio below
its bar fails, and so does a cell of ours that is off. `wrong` are cells more than a quarter turn off, of those with
R > 0.2.

The phases are 4096 oscillators of different speed with noise, wrapped to a turn as they arrive.
"""

import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import datashader
import numpy as np
import xarray
from numpy.typing import NDArray

from kaizen.phase.circular import bin_bam, bin_time, finish
from kaizen.phase.quantise import TAU, from_bam, to_bam

FRAMES, ROWS = 4096, 4096
BLOCKS = (4, 16, 64)
ROUNDS, SETTLED, MOST_ROUNDS, SLOW_ROUNDS = 40, 20, 200, 5
ONE_BAR, TWO_BAR, NAIVE_BAR = 0.6, 0.85, 20.0

Singles = NDArray[np.float32]


def phases() -> Singles:
    numbers = np.random.default_rng(2)
    theta = numbers.uniform(0, TAU, ROWS)
    speeds = numbers.normal(0, 0.05, ROWS)
    block = np.empty((FRAMES, ROWS), np.float32)
    for frame in block:
        theta = np.mod(theta + speeds + numbers.normal(0, 0.1, ROWS), TAU)
        frame[:] = theta
    return block


def raster(values: Singles, shape: tuple[int, int]) -> Callable[[], NDArray[Any]]:
    """datashader's mean to cells of this shape."""
    height, width = values.shape
    source = xarray.DataArray(values, dims=("y", "x"), coords={"y": np.arange(height), "x": np.arange(width)})

    def run() -> NDArray[Any]:
        canvas = datashader.Canvas(plot_width=shape[1], plot_height=shape[0])
        cells: NDArray[Any] = canvas.raster(source, agg="mean").values
        return cells

    return run


@dataclass
class Way:
    """A way to make cells: `run` is timed; `angles` turns what it returns to radians [bins, rows]."""

    name: str
    run: Callable[[], Any]
    angles: Callable[[Any], NDArray[Any]]
    rounds: int = MOST_ROUNDS
    best: float = float("inf")

    def time(self) -> bool:
        """Whether the run was the best one by a hundredth or more."""
        started = perf_counter()
        self.run()
        seconds = perf_counter() - started
        better = seconds < self.best * 0.99
        self.best = min(self.best, seconds)
        return better

    def rate(self) -> float:
        """Phases per nanosecond."""
        return FRAMES * ROWS / self.best / 1e9


def ways(block: Singles, turned: Singles, step: int) -> dict[str, Way]:
    bins = FRAMES // step
    bam = to_bam(block, 16)

    def naive() -> NDArray[Any]:
        angles: NDArray[Any] = np.angle(np.mean(np.exp(1j * block.reshape(bins, step, ROWS)), axis=1))
        return angles

    def from_means(means: Any) -> NDArray[Any]:
        return from_bam(means.angles, 16)

    return {
        "one": Way("ours, 1 thread", lambda: finish(bin_time(block, step), 16), from_means),
        "two": Way("ours, 2 threads", lambda: finish(bin_time(block, step, threads=2), 16, 2), from_means),
        "lying": Way("datashader", raster(block, (bins, ROWS)), lambda cells: cells),
        "turned": Way("datashader, turned", raster(turned, (ROWS, bins)), lambda cells: cells.T),
        "naive": Way("exp(1j x)", naive, lambda cells: cells, SLOW_ROUNDS),
        "bam": Way("ours, from 16 bits, 1 thread", lambda: finish(bin_bam(bam, 16, step), 16), from_means),
    }


def wrong(way: Way, exact: NDArray[Any]) -> float:
    """The share of clear cells that are more than a quarter turn off."""
    clear = np.abs(exact) > 0.2
    off = np.abs(np.angle(np.exp(1j * (way.angles(way.run()) - np.angle(exact)))))
    return float((off[clear] > np.pi / 2).mean())


def compare(block: Singles, turned: Singles, step: int) -> bool:
    compared = ways(block, turned, step)
    for way in compared.values():
        way.run()  # compiles and warms up
    improved = 0
    for turn in range(MOST_ROUNDS):
        if turn >= ROUNDS and turn - improved > SETTLED:
            break
        for way in compared.values():
            if turn < way.rounds and way.time():
                improved = turn
    exact = np.exp(1j * block.astype(np.float64)).reshape(FRAMES // step, step, ROWS).mean(axis=1)
    peer, turned_peer, naive = (compared[key].rate() for key in ("lying", "turned", "naive"))
    bars = {"one": ONE_BAR, "two": TWO_BAR}
    good = True
    for key, way in compared.items():
        share = wrong(way, exact)
        missed = way.rate() / peer < bars.get(key, 0) or (key in bars and way.rate() / naive < NAIVE_BAR)
        missed |= key in bars and share > 0
        good &= not missed
        bar = f"{bars[key]:>5}" if key in bars else " " * 5
        print(
            f"{step:>5}  {way.name:<30} {way.rate():>6.3f} {way.rate() / peer:>8.2f} {bar} "
            f"{way.rate() / turned_peer:>8.2f} {way.rate() / naive:>8.1f} {NAIVE_BAR if key in bars else '':>5} "
            f"{share:>8.2%}{'  BAR MISSED' if missed else ''}"
        )
    return good


def main() -> int:
    print(
        f"{FRAMES} frames of {ROWS} rows; 10^9 phases per second, best of {ROUNDS} rounds or more\n"
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, "
        f"numpy {np.__version__}, datashader {datashader.__version__}"
    )
    print(
        f"{'block':>5}  {'':<30} {'rate':>6} {'x peer':>8} {'bar':>5} {'x turned':>8} {'x naive':>8} {'bar':>5} "
        f"{'wrong':>8}"
    )
    block = phases()
    turned = np.ascontiguousarray(block.T)
    held = [compare(block, turned, step) for step in BLOCKS]
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
