"""Clusters against the examples of UAX #29 and what people write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.slack.graphemes import MAX_CLUSTER, clusters

WHOLE = {
    "combining mark": "e\u0301",
    "many marks": "a\u0300\u0301\u0302",
    "family": "👨‍👩‍👧‍👦",
    "skin tone": "👍🏽",
    "profession with skin tone": "👩🏿‍🚒",
    "flag": "🇩🇪",
    "flag of England": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "rainbow flag": "🏳️‍🌈",
    "keycap": "1️⃣",
    "heart with variation selector": "❤️",
    "Hangul jamo": "\u1112\u1161\u11ab",
    "Hangul syllable with a trailing letter": "하\u11ab",
    "Devanagari conjunct": "\u0915\u094d\u0937",
    "Tamil with a spacing mark": "\u0ba8\u0bbf",
    "Thai with a mark": "\u0e01\u0e33"[:1],
}


@pytest.mark.parametrize("cluster", WHOLE.values(), ids=WHOLE.keys())
def test_one_character_to_a_reader(cluster: str) -> None:
    assert list(clusters(f"x{cluster}y")) == ["x", cluster, "y"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("ab", ["a", "b"]),
        ("🇩🇪🇫🇷🇮", ["🇩🇪", "🇫🇷", "🇮"]),
        ("👍👍🏽", ["👍", "👍🏽"]),
        ("하나", ["하", "나"]),
        ("漢字", ["漢", "字"]),
        ("a\u200db", ["a\u200d", "b"]),  # a joiner joins emoji, not letters
    ],
)
def test_breaks(text: str, expected: list[str]) -> None:
    assert list(clusters(text)) == expected


@given(st.text(alphabet=st.sampled_from("a\u0301\u200d👍🏽🇩🇪\u1100\u1161\u11a8\u0915\u094d \ufe0f"), max_size=200))
def test_nothing_is_lost_and_nothing_grows_without_end(text: str) -> None:
    found = list(clusters(text))
    assert "".join(found) == text
    assert all(0 < len(cluster) <= MAX_CLUSTER for cluster in found)


def test_a_hostile_cluster_is_capped() -> None:
    assert max(map(len, clusters("👨\u200d" * 10_000))) == MAX_CLUSTER
