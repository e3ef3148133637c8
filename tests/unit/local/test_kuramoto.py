"""The simulator against what is known of the model: its transition, its stationary states, its sum over pairs.

Seeds are fixed, so nothing here is left to chance; each bound is what theory allows a sample of that size.
"""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from local.phase.kuramoto import MAX_OSCILLATORS, Community, Kuramoto, Spread, showcase

GAMMA = 0.5
CRITICAL = 2 * GAMMA


def settled(model: Kuramoto, steps: int, dt: float = 0.1) -> NDArray[np.float64]:
    """|Z| after each of the steps, once the model has had as many to settle."""
    model.frames(steps, dt)
    lengths = []
    for _ in range(steps):
        model.step(dt)
        lengths.append(abs(model.order()))
    return np.array(lengths)


@pytest.mark.parametrize("ratio", [1.5, 2, 4])
def test_above_the_critical_coupling_the_order_is_kuramotos(ratio: float) -> None:
    n = 40_000
    lengths = settled(Kuramoto([Community(n, ratio * CRITICAL, width=GAMMA)], seed=11), 400)
    # Of the sample: the sum of n phases, and frequencies drawn at random, each off by some 1/sqrt(n).
    assert abs(lengths.mean() - math.sqrt(1 - 1 / ratio)) < 4 / math.sqrt(n)


@pytest.mark.parametrize("n", [1_000, 100_000])
def test_below_it_only_chance_is_left(n: int) -> None:
    """r is of the order of 1/sqrt(N): its mean square is 1/N, enlarged by 1/(1 - K/K_c) (Daido 1990)."""
    lengths = settled(Kuramoto([Community(n, 0.5 * CRITICAL, width=GAMMA)], seed=12), 200)
    assert 0.5 < (lengths**2).mean() * n * (1 - 0.5) < 2


def test_normal_frequencies_have_their_own_threshold() -> None:
    """K_c = 2 / (pi g(0)), which for a normal density is sqrt(8 / pi) times its standard deviation."""
    critical = math.sqrt(8 / math.pi)
    below, above = (
        settled(Kuramoto([Community(20_000, coupling, width=1, spread=Spread.NORMAL)], seed=13), 200).mean()
        for coupling in (0.8 * critical, 1.2 * critical)
    )
    # Above: the root of 1 = K * integral of cos^2(x) g(K r sin x) over -pi/2 to pi/2.
    x = np.linspace(-math.pi / 2, math.pi / 2, 10_001)

    def deficit(r: float) -> float:
        density = np.exp(-((1.2 * critical * r * np.sin(x)) ** 2) / 2) / math.sqrt(2 * math.pi)
        return 1.2 * critical * float(np.trapezoid(np.cos(x) ** 2 * density, x)) - 1

    assert below < 0.05
    assert above == pytest.approx(root(deficit), abs=8 / math.sqrt(20_000))  # steeper here than further above


def test_noise_against_coupling() -> None:
    """Equal oscillators with noise D settle at r = I1(K r / D) / I0(K r / D), the mean of a von Mises density."""
    coupling, diffusion = 2.0, 0.5
    model = Kuramoto([Community(40_000, coupling, width=0)], seed=14, noise=2 * diffusion)
    x = np.linspace(-math.pi, math.pi, 10_001)

    def deficit(r: float) -> float:
        density = np.exp(coupling * r / diffusion * np.cos(x))
        return float(np.trapezoid(np.cos(x) * density, x) / np.trapezoid(density, x)) - r

    assert settled(model, 600, dt=0.05).mean() == pytest.approx(root(deficit), abs=0.005)


def test_noise_alone_diffuses() -> None:
    """Without coupling the variance grows by `noise` a second, and the phases stay within one turn."""
    model = Kuramoto([Community(50_000, 0, width=0)], seed=15, noise=0.02)
    moved = np.angle(np.exp(1j * (model.frames(1, 0.05)[0] - model.frames(40, 0.05)[-1])))
    assert moved.var() == pytest.approx(0.02 * 2, rel=0.03)  # of a sample of 50 000: 3 sqrt(2/n) = 0.02
    assert moved.mean() == pytest.approx(0, abs=3 * 0.2 / math.sqrt(50_000))


@pytest.mark.parametrize("spread", list(Spread))
def test_the_means_equal_the_sum_over_all_pairs(spread: Spread) -> None:
    """Against small steps in double precision that know nothing of mean fields."""
    groups = [Community(23, 1.7, mean=1, width=0.4, spread=spread), Community(14, -0.6, width=1, spread=spread)]
    model = Kuramoto(groups, seed=16, between=0.8)
    start = model.theta.astype(np.float64)
    same = model.strata[:, None] == model.strata
    strength = np.where(same, np.array([1.7 / 23, -0.6 / 14])[model.strata][:, None], 0) + 0.8 / 37

    def slope(theta: NDArray[np.float64]) -> NDArray[np.float64]:
        pairs: NDArray[np.float64] = strength * np.sin(theta[None, :] - theta[:, None])
        return model.omega + pairs.sum(axis=1)

    expected = runge_kutta(slope, start, seconds=1.0, steps=4_000)
    taken = model.frames(50, 0.02)[-1]
    # A Lorentzian's fastest oscillators outrun the step: their phases are exact, the pull on them is averaged.
    slow = np.abs(model.omega) < 10
    assert slow.sum() > 30
    assert angle_between(taken, expected)[slow].max() < 1e-4
    assert angle_between(taken, expected).max() < 0.02


def test_large_steps_are_divided() -> None:
    """A strong coupling is followed as well in one step as in many."""
    groups = [Community(50, 8, width=0.3, spread=Spread.NORMAL)]
    fine, coarse = (Kuramoto(groups, seed=17) for _ in range(2))
    for _ in range(5):
        assert angle_between(fine.frames(50, 0.01)[-1], coarse.step(0.5)).max() < 2e-3


def test_uncoupled_oscillators_keep_their_frequency() -> None:
    """Exact for a thousand steps, even at thousands of turns per step."""
    model = Kuramoto([Community(500, 0, mean=1, width=50)], seed=18)
    start = model.theta.astype(np.float64)
    taken = model.frames(1000, 0.1)[-1]
    assert np.abs(model.omega).max() > 2_000
    assert angle_between(taken, start + model.omega * 100).max() < 1e-3


def test_a_seed_is_a_history() -> None:
    def history(seed: int) -> NDArray[np.float32]:
        return showcase(200, seed).frames(20, 0.1)

    assert np.array_equal(history(1), history(1))
    assert not np.array_equal(history(1), history(2))


def test_frames_are_steps() -> None:
    one, other = showcase(200, 1), showcase(200, 1)
    assert np.array_equal(one.frames(5, 0.1), [other.step(0.1) for _ in range(5)])


def test_what_is_handed_out_is_the_callers() -> None:
    one, other = showcase(200, 1), showcase(200, 1)
    one.step(0.1)[:] = 0
    other.step(0.1)
    assert np.array_equal(one.step(0.1), other.step(0.1))


@pytest.mark.parametrize("n", [10, 1_003])
def test_phases_are_finite_single_precision_within_a_turn(n: int) -> None:
    frames = showcase(n, 1).frames(300, 0.1)
    assert frames.dtype == np.float32
    assert frames.shape == (300, n)
    assert np.isfinite(frames).all()
    assert frames.min() >= 0
    assert frames.max() <= np.float32(2 * math.pi)


def test_rows_and_their_communities_are_stable() -> None:
    model = Kuramoto([Community(3, 1), Community(2, 0)], seed=1)
    assert model.ids.tolist() == [0, 1, 2, 3, 4]
    assert model.strata.tolist() == [0, 0, 0, 1, 1]
    assert model.runs == [(0, 3), (1, 2)]
    assert (model.n, len(model.omega)) == (5, 5)


def test_the_order_of_the_whole_is_that_of_its_parts() -> None:
    model = showcase(1_000, 3)
    theta = model.frames(7, 0.1)[-1].astype(np.float64)
    assert model.order() == pytest.approx(np.exp(1j * theta).mean(), abs=1e-5)
    for community in range(4):
        part = np.exp(1j * theta[model.strata == community]).mean()
        assert model.order(community) == pytest.approx(part, abs=1e-5)


def test_the_showcase_has_groups_that_differ() -> None:
    model = showcase(20_000, 1)
    model.frames(400, 0.1)
    in_step, half, drifting, fast = (abs(model.order(community)) for community in range(4))
    assert in_step > 0.9
    assert 0.3 < half < 0.8
    assert max(drifting, fast) < 0.15


@pytest.mark.parametrize(
    ("communities", "options"),
    [
        ([], {}),
        ([Community(0, 1)], {}),
        ([Community(MAX_OSCILLATORS, 1), Community(1, 1)], {}),
        ([Community(1, 1, width=-1)], {}),
        ([Community(1, 1)], {"noise": -1}),
    ],
)
def test_what_cannot_be_simulated_is_refused(communities: list[Community], options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"communit|oscillators|negative"):
        Kuramoto(communities, seed=1, **options)


@pytest.mark.parametrize("dt", [0, -1, math.nan, math.inf])
def test_no_time_is_no_step(dt: float) -> None:
    with pytest.raises(ValueError, match="leads nowhere"):
        showcase(10, 1).step(dt)


def angle_between(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """Radians, never negative."""
    turned: NDArray[np.float64] = np.abs(np.angle(np.exp(1j * (one.astype(np.float64) - other))))
    return turned


def runge_kutta(slope, theta, seconds: float, steps: int):  # type: ignore[no-untyped-def]
    dt = seconds / steps
    for _ in range(steps):
        first = slope(theta)
        second = slope(theta + dt / 2 * first)
        third = slope(theta + dt / 2 * second)
        theta = theta + dt / 6 * (first + 2 * second + 2 * third + slope(theta + dt * third))
    return theta


def root(falling) -> float:  # type: ignore[no-untyped-def]
    """Where a function that falls on (0, 1) is 0."""
    low, high = 1e-3, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return low
