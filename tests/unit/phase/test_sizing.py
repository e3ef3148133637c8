"""How many rows: the published table, and the standard error that goes with it."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.sizing import choose_k, standard_error

MANY = 1_000_000


@pytest.mark.parametrize(
    ("n", "asked", "k"),
    [
        (1, {}, 1),
        (4096, {}, 4096),
        (4096, {"px_h": 300, "eps": 0.2}, 4096),  # below the threshold all are shown, whatever is asked
        (4097, {}, 1000),
        (MANY, {}, 1000),
        (MANY, {"target": 300}, 300),
        (5000, {"target": 6000}, 5000),
        (800, {"threshold": 500}, 800),
        (800, {"threshold": 500, "target": 300}, 300),
        (MANY, {"px_h": 720}, 720),
        (MANY, {"px_h": 2160, "min_cell_px": 2}, 1080),
        (MANY, {"px_h": 1081, "min_cell_px": 2}, 540),
        (MANY, {"px_h": 100}, 256),
        (MANY, {"px_h": 20_000}, 8192),
        (5000, {"px_h": 20_000}, 5000),
        (MANY, {"bytes_budget": 60_000}, 1000),  # 30 frames/s of 2 bytes
        (MANY, {"bytes_budget": 60_000, "channels": 2}, 500),
        (MANY, {"bytes_budget": 60_000, "fps": 1, "bpp": 10}, 6000),
        (MANY, {"bytes_budget": 1}, 256),
        (MANY, {"px_h": 720, "bytes_budget": 30_000}, 500),
        (MANY, {"px_h": 400, "bytes_budget": 60_000}, 400),
        (MANY, {"eps": 0.0221}, 1023),
        (MANY, {"eps": 0.2}, 256),
        (MANY, {"eps": 0.001}, 8192),
        (5000, {"eps": 0.01}, 2500),  # 5000 of an endless set
        (MANY, {"px_h": 720, "eps": 0.01}, 720),  # what is seen and paid for stands above what is wished
        (MANY, {"px_h": 720, "eps": 0.2}, 720),
    ],
)
def test_the_table(n: int, asked: dict[str, Any], k: int) -> None:
    assert choose_k(n, **asked) == k


@given(st.integers(4097, 10**7), st.floats(0.005, 0.5))
def test_the_error_asked_for_is_met_with_no_row_too_many(n: int, eps: float) -> None:
    k = choose_k(n, eps=eps)
    if k < 8192:
        assert standard_error(k, n) <= eps * (1 + 1e-12)
    if k > 256:
        assert standard_error(k - 1, n) > eps * (1 - 1e-12)


def test_standard_errors() -> None:
    for k, published in ((256, 0.0442), (512, 0.0312), (1024, 0.0221), (4096, 0.0110)):
        assert standard_error(k, 10**9) == pytest.approx(published, abs=6e-5)
    assert standard_error(1000, 4000) == pytest.approx(math.sqrt(0.75 / 2000))
    assert standard_error(4000, 4000) == standard_error(4001, 4000) == 0


@pytest.mark.parametrize(
    "asked",
    [{"px_h": 0}, {"min_cell_px": 0}, {"bytes_budget": -1}, {"fps": 0}, {"bpp": 0.0}, {"channels": 0}, {"eps": 0.0},
     {"eps": math.nan}, {"target": 0}, {"threshold": 0}],
)  # fmt: skip
def test_what_is_not_positive_is_named(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(asked))} is .*not positive"):
        choose_k(MANY, **asked)


def test_no_rows_have_no_size() -> None:
    with pytest.raises(ValueError, match="n is 0"):
        choose_k(0)
    with pytest.raises(ValueError, match="k is 0"):
        standard_error(0, 10)
