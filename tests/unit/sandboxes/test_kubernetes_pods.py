"""Quantities and what a pod sets aside, by Kubernetes' own rules."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_reaper.backend import BackendError
from sandbox_reaper.kubernetes.pods import requests
from sandbox_reaper.kubernetes.quantities import quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("250m", Fraction(1, 4)),
        ("1.5", Fraction(3, 2)),
        ("100n", Fraction(1, 10_000_000)),
        ("1Ki", 1024),
        ("1.5Gi", 1_610_612_736),
        ("2G", 2_000_000_000),
        ("1e3", 1000),
        ("1E", 10**18),
        ("1E2", 100),
        (".5", Fraction(1, 2)),
        ("3.", 3),
        ("+1", 1),
        ("-1", -1),
        (2, 2),
        ("1Ei", 2**60),
    ],
)
def test_quantities(text: object, value: Fraction) -> None:
    assert quantity(text) == value


@pytest.mark.parametrize(
    "text", ["", "1 Gi", "Gi", "1gi", "0x10", "1e", "1e999999999", "1,5", "١", None, True, 1.5, {}]
)
def test_what_is_no_quantity(text: object) -> None:
    with pytest.raises(BackendError, match="no quantity"):
        quantity(text)


@given(st.integers(0, 10**15), st.sampled_from(["", "m", "k", "Ki", "M", "Mi", "G", "Gi"]))
def test_quantities_grow_with_their_number(number: int, unit: str) -> None:
    assert quantity(f"{number}{unit}") * 2 == quantity(f"{number * 2}{unit}")


def part(cpu: str, **more: Any) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu}}} | more


@pytest.mark.parametrize(
    ("spec", "cores"),
    [
        ({"containers": [part("1"), part("500m")]}, Fraction(3, 2)),
        ({"containers": [part("1")], "initContainers": [part("3")]}, Fraction(3)),
        ({"containers": [part("1")], "initContainers": [part("2", restartPolicy="Always")]}, Fraction(3)),
        # A sidecar that came before an init container runs beside it.
        ({"containers": [part("1")], "initContainers": [part("2", restartPolicy="Always"), part("4")]}, Fraction(6)),
        ({"containers": [part("1")], "initContainers": [part("4"), part("2", restartPolicy="Always")]}, Fraction(4)),
        ({"containers": [part("1")], "overhead": {"cpu": "250m"}}, Fraction(5, 4)),
        ({"containers": [part("1")], "resources": {"requests": {"cpu": "8"}}}, Fraction(8)),
        ({"containers": [{"name": "asks for nothing"}]}, None),
    ],
)
def test_what_a_pod_sets_aside(spec: dict[str, Any], cores: Fraction | None) -> None:
    assert requests(spec).get("cpu") == cores
