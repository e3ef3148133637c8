"""Text from outside becomes fit for XML, titles and addresses."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.feed.rules import HTML, URI
from ticket_feed.text import cut, escaped, one_line, plain, uri

ANYTHING = st.text(st.characters(exclude_categories=()))  # half surrogate pairs too


@given(ANYTHING)
def test_one_line_fits_xml(text: str) -> None:
    element = ElementTree.Element("title")
    element.text = one_line(text)
    # The parser raises for what XML cannot hold.
    assert ElementTree.fromstring(ElementTree.tostring(element)).text == (one_line(text) or None)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cn", "Zs", "Zl", "Zp"))))
def test_one_line_leaves_fit_text_alone(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("given_text", "wanted"),
    [
        ("a\x00b\x1bc", "a\ufffdb\ufffdc"),
        ("\ud83d\ufffe\U0001fffe", "\ufffd\ufffd\ufffd"),
        (" two\r\n\tlines  ", "two lines"),
        ("safe\u202efdp.exe", "safefdp.exe"),  # an override would turn the rest of the line round
        ("\u05e9\u05dc\u05d5\u05dd 502", "\u05e9\u05dc\u05d5\u05dd 502"),
    ],
)
def test_one_line(given_text: str, wanted: str) -> None:
    assert one_line(given_text) == wanted


@given(ANYTHING)
def test_plain_titles_hold_no_html_and_look_the_same(text: str) -> None:
    assert not HTML.search(plain(text))
    assert plain(text).replace("\u200b", "") == text.replace("\u200b", "")


def test_escaped_keeps_what_looks_like_markup_visible() -> None:
    assert escaped("<script>&lt;\x00") == "&lt;script&gt;&amp;lt;\ufffd"


@given(ANYTHING, st.integers(min_value=1, max_value=80))
def test_cut_keeps_within_the_limit(text: str, most: int) -> None:
    short = cut(text, most)
    assert len(short) <= most
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


@pytest.mark.parametrize("cluster", ["👩‍👩‍👧", "👍🏽", "e\u0301", "❤\ufe0f", "🇩🇪"])
@pytest.mark.parametrize("most", range(20, 40))
def test_cut_never_halves_a_character(cluster: str, most: int) -> None:
    short = cut(cluster * 100, most)
    assert short.removesuffix("…") == cluster * ((len(short) - 1) // len(cluster))


def test_cut_of_one_endless_character_still_ends() -> None:
    assert 50 < len(cut("a" + "\u0301" * 1000, 100)) <= 100


@given(ANYTHING)
def test_addresses_are_uris(text: str) -> None:
    address = uri(f"https://example.org/{text}")
    assert URI.fullmatch(address)
    assert uri(address) == address
