"""Coupled oscillators to look at: the Kuramoto model with communities, a million of them if need be. Pure.

    d theta_i / dt = omega_i + Im((K_c Z_c + B Z) exp(-i theta_i)) + noise

Z_c is the mean of exp(i theta) over the oscillator's own community c and K_c that community's coupling, Z the mean over
all and B the coupling `between` communities. In this form, by the means, a step costs O(N) and equals the sum over all
pairs of sin(theta_j - theta_i). One community and no B is Kuramoto's own model: with Lorentzian frequencies of
half-width gamma it falls into step above K_c = 2 gamma, and then |Z| = sqrt(1 - K_c / K).

Y. Kuramoto, Chemical Oscillations, Waves, and Turbulence (1984), section 5.4.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Float32s = NDArray[np.float32]

MAX_OSCILLATORS = 1_000_000

_TAU = np.float32(2 * math.pi)
_REACH = 0.5  # coupling times time step, at most: the fourth-order step then errs by less than 1e-3 rad


class Spread(StrEnum):
    """How natural frequencies lie around their mean: `width` is the half-width, or the standard deviation."""

    LORENTZIAN = "lorentzian"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class Community:
    """Oscillators of one kind: `mean` and `width` of their natural frequencies in rad/s, `coupling` in 1/s."""

    size: int
    coupling: float
    mean: float = 0.0
    width: float = 0.5
    spread: Spread = Spread.LORENTZIAN


class Kuramoto:
    """The state at one instant, and the way to the next.

    `theta` holds the phases, float32 [N] in radians from 0 to 2 pi; `omega` the natural frequencies, float64 [N] in
    rad/s. `ids` and `strata` (the index of the community), int64 [N], never change: communities lie one after the
    other. The same seed gives the same phases.
    """

    def __init__(
        self, communities: Sequence[Community], *, seed: int, between: float = 0.0, noise: float = 0.0
    ) -> None:
        """`noise` is the variance in rad^2 that each phase gains per second by itself.

        Raises ValueError for an empty community, too many oscillators, or a negative width or noise.
        """
        sizes = [each.size for each in communities]
        if not sizes or min(sizes) < 1:
            raise ValueError("there must be a community, and an oscillator in each")
        if sum(sizes) > MAX_OSCILLATORS:
            raise ValueError(f"{sum(sizes)} oscillators are more than {MAX_OSCILLATORS}")
        if noise < 0 or any(each.width < 0 for each in communities):
            raise ValueError("widths and noise cannot be negative")
        self.n = sum(sizes)
        self.ids = np.arange(self.n)
        self.strata = np.repeat(np.arange(len(sizes)), sizes)
        self._random = np.random.default_rng(seed)
        self.omega = np.concatenate([_frequencies(each, self._random) for each in communities])
        self.theta = self._random.random(self.n, np.float32) * _TAU
        self._noise, self._between = noise, between
        self._sizes = np.array(sizes)
        self._couplings = np.array([each.coupling for each in communities])
        ends = np.cumsum(self._sizes).tolist()
        self._parts = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
        self._sin, self._cos = np.sin(self.theta), np.cos(self.theta)
        self._means = np.array([self._mean(part) for part in self._parts])
        self._slopes = np.empty_like(self.theta)
        self._scratch = np.empty_like(self.theta)
        self._step_seconds = 0.0

    @property
    def runs(self) -> list[tuple[int, int]]:
        """`strata` as pairs of (stratum, count)."""
        return list(enumerate(self._sizes.tolist()))

    def order(self, community: int | None = None) -> complex:
        """The order parameter r exp(i psi), of all oscillators or of one community."""
        return self._overall() if community is None else complex(self._means[community])

    def step(self, dt: float) -> Float32s:
        """The phases `dt` seconds later; the array is the caller's. Raises ValueError unless dt is positive."""
        phases: Float32s = self.frames(1, dt)[0]
        return phases

    def frames(self, count: int, dt: float) -> Float32s:
        """The phases after each of `count` steps, float32 [count, N]. Raises ValueError unless dt is positive."""
        if not 0 < dt < math.inf:
            raise ValueError(f"a step of {dt} s leads nowhere")
        strongest = float(np.abs(self._couplings).max()) + abs(self._between)
        parts = max(1, math.ceil(strongest * dt / _REACH))
        taken = np.empty((count, self.n), np.float32)
        for frame in taken:
            for _ in range(parts):
                self._advance(dt / parts)
            frame[:] = self.theta
        return taken

    def _advance(self, dt: float) -> None:
        """One step of Runge and Kutta's fourth order, in four passes.

        What the natural frequencies add is exact, and taken modulo a turn in double precision: a Lorentzian's fastest
        oscillators make thousands of turns per step.
        """
        if dt != self._step_seconds:
            self._half, self._turn = _folded(self.omega * (dt / 2)), _folded(self.omega * dt)
            self._step_seconds = dt
        half, turn = self._half, self._turn
        if self._noise:
            # Spread over the step, so that all that is off is the coupling, by the factor 1 + noise * dt / 12.
            jolts = self._random.standard_normal(self.n, np.float32)
            jolts *= np.float32(math.sqrt(self._noise * dt))
            half, turn = half + jolts * np.float32(0.5), turn + jolts
        self._slopes[:] = 0
        self._probe(1, half, dt / 2)
        self._probe(2, half, dt / 2)
        self._probe(2, turn, dt)
        self._settle(turn, dt)

    def _probe(self, weight: int, lead: Float32s, reach: float) -> None:
        """Weigh the slopes where the last pass went, and go on to theta + lead + reach * slope."""
        means = np.empty_like(self._means)
        for community, (part, pull) in enumerate(zip(self._parts, self._pulls(), strict=True)):
            slope = self._slope(pull, part)
            self._slopes[part] += slope if weight == 1 else slope * np.float32(weight)
            slope *= np.float32(reach)
            slope += lead[part]
            slope += self.theta[part]
            means[community] = self._go(slope, part)
        self._means = means

    def _settle(self, turn: Float32s, dt: float) -> None:
        """Weigh the last slopes, and make the step."""
        means = np.empty_like(self._means)
        for community, (part, pull) in enumerate(zip(self._parts, self._pulls(), strict=True)):
            phases = self._slope(pull, part)
            phases += self._slopes[part]
            phases *= np.float32(dt / 6)
            phases += turn[part]
            phases += self.theta[part]
            phases -= _TAU * np.floor(phases / _TAU)
            self.theta[part] = phases
            means[community] = self._go(phases, part)
        self._means = means

    def _pulls(self) -> list[complex]:
        """The field that each community feels."""
        pulls: list[complex] = (self._couplings * self._means + self._between * self._overall()).tolist()
        return pulls

    def _slope(self, pull: complex, part: slice) -> Float32s:
        """Im(pull * exp(-i theta)), in the scratch array."""
        slope: Float32s = self._scratch[part]
        np.multiply(self._cos[part], np.float32(pull.imag), out=slope)
        slope -= self._sin[part] * np.float32(pull.real)
        return slope

    def _go(self, phases: Float32s, part: slice) -> complex:
        """Be at these phases; their mean exp(i phase)."""
        np.sin(phases, out=self._sin[part])
        np.cos(phases, out=self._cos[part])
        return self._mean(part)

    def _mean(self, part: slice) -> complex:
        return complex(self._cos[part].mean(), self._sin[part].mean())

    def _overall(self) -> complex:
        return complex((self._means * self._sizes).sum() / self.n)


def showcase(n: int, seed: int) -> Kuramoto:
    """Four groups that look different side by side: in step, half in step, drifting, fast and on their own.

    Their shares are 40, 25, 25 and 10 %, their mean frequencies 0.1 to 0.6 Hz. Raises ValueError below 10 oscillators.
    """
    if n < 10:
        raise ValueError(f"{n} oscillators are too few for four groups")
    half, drifting, fast = n // 4, n // 4, n // 10
    groups = (
        Community(n - half - drifting - fast, coupling=2.4, mean=1.6, width=0.12),
        Community(half, coupling=1.2, mean=1.0, width=0.45),
        Community(drifting, coupling=0.2, mean=0.7, width=0.3),
        Community(fast, coupling=0.0, mean=3.6, width=0.8, spread=Spread.NORMAL),
    )
    return Kuramoto(groups, seed=seed, between=0.1, noise=1e-4)


def _frequencies(community: Community, random: np.random.Generator) -> NDArray[np.float64]:
    draw = random.standard_cauchy if community.spread is Spread.LORENTZIAN else random.standard_normal
    return community.mean + community.width * draw(community.size)


def _folded(angles: NDArray[np.float64]) -> Float32s:
    """Radians to within half a turn of 0, where single precision is finest."""
    return (angles - 2 * math.pi * np.rint(angles / (2 * math.pi))).astype(np.float32)
