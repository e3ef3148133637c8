"""Text that shows as written: decoded as Slack decodes it, it is what was given, and it has no power."""

import html
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.slack.escape import MAX_URL, ZERO_WIDTH, address, clean, cut, date, escape, isolated, link, units
from kaizen.slack.graphemes import clusters

HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("&<>*_~`:|@#!^\\\"' \n\t\u200b\u202e\u2067\u0301\u200d👨👍🏽🇩🇪\ufffe\ud800\x00مא漢"),
        st.characters(),
    ),
    max_size=120,
)


def shown(escaped: str) -> str:
    """As Slack shows it: three entities decoded once, spaces without width unseen."""
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        escaped = escaped.replace(entity, char)
    return escaped.replace(ZERO_WIDTH, "")


@given(HOSTILE)
def test_it_shows_as_written(text: str) -> None:
    assert shown(escape(text)) == clean(text)


@given(HOSTILE)
def test_it_has_no_power(text: str) -> None:
    escaped = escape(text)
    assert not re.search(r"[<>\n\r]", escaped)
    assert not re.search(r"&(?!(amp|lt|gt);)", escaped)
    escaped.encode()  # no lone surrogate
    for found in re.finditer(r"[*_~`]", escaped):
        before, after = escaped[: found.start()], escaped[found.end() :]
        inside_a_word = found[0] != "`" and before[-1:].isalnum() and after[:1].isalnum()
        guarded = before.endswith(ZERO_WIDTH) and after.startswith(ZERO_WIDTH)
        assert inside_a_word or guarded
    assert not re.search(r":[a-z0-9_'+-]+:", escaped)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
        ("&lt;", "&amp;lt;"),
        ("<!channel> <@U123> <https://x|y>", "&lt;!channel&gt; &lt;@U123&gt; &lt;https://x|y&gt;"),
        ("retry_after in 2*3 is a_b_c", "retry_after in 2*3 is a_b_c"),  # an identifier is found again when copied
        ("*bold*", "\u200b*\u200bbold\u200b*\u200b"),
        ("a`b", "a\u200b`\u200bb"),
        (":red_circle: at 10:30", ":\u200bred_circle: at 10:30"),
        ("two\r\n lines\t\x00here\u2028", "two lines here"),
        ("abc\u202egpj.exe", "abcgpj.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("lone \ud800 and \uffff", "lone \ufffd and \ufffd"),
        ("Z" + "\u0300" * 50, "Z" + "\u0300" * 8),
        ("👨‍👩‍👧 and 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",) * 2,
        ("   ", ""),
    ],
)
def test_examples(text: str, expected: str) -> None:
    assert escape(text) == expected


@given(HOSTILE, st.integers(1, 60))
def test_a_cut_tears_nothing_apart(text: str, limit: int) -> None:
    whole, short = escape(text), cut(text, limit)
    assert units(short) <= limit
    if units(whole) <= limit:
        assert short == whole
        return
    kept = short.removesuffix("…")
    assert short.endswith("…")
    assert whole.startswith(kept)
    # What is left ends at the end of a grapheme of the text, whole entities included.
    ends = {0}
    for cluster in clusters(clean(text)):
        ends.add(max(ends) + len(cluster))
    assert len(shown(kept)) in ends
    assert html.unescape(kept).replace(ZERO_WIDTH, "") == shown(kept)


def test_a_cut_counts_what_is_sent() -> None:
    assert cut("&" * 10, 12) == "&amp;&amp;…"
    assert cut("👍" * 10, 7) == "👍👍👍…"
    assert cut("👨‍👩‍👧‍👦x", 11) == "…"  # eleven units of family and one letter do not fit


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/o/r/issues/1", "https://github.com/o/r/issues/1"),
        ("https://x.org/?a=1&b=2", "https://x.org/?a=1&amp;b=2"),
        ("https://x.org/a|b>c <d\n", "https://x.org/a%7Cb%3Ec%20%3Cd%0A"),
        ("https://x.org/ü", "https://x.org/%C3%BC"),
        ("https://x.org/a%20b", "https://x.org/a%20b"),
        ("javascript:alert(1)", ""),
        ("", ""),
        (f"https://x.org/{'a' * MAX_URL}", ""),
    ],
)
def test_addresses(url: str, expected: str) -> None:
    assert address(url) == expected
    assert link(url, "label") == (f"<{expected}|label>" if expected else "label")


@given(HOSTILE)
def test_a_link_ends_where_it_should(text: str) -> None:
    made = link(f"https://example.org/{text}", "o/r#1")
    assert re.fullmatch(r"<https://example\.org/[!-~]*\|o/r#1>|o/r#1", made)
    assert made.count("|") <= 1


def test_right_to_left_text_leaves_the_rest_of_the_line_alone() -> None:
    assert isolated("مرحبا") == "\u2068مرحبا\u2069"
    assert isolated("hello") == "hello"


def test_dates() -> None:
    instant = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    expected = "<!date^1772456400^{date_short_pretty} {time}|2026-03-02 14:00 CET>"
    assert date(instant, "Europe/Berlin") == expected
