"""Which rows are chosen: the same ones as by sorting everything, nested, and steady while oscillators come and go."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from kaizen.phase import sampling
from kaizen.phase.sampling import Ids, Labels, choose_rows, splitmix64

seeds = st.integers(0, 2**64 - 1)


@st.composite
def rosters(draw: st.DrawFn, smallest: int = 1) -> tuple[Ids, Labels | None]:
    """Different ids in any order, from a small range or from all there are, with strata or without."""
    most = draw(st.sampled_from((200, 2**64 - 1)))
    ids = draw(st.lists(st.integers(0, most), min_size=smallest, max_size=60, unique=True))
    labels = draw(st.none() | npst.arrays(np.int16, len(ids), elements=st.integers(-3, 5)))
    return np.array(ids, np.uint64), labels


def chosen(ids: Ids, k: int, seed: int, strata: Labels | None = None) -> set[int]:
    """The ids of the rows, which are ascending."""
    rows = choose_rows(ids, k, seed, strata).rows
    assert rows.dtype == np.int64
    assert (np.diff(rows) > 0).all()
    return set(ids[rows].tolist())


def numbered(count: int) -> Ids:
    return np.arange(count, dtype=np.uint64)


# ---------------------------------------------------------------- the hash


def test_the_hash_is_the_published_generator() -> None:
    """The first outputs that the algorithm's descriptions give for the seed 1234567."""
    assert splitmix64(numbered(5), 1234567).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@given(npst.arrays(np.uint64, st.integers(0, 50)), seeds)
def test_the_hash_wraps_as_integers_of_64_bits(ids: Ids, seed: int) -> None:
    def hashed(number: int) -> int:
        z = (seed + (number + 1) * 0x9E3779B97F4A7C15) % 2**64
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        return z ^ (z >> 31)

    assert splitmix64(ids, seed).tolist() == [hashed(number) for number in ids.tolist()]


# ---------------------------------------------------------------- the choice


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "_TILE", 7)


@pytest.mark.parametrize("count", [5_000, 200_000])
def test_the_lowest_hashes_are_chosen(count: int) -> None:
    ids = numbered(count) * np.uint64(977)
    for k in (1, 7, 1000, count // 2, count - 1):
        sample = choose_rows(ids, k, 5)
        assert sample.rows.tolist() == sorted(np.argsort(splitmix64(ids, 5))[:k].tolist())
        assert sample.method == "bottom-k"
        assert (sample.inclusion == k / count).all()


def test_too_low_a_ceiling_is_raised() -> None:
    """Ids of which none has a hash in the lower half, so that at first too few are found."""
    many = numbered(4_000)
    ids = many[splitmix64(many, 3) > 2**63][:1_000]
    assert len(ids) == 1_000
    expected = np.sort(np.argsort(splitmix64(ids, 3))[:100])
    assert choose_rows(ids, 100, 3).rows.tolist() == expected.tolist()
    assert choose_rows(ids, 100, 3, np.zeros(1_000, np.int8)).rows.tolist() == expected.tolist()


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("strata", [False, True])
def test_tiles_do_not_matter(strata: bool) -> None:
    ids = numbered(500)
    labels = np.random.default_rng(1).integers(0, 5, 500) if strata else None
    small = choose_rows(ids, 20, 1, labels).rows
    sampling._TILE = 1 << 16
    assert small.tolist() == choose_rows(ids, 20, 1, labels).rows.tolist()


@given(rosters(), st.integers(1, 60), seeds)
def test_the_order_of_rows_does_not_matter(roster: tuple[Ids, Labels | None], k: int, seed: int) -> None:
    ids, labels = roster
    order = np.argsort(ids)
    other = chosen(ids[order], k, seed, None if labels is None else labels[order])
    assert chosen(ids, k, seed, labels) == other


@given(rosters(), st.integers(1, 70), seeds)
def test_all_rows_are_taken_where_there_are_no_more(roster: tuple[Ids, Labels | None], extra: int, seed: int) -> None:
    ids, labels = roster
    sample = choose_rows(ids, len(ids) + extra - 1, seed, labels)
    assert sample.rows.tolist() == list(range(len(ids)))
    assert sample.inclusion.tolist() == [1.0] * len(ids)
    assert sample.method == "all"


def test_of_no_rows_all_are_none() -> None:
    assert choose_rows(numbered(0), 5, 0).rows.tolist() == []


def test_another_seed_is_another_sample() -> None:
    ids = numbered(10_000)
    both = chosen(ids, 1000, 1) & chosen(ids, 1000, 2)
    assert 60 < len(both) < 140  # 100 expected


# ---------------------------------------------------------------- nested and steady


@given(rosters(), st.integers(1, 60), st.integers(1, 60), seeds)
def test_samples_are_nested(roster: tuple[Ids, Labels | None], one: int, other: int, seed: int) -> None:
    ids, labels = roster
    assert chosen(ids, min(one, other), seed, labels) <= chosen(ids, max(one, other), seed, labels)


def test_half_as_many_rows_are_a_subset() -> None:
    ids = numbered(50_000)
    labels = np.random.default_rng(2).integers(0, 30, len(ids))
    for strata in (None, labels):
        sample = chosen(ids, 1024, 9, strata)
        assert chosen(ids, 512, 9, strata) <= sample


@given(rosters(smallest=2), st.integers(1, 60), seeds)
def test_one_oscillator_more_changes_at_most_one_row(roster: tuple[Ids, Labels | None], k: int, seed: int) -> None:
    """And one less: here the last one comes or goes, be it of a stratum that there was or of a new one."""
    ids, labels = roster
    grown = chosen(ids, k, seed, labels)
    before = chosen(ids[:-1], k, seed, None if labels is None else labels[:-1])
    assert len(before - grown) <= 1
    assert len(grown - before) <= 1


@pytest.mark.parametrize("strata", [False, True])
def test_growth_changes_few_rows(strata: bool) -> None:
    """Of 1024 rows at most 1 for one oscillator more, and 1024 * 1000 / 66536 = 15.4 expected for 1000."""
    count, k = 65_536, 1024
    ids = numbered(count + 1000) * np.uint64(0x9E3779B1) + np.uint64(7)
    labels = np.random.default_rng(3).integers(0, 20, len(ids)) if strata else None
    before = chosen(ids[:count], k, 11, None if labels is None else labels[:count])
    for more, least, most in ((1, 0, 1), (1000, 2, 32)):
        grown = chosen(ids[: count + more], k, 11, None if labels is None else labels[: count + more])
        assert least <= len(before - grown) <= most


def test_the_same_seed_alone_does_not_keep_the_rows() -> None:
    """What a fresh draw by the same generator does on one row more, and why hashes are used."""

    def drawn(count: int) -> NDArray[np.int64]:
        rows: NDArray[np.int64] = np.random.default_rng(11).choice(count, 1024, replace=False)
        return rows

    assert len(set(drawn(65_536).tolist()) - set(drawn(65_537).tolist())) > 300


# ---------------------------------------------------------------- strata


def seats(sizes: list[int], k: int) -> list[int]:
    """Webster's method by its definition, after one for each; ties go to the first."""
    given = [1] * len(sizes)
    for _ in range(k - len(sizes)):
        best = max(range(len(sizes)), key=lambda i: (Fraction(sizes[i], 2 * given[i] + 1), -i))
        given[best] += 1
    return given


def claims(sizes: list[int], counts: list[int]) -> list[Fraction]:
    return sorted(Fraction(size, 2 * i + 1) for size, count in zip(sizes, counts, strict=True) for i in range(1, count))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.data())
def test_strata_get_rows_in_proportion(sizes: list[int], data: st.DataObject) -> None:
    total = sum(sizes)
    k = data.draw(st.integers(len(sizes), total))
    seed = data.draw(seeds)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    sample = choose_rows(numbered(total), k, seed, labels)
    counts = np.bincount(labels[sample.rows], minlength=len(sizes))
    # Which of the strata with equal claims gets the last row is left to the hashes; the claims met are the same.
    assert claims(sizes, counts.tolist()) == claims(sizes, seats(sizes, k))
    assert counts.min() >= 1
    assert np.allclose(sample.inclusion, (counts / np.array(sizes))[labels[sample.rows]])
    assert sample.method == ("all" if k == total else "stratified")


def test_within_a_stratum_the_lowest_hashes_are_chosen() -> None:
    ids = numbered(3_000)
    labels = np.random.default_rng(4).integers(0, 4, len(ids))
    sample = choose_rows(ids, 200, 6, labels)
    hashes = splitmix64(ids, 6)
    for label in range(4):
        own = np.flatnonzero(labels == label)
        rows = sample.rows[labels[sample.rows] == label]
        assert rows.tolist() == sorted(own[np.argsort(hashes[own])[: len(rows)]].tolist())


def test_a_small_stratum_is_not_missed() -> None:
    """A plain sample of 64 of 100,000 would miss a cluster of 20 in 99 of 100 cases."""
    labels = np.zeros(100_000, np.uint8)
    labels[5_000:5_020] = 1
    for seed in range(20):
        assert labels[choose_rows(numbered(len(labels)), 64, seed, labels).rows].sum() == 1


def test_with_fewer_rows_than_strata_the_largest_have_them() -> None:
    sizes = [3, 50, 2, 40, 4]
    labels = np.repeat(np.arange(5), sizes)
    sample = choose_rows(numbered(len(labels)), 3, 1, labels)
    assert labels[sample.rows].tolist() == [1, 3, 4]


@pytest.mark.parametrize(
    "names",
    [
        np.array([-128, 127, 0], np.int8),
        np.array([0, 2**63, 2**64 - 1], np.uint64),
        np.array([-(2**63), 5, 2**63 - 1], np.int64),
        np.array([2**64 - 3, 2**64 - 2, 2**64 - 1], np.uint64),
        np.array([-(2**63), 5 - 2**63, 7 - 2**63], np.int64),
    ],
)
def test_labels_may_be_any_integers(names: Labels) -> None:
    plain = np.random.default_rng(5).integers(0, 3, 400)
    ids = numbered(400)
    expected = choose_rows(ids, 50, 8, plain)
    named = choose_rows(ids, 50, 8, names[plain])
    assert named.rows.tolist() == expected.rows.tolist()
    assert named.inclusion.tolist() == expected.inclusion.tolist()


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("start", [0, 2**63])
@pytest.mark.parametrize("spread", [1, 2**40])
def test_an_id_that_occurs_twice_is_named(start: int, spread: int) -> None:
    ids = np.array([start + spread * number for number in (5, 9, 12, 1, 9, 4)], np.uint64)
    with pytest.raises(ValueError, match=f"id {start + spread * 9} occurs twice"):
        choose_rows(ids, 3, 0)
    with pytest.raises(ValueError, match="occurs twice"):
        choose_rows(np.sort(ids), 30, 0)
    assert len(choose_rows(np.unique(ids)[::-1].copy(), 3, 0).rows) == 3


@pytest.mark.parametrize(
    ("ids", "k", "seed", "strata", "what"),
    [
        (np.arange(4), 2, 0, None, "uint64"),
        (numbered(4).reshape(2, 2), 2, 0, None, "2-dimensional"),
        (numbered(4), 0, 0, None, "no sample"),
        (numbered(4), 2, -1, None, "seed -1"),
        (numbered(4), 9, 2**64, None, "64 bits"),
        (numbered(4), 2, 0, np.zeros(3, np.int64), "one per id"),
        (numbered(4), 2, 0, np.zeros(4), "integers"),
    ],
)
def test_what_does_not_fit_is_refused(ids: Ids, k: int, seed: int, strata: Labels | None, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        choose_rows(ids, k, seed, strata)
