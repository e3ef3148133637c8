"""What is kept in a process: the last used, within the room."""

from hypothesis import given
from hypothesis import strategies as st

from phase_stream.lru import Recent


def test_the_longest_unused_goes_first() -> None:
    kept: Recent[str, int] = Recent(10)
    for key in "abc":
        kept.put(key, ord(key), 3)
    assert kept.get("a") == ord("a")
    kept.put("d", 0, 3)
    assert [kept.get(key) for key in "abcd"] == [97, None, 99, 0]


def test_what_is_too_large_is_not_kept() -> None:
    kept: Recent[str, int] = Recent(10)
    kept.put("a", 1, 5)
    kept.put("b", 2, 11)
    assert kept.get("b") is None
    assert len(kept) == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12)), max_size=40))
def test_sizes_stay_within_the_room(puts: list[tuple[int, int]]) -> None:
    kept: Recent[int, int] = Recent(20)
    sizes = {}
    for key, size in puts:
        kept.put(key, size, size)
        sizes[key] = size
        assert sum(size for key, size in sizes.items() if kept.get(key) is not None) <= 20
        if size <= 20:
            assert kept.get(key) == size
