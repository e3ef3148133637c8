"""Documents that name rows: counted by their own rules, refused with the place of the fault."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.wire import LIMITS
from phase_ingest.faults import RefusedError
from phase_ingest.rowset import ID_END, count_rows, fingerprint


@pytest.mark.parametrize(
    ("document", "rows"),
    [
        ({"ids": [5, 0, 9]}, 3),
        ({"ids": [ID_END - 1]}, 1),
        ({"ranges": [[0, 100_000]]}, 100_000),
        ({"ranges": [[7, 2], [0, 7], [9, 1]]}, 10),
        ({"ranges": [[ID_END - 1, 1]]}, 1),
        ({"ranges": [[0, LIMITS.rows]]}, LIMITS.rows),
        ({"ids": [1, 2, 3], "strata": [[4, 2], [0, 1]], "name": "x"}, 3),
        ({"ids": [1, 2, 3], "strata": [[4, 1], [0, 1], [4, 1]]}, 3),
    ],
)
def test_rows_are_counted(document: dict[str, Any], rows: int) -> None:
    assert count_rows(document) == rows


RANGE = "not a whole number from 0 to 2^63 - 1 and a count from 1"
STRATUM = "not a whole number from 0 to 2^31 - 1 and a count from 1"


@pytest.mark.parametrize(
    ("document", "status", "sentence"),
    [
        ({}, 400, "rows are named by ids or by ranges, one of them"),
        ({"ids": [1], "ranges": [[1, 1]]}, 400, "rows are named by ids or by ranges, one of them"),
        ({"ids": []}, 400, "ids is not a list with something in it"),
        ({"ids": {"0": 1}}, 400, "ids is not a list with something in it"),
        ({"ranges": None}, 400, "ranges is not a list with something in it"),
        ({"ids": [1, True]}, 400, "ids[1] is True, not a whole number from 0 to 2^63 - 1"),
        ({"ids": [1, 2.0]}, 400, "ids[1] is 2.0, not a whole number from 0 to 2^63 - 1"),
        ({"ids": [-1]}, 400, "ids[0] is -1, not a whole number from 0 to 2^63 - 1"),
        ({"ids": [ID_END]}, 400, f"ids[0] is {ID_END}, not a whole number from 0 to 2^63 - 1"),
        ({"ids": ["\ud800"]}, 400, "ids[0] is '\\ud800', not a whole number from 0 to 2^63 - 1"),
        ({"ids": [3, 1, 3]}, 400, "the id 3 is there twice"),
        ({"ranges": [[0, 0]]}, 400, f"ranges[0] is [0, 0], {RANGE}"),
        ({"ranges": [[0, 1], [1]]}, 400, f"ranges[1] is [1], {RANGE}"),
        ({"ranges": [[0, 1, 2]]}, 400, f"ranges[0] is [0, 1, 2], {RANGE}"),
        ({"ranges": [3]}, 400, f"ranges[0] is 3, {RANGE}"),
        ({"ranges": [[0, True]]}, 400, f"ranges[0] is [0, True], {RANGE}"),
        ({"ranges": [[ID_END - 1, 2]]}, 400, f"the range [{ID_END - 1}, 2] goes beyond the id 2^63 - 1"),
        ({"ranges": [[5, 2], [0, 6]]}, 400, "the id 5 is in two ranges"),
        ({"ranges": [[0, LIMITS.rows + 1]]}, 413, f"{LIMITS.rows + 1} rows are more than {LIMITS.rows}"),
        ({"ids": [1, 2], "strata": [[0, 1]]}, 400, "strata count 1 rows, there are 2"),
        ({"ids": [1, 2], "strata": [[0, 10**4299]]}, 400, "strata count 1"),
        ({"ids": [1, 2], "strata": []}, 400, "strata is not a list with something in it"),
        ({"ids": [1, 2], "strata": None}, 400, "strata is not a list with something in it"),
        ({"ids": [1, 2], "strata": [["a", 2]]}, 400, f"strata[0] is ['a', 2], {STRATUM}"),
        ({"ids": [1, 2], "strata": [[1 << 31, 2]]}, 400, f"strata[0] is [2147483648, 2], {STRATUM}"),
    ],
)
def test_faults_are_placed(document: dict[str, Any], status: int, sentence: str) -> None:
    with pytest.raises(RefusedError) as caught:
        count_rows(document)
    assert caught.value.status == status
    assert str(caught.value).startswith(sentence)
    assert len(str(caught.value)) < 200


@given(st.lists(st.integers(0, 300), min_size=1, max_size=40))
def test_ids_and_ranges_of_the_same_rows_agree(ids: list[int]) -> None:
    """A row set is refused as ids exactly if it is refused as ranges of one."""
    for document in ({"ids": ids}, {"ranges": [[each, 1] for each in ids]}):
        if len(set(ids)) < len(ids):
            with pytest.raises(RefusedError):
                count_rows(document)
        else:
            assert count_rows(document) == len(ids)


def test_fingerprints() -> None:
    one: dict[str, Any] = {"ids": [1, 2], "name": "é", "more": {"a": 1, "b": [None]}}
    assert fingerprint(one) == fingerprint({"more": {"b": [None], "a": 1}, "name": "é", "ids": [1, 2]})
    others: list[dict[str, Any]] = [one | {"ids": [2, 1]}, one | {"name": "e"}, one | {"more": {}}, {"ids": [1, 2]}]
    assert len({fingerprint(each) for each in [one, *others]}) == 5
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(RefusedError, match="nested too deeply"):
        fingerprint({"ids": [1], "deep": deep})
    while deep:  # a chain of a hundred thousand lists would overflow the stack when it is freed at once
        (deep,) = deep
