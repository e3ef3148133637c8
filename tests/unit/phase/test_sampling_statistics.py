"""Samples are fair: every row and every pair of rows as often as it should be, by chi-square. And R is near enough.

Inclusions of different rows are not independent, so their deviations are measured by their exact covariance, from all
subsets that there are: the result follows a chi-square distribution, which Wilson's and Hilferty's formula tells. Seeds
are fixed and the level is 1e-6, so that a failure is no bad luck. Two faulty reservoirs, each a known slip, must fail.
"""

import math
import random
from collections.abc import Callable, Iterable
from itertools import combinations
from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray

from kaizen.phase.reservoir import AlgorithmL
from kaizen.phase.sampling import Sample, choose_rows
from kaizen.phase.sizing import standard_error

N, K = 10, 4
DRAWS = 20_000
IDS = np.arange(N, dtype=np.uint64)


def critical(freedom: int, level: float = 1e-6) -> float:
    """What chi-square exceeds with a probability of `level`."""
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + NormalDist().inv_cdf(1 - level) * math.sqrt(spread)) ** 3)


@pytest.mark.parametrize(("freedom", "tabled"), [(19, 43.820), (44, 78.750)])
def test_the_formula_for_the_critical_value(freedom: int, tabled: float) -> None:
    """Tabled for a level of 0.001."""
    assert critical(freedom, 0.001) == pytest.approx(tabled, rel=5e-3)


def misfit(samples: Iterable[Iterable[int]], n: int, k: int, together: int) -> float:
    """Chi-square of how often each `together` rows came together in samples of k of n, over its critical value."""
    groups = list(combinations(range(n), together))
    every = np.array([[set(group) <= set(subset) for group in groups] for subset in combinations(range(n), k)])
    column = {group: index for index, group in enumerate(groups)}
    counts, draws = np.zeros(len(groups)), 0
    for sample in samples:
        for group in combinations(sorted(sample), together):
            counts[column[group]] += 1
        draws += 1
    expected = math.comb(k, together) / math.comb(n, together)
    covariance = np.cov(every.T.astype(float), bias=True)
    deviations = (counts - draws * expected) / math.sqrt(draws)
    chi_square = deviations @ np.linalg.pinv(covariance, hermitian=True) @ deviations
    return float(chi_square / critical(int(np.linalg.matrix_rank(covariance, hermitian=True))))


def by_hash() -> Iterable[list[int]]:
    """Of seeds in a row, as people choose them."""
    return [choose_rows(IDS, K, seed).rows.tolist() for seed in range(DRAWS)]


def by_algorithm_l() -> Iterable[list[int]]:
    rng = np.random.default_rng(1)
    for _ in range(DRAWS):
        reservoir: AlgorithmL[int] = AlgorithmL(K, rng)
        reservoir.add_block(range(N))
        yield reservoir.items


def by_algorithm_r(slot: Callable[[random.Random, int], int]) -> Iterable[list[int]]:
    """The usual reservoir, of which `slot` says where item i goes."""
    source = random.Random(1)
    for _ in range(DRAWS):
        kept = list(range(K))
        for i in range(K, N):
            j = slot(source, i)
            if j < K:
                kept[j] = i
        yield kept


def right(source: random.Random, i: int) -> int:
    return source.randrange(i + 1)


def one_too_few(source: random.Random, i: int) -> int:
    return source.randrange(i)


def constant(source: random.Random, i: int) -> int:
    """Replaces with the same probability all along."""
    return source.randrange(N)


FAIR = [by_hash, by_algorithm_l, lambda: by_algorithm_r(right)]
FAULTY = [lambda: by_algorithm_r(one_too_few), lambda: by_algorithm_r(constant)]


@pytest.mark.parametrize("together", [1, 2])
@pytest.mark.parametrize("draw", FAIR, ids=["hash", "algorithm L", "algorithm R"])
def test_rows_and_pairs_are_included_as_often_as_they_should(
    draw: Callable[[], Iterable[list[int]]], together: int
) -> None:
    assert misfit(draw(), N, K, together) < 1


@pytest.mark.parametrize("together", [1, 2])
@pytest.mark.parametrize("draw", FAULTY, ids=["one too few", "constant"])
def test_faulty_reservoirs_are_found_out(draw: Callable[[], Iterable[list[int]]], together: int) -> None:
    assert misfit(draw(), N, K, together) > 10


def test_pairs_tell_what_single_rows_do_not() -> None:
    """Blocks of neighbours include every row equally often."""
    source = random.Random(1)
    blocks = [[(start + i) % N for i in range(K)] for start in (source.randrange(N) for _ in range(DRAWS))]
    assert misfit(blocks, N, K, 1) < 1
    assert misfit(blocks, N, K, 2) > 10


@pytest.mark.parametrize("together", [1, 2])
def test_each_stratum_is_sampled_fairly(together: int) -> None:
    """Strata of 5, 5 and 10 rows get 2, 2 and 4 of 8."""
    labels = np.array([0, 2, 1, 2] * 5)
    samples = [choose_rows(np.arange(20, dtype=np.uint64), 8, seed, labels).rows for seed in range(DRAWS)]
    for label, share in ((0, 2), (1, 2), (2, 4)):
        own = np.flatnonzero(labels == label)
        within = [np.searchsorted(own, rows[labels[rows] == label]).tolist() for rows in samples]
        assert {len(rows) for rows in within} == {share}
        assert misfit(within, len(own), share, together) < 1


def test_strata_with_equal_claims_are_served_alike() -> None:
    """Three strata of 4 rows for 4: one of them gets two, by the hashes; each row is in a third of the samples."""
    labels = np.arange(12) % 3
    rows = np.concatenate([choose_rows(np.arange(12, dtype=np.uint64), 4, seed, labels).rows for seed in range(DRAWS)])
    counts = np.bincount(rows, minlength=12)
    assert np.abs(counts - DRAWS / 3).max() < 5.5 * math.sqrt(DRAWS * 2 / 9)


# ---------------------------------------------------------------- the error of R


def errors(
    phases: NDArray[np.float64], k: int, draws: int, strata: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """By how much a sample's R differs from that of all, for each of so many seeds."""
    vectors = np.exp(1j * phases)
    ids = np.arange(len(phases), dtype=np.uint64) * np.uint64(31)

    def estimate(sample: Sample) -> float:
        weights = 1 / sample.inclusion
        return float(abs((vectors[sample.rows] * weights).sum()) / weights.sum())

    whole = abs(vectors.mean())
    return np.array([estimate(choose_rows(ids, k, seed, strata)) - whole for seed in range(draws)])


def rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.square(values).mean()))


def clusters() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Phases of 20,000 oscillators in 16 groups, each near a phase of its own, all round but not evenly; the groups.

    R is 0.33. Where it is as small as its error, errors of both components add to it, as they do for any sample.
    """
    numbers = np.random.default_rng(8)
    centres = np.arange(16) * (2 * np.pi / 16)
    groups = numbers.choice(16, 20_000, p=(1 + 0.8 * np.cos(centres)) / 16)
    return centres[groups] + numbers.normal(0, 0.6, 20_000), groups


@pytest.mark.parametrize("k", [256, 1024])
def test_the_standard_error_of_r_is_as_good_as_said_and_strata_better(k: int) -> None:
    phases, groups = clusters()
    draws = 400
    luck = 1 + 5 / math.sqrt(2 * draws)  # five standard deviations of a root mean square
    said = standard_error(k, len(phases))
    plain, stratified = rms(errors(phases, k, draws)), rms(errors(phases, k, draws, groups))
    print(f"k = {k}: said {said:.4f}, plain {plain:.4f}, stratified {stratified:.4f}")
    assert said / 1.3 < plain < said * luck
    assert stratified < 0.8 * plain


def test_weights_undo_unequal_inclusion() -> None:
    """Of two strata the small one gets far more than its share; the weighted mean is right all the same."""
    phases = np.concatenate([np.zeros(4_000), np.full(10, np.pi)])
    labels = np.repeat([0, 1], [4_000, 10])
    found = errors(phases, 20, 50, labels)
    assert np.abs(found).max() < 1e-12
