"""Expressions read safely, brought to one form, and what is said of what is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.promql import PromqlError, UnreadError, canonical, metrics, parse, selectors, write
from kaizen.promql.automata import states
from kaizen.promql.patterns import literals
from kaizen.promql.reading import MOST_OPERATORS
from kaizen.promql.tokens import DEEPEST, LONGEST
from tests.effort import examples

EQUAL = [
    ("5 < x", "x > 5"),
    ("60*60*24 < x", "x > 86400"),
    ("2^16 - 256 < x", "x > 65280"),
    ("100 * x", "x * 100"),
    ("1 + x", "x + 1"),
    ('x{b="1", a="2"}', 'x{a="2",b="1",b="1"}'),
    ('x{a=~".*"}', "x"),
    ('x{a=~"lit"}', 'x{a="lit"}'),
    ('x{a!~"^lit$"}', 'x{a!="lit"}'),
    ('x{a=~"^(?:b|a)$"}', 'x{a=~"a|b"}'),
    (r'x{a=~"a\\.b"}', 'x{a="a.b"}'),
    ("x{a=~`a\\.b`}", 'x{a="a.b"}'),
    ('x{a=~".+"}', 'x{a!=""}'),
    ("rate(x[300s])", "rate(x[5m])"),
    ("rate(x[2m+3m])", "rate(x[5m])"),
    ("rate(x[2*(1m+90s)])", "rate(x[5m])"),
    ("x offset (1h*2)", "x offset 2h"),
    ("sum by () (x)", "sum(x)"),
    ("sum by (b, a) (x)", "sum(x) by (a, b)"),
    ("((x)) > (5)", "x > 5"),
    ("a / ignoring () b", "a / b"),
    ('{__name__="x"}', "x"),
    ("a and on (c, b) d", "a and on (b, c) d"),
    ("x # why", "x"),
]
DIFFERENT = [
    ("a and b", "b and a"),
    ("a or b", "b or a"),
    ("x - 5", "5 - x"),
    ("a + b", "b + a"),
    ("sum without () (x)", "sum(x)"),
    ("a and on () b", "a and b"),
    ("rate(x[5m])", "rate(x[5m] anchored)"),
    ("rate(x[5m])", "rate(x[6m])"),
    ("x", "x offset 5m"),
    ("x > 5", "x > bool 5"),
    ('x{a=~"b.*"}', 'x{a=~"b"}'),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_what_means_the_same_has_one_form(one: str, other: str) -> None:
    assert canonical(parse(one)) == canonical(parse(other))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_differs_stays_apart(one: str, other: str) -> None:
    assert canonical(parse(one)) != canonical(parse(other))


def test_what_3_16_brings_is_remembered_where_it_was_said() -> None:
    tree = parse('sum by (zone) (a) + rate(x{job="a"}[5m] anchored) / on (job) y smoothed')
    assert [each.extension for each in selectors(tree)] == ["", "anchored", "smoothed"]
    assert metrics(tree) == {"a", "x", "y"}


@pytest.mark.parametrize(
    ("text", "words", "position"),
    [
        ("up{", "'{' is never closed", 2),
        ("sum(up))", "unexpected ')'", 7),
        ("up == up up", "unexpected 'up'", 9),
        ("up + nofunction(x)", "unknown function nofunction", 5),
        ("holt_winters(x[5m], 0.1, 0.2)", "3.0 renamed it double_exponential_smoothing", 0),
        ('up{a="b', "a string without an end", 5),
        ("up ; x", "unexpected character ';'", 3),
        ("up >", "not complete", 4),
        ("rate(x[5m-5m])", "greater than 0", 7),
        ("rate(x[1m/0])", "cannot be worked out", 9),
        ("sum(x) anchored", "must follow a selector", 7),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, words: str, position: int) -> None:
    with pytest.raises(PromqlError) as caught:
        parse(text)
    assert words in caught.value.message
    assert caught.value.position == position


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "x" + ")" * 10_000,
        "(" * (DEEPEST + 1) + "x" + ")" * (DEEPEST + 1),
        "x" * (LONGEST + 1),
        "+".join(["x"] * 4000),
        "+".join(["x"] * (MOST_OPERATORS + 2)),
        "abs(" * 180 + "x" + ")" * 180,
        'x{a=~"\\\\w{1,400}"}',
        'x{a=~"((((.{1,9}){1,9}){1,9}){1,9}){1,9}"}',
        'x{a!~"[\\\\pL]{500,}"}',
        'x{a=~"\\x5cw\\173400\\u007d"}',
        "x{a=~`\\pL{500}`}",
        "x{a=~`[a[\\pL]b]{500}`}",
        "x{a=~`(?x)a #\n{9}`}",
        "rate(x[step()])",
        "rate(x[" + "-" * 100 + "5m])",
    ],
)
def test_too_much_is_refused_before_it_does_harm(text: str) -> None:
    with pytest.raises(UnreadError):
        parse(text)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("abc", 3),
        ("a{5}", 5),
        ("a{1,5}b", 6),
        ("(ab){3}", 6),
        ("(?:a{2}){3}", 6),
        ("[0-9]{3}", 30),
        (r"\\{3}", 3),
        ("a{2,}", 4),
        ("((a", 1),
        ("a))", 3),
        ("[0-9]{1,3}([.][0-9]{1,3}){3}", 150),
    ],
)
def test_how_large_a_pattern_grows(pattern: str, expected: int) -> None:
    assert states(pattern) == expected


def test_what_is_just_not_too_much_is_read() -> None:
    parse("(" * DEEPEST + "x" + ")" * DEEPEST)
    assert canonical(parse("+".join(["x"] * MOST_OPERATORS))).count("x") == MOST_OPERATORS


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a|b", {"a", "b"}),
        ("", {""}),
        ("a|", {"a", ""}),
        ("^a$|^b$", {"a", "b"}),
        (r"a\.b", {"a.b"}),
        ("a.b", None),
        ("(a|b)c", None),
        ("(?i:a)", None),
        (r"\d", None),
        ("a$b", None),
        ("((a|b))", None),
    ],
)
def test_patterns_that_are_lists(pattern: str, found: set[str] | None) -> None:
    assert literals(pattern) == found


_PIECES = st.sampled_from(
    ["x", "up", "sum", "by", "on", "and", "or", "offset", "anchored", "bool", "rate", "(", ")", "[", "]", "{", "}", ",",
     "5", "5m", "-", "+", "==", ">", "^", "@", ":", '"a"', "'b\\''", "`c\\d`", "a=", "=~", '"("', " ", "\n", "#", "é",
     "\x00", "Inf", "1e999", "0x", "9" * 30 + "y"]
)  # fmt: skip


@settings(max_examples=examples(500))
@given(st.lists(_PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_any_text_is_an_expression_or_a_named_fault(text: str) -> None:
    try:
        tree = parse(text)
    except PromqlError as error:
        fault = error
    else:
        again = canonical(tree)
        assert canonical(parse(again)) == again
        assert repr(parse(write(tree))) == repr(tree)
        return
    assert fault.message
    assert fault.position is None or 0 <= fault.position <= len(text)
