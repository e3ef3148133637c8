"""Versions are three integers: how they are read, compared and supported."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.phase.errors import PhaseFormatError, Reason
from kaizen.phase.schema import SCHEMA, Deprecation, Support, Version, supported

versions = st.builds(Version, st.integers(0, 255), st.integers(0, 255), st.integers(0, 65535))


@given(versions)
def test_a_version_reads_as_it_is_written(version: Version) -> None:
    assert Version.parse(str(version)) == version


@pytest.mark.parametrize(
    "text",
    ["", "dev", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.3-rc1", " 1.2.3", "1.2.3\n", "1.2.3 ", "01.2.3", "1.-2.3",
     "+1.2.3", "1.2.x", "1,2,3", "١.٢.٣", "1.2.65536", "1.256.0", "256.0.0", "1.2.999999999999", "1..3", "9" * 10_000],
)  # fmt: skip
def test_anything_else_is_no_version(text: str) -> None:
    with pytest.raises(PhaseFormatError) as caught:
        Version.parse(text)
    assert caught.value.reason is Reason.VERSION
    assert len(str(caught.value)) < 100  # a long input is not carried along


def test_versions_compare_as_numbers() -> None:
    assert Version.parse("1.10.0") > Version.parse("1.9.0")
    assert Version.parse("2.0.0") > Version.parse("1.255.65535")


def test_ours_fits_the_frame_header() -> None:
    assert Version.parse(str(SCHEMA)) == SCHEMA


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.1.0", None), ("1.2.0", 1), ("1.4.9", 1), ("1.5.0", 1), ("2.0.0", None), ("3.0.0", 3), ("4.0.0", None)],
)
def test_a_major_is_supported_from_its_lowest_minor_up(version: str, expected: int | None) -> None:
    support = supported(Version.parse(version), [Support(1, 2, 4), Support(3, 0, 1)])
    assert (support and support.major) == expected


def test_an_empty_support_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.4 to 1\.2"):
        Support(1, 4, 2)


def test_a_deprecation_covers_its_minors() -> None:
    deprecation = Deprecation(1, 0, 1, since=datetime(2026, 9, 1, tzinfo=UTC), sunset=datetime(2027, 3, 1, tzinfo=UTC))
    covered = ["1.0.9", "1.1.0"]
    for version in ("0.1.0", *covered, "1.2.0", "2.0.0"):
        assert deprecation.covers(Version.parse(version)) == (version in covered)
