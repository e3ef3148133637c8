"""If-None-Match and If-Modified-Since as RFC 9110 has them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.runtime.conditional import http_date, not_modified

ETAG = '"0123abcd-gzip"'
CHANGED = datetime(2026, 3, 1, 9, 30, 15, 250_000, tzinfo=UTC)
SAME = "Sun, 01 Mar 2026 09:30:15 GMT"


@pytest.mark.parametrize(
    ("if_none_match", "wanted"),
    [
        (ETAG, True),
        (f"W/{ETAG}", True),
        (f' "other" ,\tW/{ETAG}', True),
        (f'"a,b",{ETAG},"c"', True),
        ("*", True),
        (" * ", True),
        ('"other"', False),
        ('"0123abcd"', False),
        ("0123abcd-gzip", False),
        (f'"x{ETAG[1:]}', False),
        (f"w/{ETAG[:-1]}", False),
        (f'"*", {ETAG[:-1]}', False),
        ('"', False),
        ('"0123ABCD-GZIP"', False),
    ],
)
@pytest.mark.parametrize("if_modified_since", ["", SAME, "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_if_none_match_decides_alone(if_none_match: str, if_modified_since: str, wanted: bool) -> None:
    assert not_modified(if_none_match, if_modified_since, ETAG, CHANGED) is wanted


@pytest.mark.parametrize(
    ("if_modified_since", "wanted"),
    [
        (SAME, True),
        ("Sun, 01 Mar 2026 09:30:14 GMT", False),
        ("Mon, 02 Mar 2026 00:00:00 GMT", True),
        ("Sunday, 01-Mar-26 09:30:15 GMT", True),  # RFC 850
        ("Sun Mar  1 09:30:15 2026", True),  # asctime
        ("Sun, 01 Mar 2026 11:30:15 +0200", True),
        ("yesterday", False),
        ("Sun, 99 Mar 2026 99:30:15 GMT", False),
        ("", False),
    ],
)
def test_if_modified_since(if_modified_since: str, wanted: bool) -> None:
    assert not_modified("", if_modified_since, ETAG, CHANGED) is wanted


def test_an_empty_feed_has_no_date_to_compare() -> None:
    assert not not_modified("", SAME, ETAG, None)
    assert not_modified(ETAG, "", ETAG, None)


@given(st.text(st.characters(exclude_categories=())), st.text())
def test_hostile_headers_raise_nothing(if_none_match: str, if_modified_since: str) -> None:
    assert not_modified(if_none_match, if_modified_since, ETAG, CHANGED) in (True, False)


@given(st.integers(min_value=0, max_value=4_000_000_000))
def test_dates_read_back(seconds: int) -> None:
    instant = datetime.fromtimestamp(seconds, UTC)
    assert not_modified("", http_date(instant), ETAG, instant)
    assert not not_modified("", http_date(instant - timedelta(seconds=1)), ETAG, instant)
