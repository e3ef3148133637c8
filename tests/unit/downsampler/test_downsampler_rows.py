"""Which rows are kept, and what the epoch's CONFIG says of them."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kaizen.phase.sampling import choose_rows, splitmix64
from kaizen.phase.streams import Epoch
from kaizen.policy.sections.streams import StreamPolicy
from phase_downsampler.rows import choose, describe, indices, read_rows

POLICY = StreamPolicy("kuramoto", seed=11)
EPOCH = Epoch(7, 3, 3, 10**15, 33_333, 300, 20_000, "stratified", 12, 6, 4, 256)


def test_ids_and_ranges_name_the_same_rows() -> None:
    ranges = read_rows({"ranges": [[5, 3], [100, 2]], "vendor": "ours"})
    ids = read_rows({"ids": [5, 6, 7, 100, 101]})
    assert ranges.ids.tolist() == ids.ids.tolist() == [5, 6, 7, 100, 101]
    assert ranges.ids.dtype == ids.ids.dtype == np.uint64
    assert ranges.strata is None


def test_strata_are_runs_over_the_rows() -> None:
    rows = read_rows({"ids": [2**63 - 1, 4, 9], "strata": [[3, 1], [0, 2]]})
    assert rows.ids[0] == 2**63 - 1
    assert rows.strata is not None
    assert rows.strata.tolist() == [3, 0, 0]


@pytest.mark.parametrize("document", [{}, {"ranges": 5}, {"ranges": [[1]]}, {"ids": [-1]}, {"ids": ["a"]}])
def test_what_is_no_such_document(document: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, OverflowError)):
        read_rows(document)


@pytest.mark.parametrize(
    ("rows", "asked", "kept"),
    [
        (4096, {}, 4096),
        (4097, {}, 1000),
        (100_000, {"target_rows": 500}, 500),
        (100_000, {"pixels": 720}, 720),
        (100_000, {"bytes_per_second": 30_000}, 600),  # 25 frames of 2 bytes a phase
        (100_000, {"standard_error": 0.02}, 1235),  # 1 / (2 * 0.02^2) = 1250, less for a finite set
    ],
)
def test_as_many_rows_as_the_policy_asks_for(rows: int, asked: dict[str, Any], kept: int) -> None:
    sample = choose(read_rows({"ranges": [[0, rows]]}), replace(POLICY, **asked), 16, 40_000)
    assert len(sample.rows) == kept
    assert sample.method == ("all" if kept == rows else "bottom-k")


def test_narrow_phases_cost_half() -> None:
    rows, policy = read_rows({"ranges": [[0, 100_000]]}), replace(POLICY, bytes_per_second=30_000)
    assert len(choose(rows, policy, 8, 40_000).rows) == 1200


def test_what_the_config_says() -> None:
    document = {"ranges": [[1 << 62, 15_000], [7, 5_000]], "strata": [[1, 12_000], [2, 8_000]]}
    rows = read_rows(document)
    policy = replace(POLICY, target_rows=300)
    sample = choose(rows, policy, 12, 33_333)
    found = describe("kuramoto", EPOCH, rows, sample, policy.seed)
    again = json.loads(json.dumps(found))
    assert again == found  # nothing that JSON would change
    index = indices(again)
    assert index.tolist() == sorted(set(index.tolist()))
    assert rows.ids[index].tolist() == found["ids"]
    assert rows.strata is not None
    assert rows.strata[index].tolist() == found["strata"]
    assert [found["strata"].count(stratum) for stratum in (1, 2)] == [180, 120]
    for stratum in (1, 2):
        of = np.flatnonzero(rows.strata == stratum)
        lowest = of[np.argsort(splitmix64(rows.ids[of], policy.seed))]
        mine = index[rows.strata[index] == stratum]
        assert sorted(lowest[: len(mine)].tolist()) == mine.tolist()
    wanted = {
        "stream": "kuramoto", "epoch": 7, "seed": 11, "hash": "splitmix64", "method": "stratified", "rows": 300,
        "total": 20_000, "bits": 12, "t0_us": 10**15, "dt_us": 33_333,
    }  # fmt: skip
    assert {name: found[name] for name in wanted} == wanted
    assert found["standard_error"] == pytest.approx(np.sqrt((1 - 300 / 20_000) / 600), abs=1e-6)


def test_all_rows_have_no_error() -> None:
    rows = read_rows({"ranges": [[0, 10]]})
    found = describe("kuramoto", EPOCH, rows, choose(rows, POLICY, 16, 33_333), 0)
    assert (found["method"], found["standard_error"], found["strata"]) == ("all", 0.0, None)
    assert found["index"] == list(range(10))


def test_the_largest_config_is_one_that_readers_take() -> None:
    """Of 8192 rows with the longest ids: a CONFIG may have a megabyte."""
    rows = read_rows({"ranges": [[2**63 - 2**20, 2**20]], "strata": [[2**31 - 1, 2**20]]})
    sample = choose_rows(rows.ids, 8192, 0, rows.strata)
    assert len(json.dumps(describe("k" * 40, EPOCH, rows, sample, 2**63 - 1))) < 1 << 20
