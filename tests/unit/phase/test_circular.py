"""Means of angles against double precision: any cut, any wrap, any number of threads; levels, storage, all-N sums."""

import ast
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from kaizen.phase import circular, vectors
from kaizen.phase.circular import Sums, bin_bam, bin_time, density, finish, merge, order_parameter, pack, unpack
from kaizen.phase.quantise import BITS, TAU, Bam, NotFiniteError, bam_type, from_bam, from_r8, to_bam
from tests.architecture.house import function_modules, layer_modules

Radians = NDArray[np.float32]
Mask = NDArray[np.bool_]

bits_of = st.sampled_from(BITS)


@pytest.fixture(params=["large tiles", "small tiles"])
def _tiles(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ones cut the small arrays of a test as large ones cut large arrays."""
    if request.param == "small tiles":
        monkeypatch.setattr(vectors, "TILE_CELLS", 12)
        monkeypatch.setattr(circular, "TILE_CELLS", 12)
        monkeypatch.setattr(circular, "TILE_ROWS", 4)


any_tiles = pytest.mark.usefixtures("_tiles")


def phases(frames: int, rows: int, seed: int = 0) -> Radians:
    """Of any range."""
    return np.random.default_rng(seed).uniform(-20, 20, (frames, rows)).astype(np.float32)


def gaps_of(shape: tuple[int, ...], share: float = 0.3, seed: int = 0) -> Mask:
    gaps: Mask = np.random.default_rng(seed + 100).random(shape) < share
    return gaps


def reference(theta: NDArray[np.floating], step: int, missing: Mask | None = None) -> NDArray[np.complex128]:
    """The sums of unit vectors, in double precision and bin by bin."""
    units = np.exp(1j * theta.astype(np.float64))
    if missing is not None:
        units[missing] = 0
    return np.array([units[start : start + step].sum(axis=0) for start in range(0, len(theta), step)])


def counts(missing: Mask, step: int) -> NDArray[np.int64]:
    return np.array([(~missing[start : start + step]).sum(axis=0) for start in range(0, len(missing), step)])


def as_complex(sums: Sums) -> NDArray[np.complex128]:
    return sums.c.astype(np.float64) + 1j * sums.s.astype(np.float64)


def distance(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.abs(np.angle(np.exp(1j * (one - other))))
    return found


def same(one: Sums, other: Sums) -> bool:
    """Bit by bit."""
    pairs = ((one.c, other.c), (one.s, other.s), (one.n, other.n))
    return all(mine.dtype == theirs.dtype and np.array_equal(mine, theirs) for mine, theirs in pairs)


# ---------------------------------------------------------------- sums of bins

SHAPES = [(37, 5, 4), (64, 3, 64), (130, 9, 65), (300, 2, 150), (3, 10, 7), (1, 1, 1), (20, 13, 1)]


@any_tiles
@pytest.mark.parametrize(("frames", "rows", "step"), SHAPES)
@pytest.mark.parametrize("gaps", [False, True])
def test_sums_match_double_precision(frames: int, rows: int, step: int, gaps: bool) -> None:
    block = phases(frames, rows)
    missing = gaps_of(block.shape) if gaps else None
    sums = bin_time(block, step, missing)
    assert np.abs(as_complex(sums) - reference(block, step, missing)).max() < 4e-6 * step
    assert sums.n.dtype == np.int32
    assert (sums.n == counts(missing if missing is not None else np.zeros(block.shape, np.bool_), step)).all()
    assert sums.c.dtype == sums.s.dtype == (np.float32 if step <= 64 else np.float64)


@any_tiles
@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize(("frames", "rows", "step"), SHAPES)
def test_sums_of_binary_angles_do_not_depend_on_the_order(frames: int, rows: int, step: int, bits: int) -> None:
    """They are exact: frames of a bin in another order give the same bits."""
    numbers = np.random.default_rng(1)
    angles = numbers.integers(0, 1 << bits, (frames, rows)).astype(bam_type(bits))
    missing = gaps_of(angles.shape)
    sums = bin_bam(angles, bits, step, missing)
    assert np.abs(as_complex(sums) - reference(from_bam(angles, bits), step, missing)).max() < 2.8e-6 * step
    order = np.concatenate([start + numbers.permutation(min(step, frames - start)) for start in range(0, frames, step)])
    assert same(bin_bam(angles[order], bits, step, missing[order]), sums)
    for component in (sums.c, sums.s):
        assert (component * 2.0**18 % 1 == 0).all()


@any_tiles
@pytest.mark.parametrize("threads", [2, 3])
def test_threads_do_not_matter(threads: int) -> None:
    block, missing = phases(150, 9), gaps_of((150, 9))
    for step in (3, 64, 70):
        alone = bin_time(block, step, missing)
        assert same(bin_time(block, step, missing, threads), alone)
        angles = to_bam(block, 16)
        assert same(bin_bam(angles, 16, step, missing, threads), bin_bam(angles, 16, step, missing))
        for mine, theirs in zip(finish(alone, 12, threads), finish(alone, 12), strict=True):
            assert (mine == theirs).all()


def test_wide_and_strided_frames() -> None:
    """Wider than a tile, and a view of every other row."""
    block = phases(10, 40_000)
    assert np.abs(as_complex(bin_time(block, 4, threads=2)) - reference(block, 4)).max() < 1e-5
    view = block[::3, ::2]
    assert same(bin_time(view, 2), bin_time(view.copy(), 2))


def test_no_frames_or_no_rows_have_no_sums() -> None:
    assert bin_time(phases(0, 5), 4).c.shape == (0, 5)
    empty = bin_time(phases(9, 0), 4)
    assert empty.c.shape == empty.n.shape == (3, 0)
    for sums in (empty, bin_time(phases(0, 5), 4)):
        assert finish(merge(sums, 2), 16).angles.size == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_phase_that_is_not_finite_is_named(bad: float) -> None:
    block = phases(200, 6)
    block[141, 2] = block[150, 0] = bad
    for step in (4, 100):
        with pytest.raises(NotFiniteError, match=r"\(141, 2\)"):
            bin_time(block, step, threads=2)
    with pytest.raises(NotFiniteError, match=r"\(141, 2\)"):
        order_parameter(block)
    with pytest.raises(NotFiniteError, match=r"\(141, 2\)"):
        density(block)
    missing = np.zeros(block.shape, np.bool_)
    missing[141, 2] = True
    for use in (lambda: bin_time(block, 4, missing), lambda: order_parameter(block, missing=missing)):
        with pytest.raises(NotFiniteError, match=r"\(150, 0\)"):
            use()
    with pytest.raises(NotFiniteError, match=r"\(150, 0\)"):
        density(block, missing=missing)


def test_anything_may_stand_where_a_cell_is_missing() -> None:
    block, missing = phases(50, 6), gaps_of((50, 6))
    spoilt = np.where(missing, np.float32(np.nan), block)
    spoilt[missing & gaps_of((50, 6), seed=1)] = np.inf
    assert same(bin_time(spoilt, 8, missing), bin_time(block, 8, missing))
    assert (density(spoilt, missing=missing) == density(block, missing=missing)).all()
    assert (order_parameter(spoilt, missing=missing)[0] == order_parameter(block, missing=missing)[0]).all()


# ---------------------------------------------------------------- means


@given(
    npst.arrays(np.float32, st.tuples(st.integers(1, 40), st.integers(1, 4)), elements=st.floats(-7, 7, width=32)),
    st.integers(1, 20),
    bits_of,
)
def test_means_match_double_precision(block: Radians, step: int, bits: int) -> None:
    sums = bin_time(block, step)
    means, exact = finish(sums, bits), reference(block, step) / sums.n
    assert np.abs(from_r8(means.r8) - np.abs(exact)).max() <= 0.5 / 255 + 1e-5
    clear = np.abs(exact) > 0.01
    assert (distance(from_bam(means.angles, bits), np.angle(exact))[clear] <= np.pi / 2**bits + 1e-3).all()
    sharp = np.abs(exact) > 0.2
    assert (distance(from_bam(means.angles, bits), np.angle(exact))[sharp] <= np.pi / 2**bits + 5e-5).all()
    assert not means.missing.any()


@given(
    npst.arrays(np.uint16, st.tuples(st.integers(1, 12), st.integers(1, 4))),
    st.integers(0, 2**16 - 1),
    st.integers(1, 12),
)
def test_a_mean_turns_with_its_angles(angles: Bam, turn: int, step: int) -> None:
    still, turned = finish(bin_bam(angles, 16, step), 16), finish(bin_bam(angles + np.uint16(turn), 16, step), 16)
    assert np.abs(still.r8.astype(int) - turned.r8).max() <= 1
    clear = still.r8 > 25
    off = (turned.angles - still.angles - np.uint16(turn)).astype(np.int16)
    assert (np.abs(off.astype(int))[clear] <= 2).all()


@pytest.mark.parametrize("bits", BITS)
def test_around_the_wrap_the_mean_is_no_half_turn(bits: int) -> None:
    """The arithmetic mean of 0.1 and 2 pi - 0.1 is pi."""
    block = np.tile(np.array([[0.1], [TAU - 0.1]], np.float32), (8, 1))
    means = finish(bin_time(block, 16), bits)
    assert means.angles[0, 0] == 0
    assert from_r8(means.r8)[0, 0] == pytest.approx(np.cos(0.1), abs=0.5 / 255)
    below = finish(Sums(np.array([[1.0]]), np.array([[-1e-9]]), np.ones((1, 1), np.int32)), bits)
    assert below.angles[0, 0] == 0


@pytest.mark.parametrize("bits", BITS)
def test_opposite_angles_leave_nothing(bits: int) -> None:
    """Exactly so, whatever the angle; then it is noise and reads 0."""
    one = np.arange(1 << bits).astype(bam_type(bits))
    other = ((np.arange(1 << bits) + (1 << (bits - 1))) & ((1 << bits) - 1)).astype(bam_type(bits))
    sums = bin_bam(np.array([one, other]), bits, 2)
    assert not sums.c.any()
    assert not sums.s.any()
    means = finish(sums, bits)
    assert not means.angles.any()
    assert not means.r8.any()
    assert not means.missing.any()


def test_noise_of_single_precision_has_no_angle() -> None:
    means = finish(bin_time(np.array([[0.0], [np.pi]], np.float32), 2), 16)
    assert (means.angles[0, 0], means.r8[0, 0]) == (0, 0)


def test_where_every_angle_is_missing_the_mean_is_missing() -> None:
    missing = np.array([[True, False], [True, True], [False, True]])
    means = finish(bin_bam(np.full((3, 2), 99, np.uint8), 8, 2, missing), 8)
    assert means.missing.tolist() == [[True, False], [False, True]]
    assert means.angles.tolist() == [[0, 99], [99, 0]]
    assert means.r8.tolist() == [[0, 255], [255, 0]]
    nothing = finish(
        Sums(np.zeros((2, 3)), np.zeros((2, 3)), np.broadcast_to(np.array([[0], [4]], np.int32), (2, 3))), 16
    )
    assert nothing.missing.tolist() == [[True] * 3, [False] * 3]


def test_a_vector_longer_than_its_count_is_refused() -> None:
    sums = Sums(np.array([[3.0]]), np.array([[0.1]]), np.array([[2]], np.int32))
    with pytest.raises(ValueError, match="longer than their count"):
        finish(sums, 16)
    with pytest.raises(ValueError, match="longer than their count"):
        pack(sums)


# ---------------------------------------------------------------- levels and storage


@given(
    npst.arrays(np.uint16, st.tuples(st.integers(1, 60), st.integers(1, 3))),
    st.integers(1, 8),
    st.integers(1, 5),
    st.booleans(),
)
def test_a_parent_is_the_sum_of_its_leaves(angles: Bam, step: int, factor: int, gaps: bool) -> None:
    """Exactly, with ragged ends and gaps."""
    missing = gaps_of(angles.shape) if gaps else None
    parents, whole = merge(bin_bam(angles, 16, step, missing), factor), bin_bam(angles, 16, step * factor, missing)
    assert parents.c.dtype == parents.s.dtype == np.float64
    assert parents.n.dtype == np.int32
    assert (as_complex(parents) == as_complex(whole)).all()
    assert (parents.n == whole.n).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_a_mean_of_means_would_be_wrong(threads: int) -> None:
    """Three frames at 0 and one at 2 rad, in bins of two: the mean of the two means is not the mean of the four."""
    block = np.array([[0.0], [0.0], [0.0], [2.0]], np.float32)
    pairs = bin_time(block, 2, threads=threads)
    mean = from_bam(finish(merge(pairs, 2), 16).angles, 16)[0, 0]
    halves = from_bam(finish(pairs, 16).angles, 16)[:, 0]
    assert abs(mean - np.angle(reference(block, 4))[0, 0]) < 1e-4
    assert abs(halves.sum() / 2 - mean) > 0.05


def adversarial(frames: int) -> dict[str, NDArray[np.float64]]:
    """Rows [frames, rows] on which means go wrong easily."""
    numbers = np.random.default_rng(5)
    t = np.arange(frames)[:, None]
    rows = np.arange(24)
    sign = np.where(t % 2, -1.0, 1.0)
    return {
        "about the wrap": numbers.normal(0, 0.02 * (1 + rows), (frames, 24)) % TAU,
        "alternating about the wrap": (sign * (0.01 + 0.05 * rows) + 1e-7 * numbers.normal(size=(frames, 24))) % TAU,
        "alternating about pi": np.pi + sign * (0.01 + 0.05 * rows) + 1e-6 * numbers.normal(size=(frames, 24)),
        "nearly cancelling": np.where(t % 2, np.pi + 0.4 + 0.02 * rows, 0.0) + numbers.normal(0, 0.01, (frames, 24)),
        "cancelling in most bins": np.where(t % 40 < 24, np.pi * (t % 2), rows / 4),
        "opposite halves": np.where(t % 4096 < 2800, rows / 4, rows / 4 + np.pi),
        "turning and resting": np.where(t < 3000, TAU * t / 4 + 0.3, 1.0 + rows / 4),
        "beyond a turn": numbers.normal(0, 0.5, (frames, 24)) + TAU * numbers.integers(-3, 4, (frames, 24)),
    }


@pytest.mark.parametrize("packed", [False, True], ids=["exact", "stored between levels"])
@pytest.mark.parametrize("source", ["radians", "16 bits", "8 bits"])
@pytest.mark.parametrize("name", list(adversarial(1)))
def test_six_levels_up_the_mean_is_right(name: str, source: str, packed: bool) -> None:
    """Within 0.01 rad of double precision where R > 0.2, and of as much as an input of 8 bits is off itself."""
    theta = adversarial(4096 + 1000)[name]
    if source == "radians":
        sums = bin_time(theta.astype(np.float32), 1)
    else:
        bits = int(source.split()[0])
        sums = bin_bam(to_bam(theta, bits), bits, 1)
    for _ in range(6):
        sums = merge(unpack(pack(sums)) if packed else sums, 4)
    exact = reference(theta, 4096)
    exact /= np.array([[4096], [1000]])
    assert sums.n.tolist() == [[4096] * 24, [1000] * 24]
    means = finish(sums, 16)
    clear = np.abs(exact) > 0.2
    assert clear.sum() >= 4
    allowed = 0.01 if source != "8 bits" else 0.01 + np.pi / 256
    assert distance(from_bam(means.angles, 16), np.angle(exact))[clear].max() < allowed
    assert np.abs(from_r8(means.r8) - np.abs(exact)).max() < 0.5 / 255 + (2e-4 if source != "8 bits" else 0.0125)
    if source == "radians":  # what storing alone adds, against the bound that is promised
        moved = np.abs(as_complex(sums) / sums.n - exact)
        assert moved.max() < (1.3e-4 if packed else 1e-6) + 3e-7  # float32 radians of up to 20


@given(npst.arrays(np.uint16, st.tuples(st.integers(1, 30), st.integers(1, 4))), st.integers(1, 9), st.booleans())
def test_storing_moves_a_mean_by_less_than_its_unit(angles: Bam, step: int, gaps: bool) -> None:
    sums = bin_bam(angles, 16, step, gaps_of(angles.shape) if gaps else None)
    stored = pack(sums)
    assert stored.c.dtype == stored.s.dtype == np.int16
    assert stored.n.dtype == np.int32
    back = unpack(stored)
    assert (back.n == sums.n).all()
    moved = np.abs(as_complex(back) - as_complex(sums)) / np.maximum(sums.n, 1)
    assert moved.max() < 2.2e-5
    again = pack(back)  # what was stored once does not drift
    assert (again.c == stored.c).all()
    assert (again.s == stored.s).all()


# ---------------------------------------------------------------- all rows of a frame


@any_tiles
@pytest.mark.parametrize("bits", [None, *BITS])
@pytest.mark.parametrize("gaps", [False, True])
def test_the_order_parameter_matches_double_precision(bits: int | None, gaps: bool) -> None:
    theta = phases(9, 50) * np.linspace(0.01, 1, 9, dtype=np.float32)[:, None]
    missing = gaps_of(theta.shape) if gaps else None
    if bits is None:
        r, psi = order_parameter(theta, missing=missing)
        units = np.exp(1j * theta.astype(np.float64))
    else:
        angles = to_bam(theta, bits)
        r, psi = order_parameter(angles, bits, missing)
        units = np.exp(1j * from_bam(angles, bits))
    present = np.ones(theta.shape, np.bool_) if missing is None else ~missing
    exact = (units * present).sum(axis=1) / present.sum(axis=1)
    assert np.abs(r - np.abs(exact)).max() < 4e-6
    assert distance(psi, np.angle(exact)).max() < 4e-6 / np.abs(exact).min()
    assert ((psi >= 0) & (psi < TAU)).all()


def test_an_order_parameter_of_nothing_is_no_number() -> None:
    missing = np.array([[True, True], [True, False]])
    r, psi = order_parameter(np.full((2, 2), 64, np.uint8), 8, missing)
    assert np.isnan([r[0], psi[0]]).all()
    assert (r[1], psi[1]) == (pytest.approx(1), pytest.approx(np.pi / 2))


def test_just_below_a_turn_psi_stays_below_it() -> None:
    _, psi = order_parameter(np.full((1, 3), -1e-30, np.float32))
    assert psi.tolist() == [0.0]


@any_tiles
@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("gaps", [False, True])
def test_density_counts_every_row_of_binary_angles(bits: int, gaps: bool) -> None:
    angles = np.random.default_rng(6).integers(0, 1 << bits, (7, 90)).astype(bam_type(bits))
    missing = gaps_of(angles.shape) if gaps else None
    for bins in (1, 2, 64, 256):
        found = density(angles, bits, bins, missing)
        assert found.dtype == np.uint32
        assert found.shape == (7, bins)
        for t in range(7):
            present = angles[t].astype(int) if missing is None else angles[t][~missing[t]].astype(int)
            assert found[t].tolist() == np.bincount(present * bins >> bits, minlength=bins).tolist()


@any_tiles
@given(
    npst.arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 30)), elements=st.floats(-1e3, 1e3, width=32))
)
def test_density_sums_to_all_rows(theta: Radians) -> None:
    found = density(theta)
    assert (found.sum(axis=1) == theta.shape[1]).all()
    turns = theta.astype(np.float64) / TAU
    for t, row in enumerate(turns - np.floor(turns)):
        assert (
            np.abs(np.cumsum(found[t]) - [(row < edge / 64).sum() for edge in range(1, 65)]).max()
            <= (np.abs(row * 64 - np.rint(row * 64)) < 1e-9).sum()
        )


def test_density_at_the_edges() -> None:
    """0 is in the first part, what is just below it in the last, and so is what rounds up to a whole turn."""
    theta = np.array([[0.0, -0.0, -1e-9, -1e-30, np.nextafter(np.float32(np.pi), np.float32(0)), 4.0]], np.float32)
    found = density(theta, bins=2)
    assert found.tolist() == [[4, 2]]  # -1e-30 is nearer to a whole turn than any number below it: it is one
    quarter = np.array([[0, 0x3FFF, 0x4000, 0xFFFF]], np.uint16)
    assert density(quarter, 16, 4).tolist() == [[2, 1, 0, 1]]


# ---------------------------------------------------------------- refusals


def test_what_does_not_fit_is_refused() -> None:
    block, bam = phases(4, 3), np.zeros((4, 3), np.uint16)
    refusals: list[tuple[Callable[[], object], str]] = [
        (lambda: bin_time(block.astype(np.float64), 2), "float32"),
        (lambda: bin_time(block[0], 2), "1-dimensional"),
        (lambda: bin_time(block, 0), "0 frames"),
        (lambda: bin_time(block, 2, np.zeros((4, 2), np.bool_)), "another shape"),
        (lambda: bin_time(block, 2, np.zeros((4, 3), np.uint8)), "not bool"),
        (lambda: bin_bam(bam, 8, 2), "uint8"),
        (lambda: bin_bam(bam, 10, 2), "10 bits"),
        (lambda: bin_bam(bam + np.uint16(0x1000), 12, 2), "larger than 12 bits"),
        (lambda: order_parameter(bam), "float32"),
        (lambda: density(bam, 16, 63), "power of two"),
        (lambda: density(bam, 16, 0), "power of two"),
        (lambda: density(bam, 16, 512), "power of two"),
        (lambda: merge(bin_time(block, 1), 0), "no parent"),
    ]
    for use, what in refusals:
        with pytest.raises(ValueError, match=what):
            use()


def test_nowhere_is_an_angle_averaged_or_interpolated() -> None:
    """No function of this kind is called in the phase pipeline; a mean of other things can be written as a sum."""
    forbidden = {"mean", "nanmean", "fmean", "average", "median", "interp", "lttb"}
    seen = 0
    for module in (*layer_modules(), *function_modules()):
        if module.name.startswith(("kaizen.phase.", "phase_")):
            called = {ast.unparse(node.func) for node in ast.walk(module.tree) if isinstance(node, ast.Call)}
            assert not {name for name in called if name.rpartition(".")[2].lower() in forbidden}, module.name
            seen += 1
    assert seen > 10
