"""Expressions over tickets: what they mean, and where a mistake is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.subscriptions.expression import Both, Either, Expression, ExpressionError, Not, Subject, Term, parse

SUBJECT = Subject.of(["Bug", "needs help"], "api", "sev1", "Acme/Shop", "labeled")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("severity:sev1", True),
        ("SEVERITY:Sev1 AND component:API", True),
        ("severity:sev2 or component:api", True),
        ("severity:sev2 or component:web and label:bug", False),
        ("(severity:sev2 or component:api) and label:bug", True),
        ('label:"needs help"', True),
        ("label:“needs help”", True),  # what a phone makes of a quote
        ("not label:bug", False),
        ("not (label:bug and label:other)", True),
        ("repo:acme/*", True),
        ("repo:other/*", False),
        ("event:labeled", True),
        ("event:closed", False),
        ("event:changed", True),
    ],
)
def test_what_an_expression_means(text: str, wanted: bool) -> None:
    assert parse(text).matches(SUBJECT) is wanted


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "something is missing at the end"),
        ("severity:sev1 and", 17, "something is missing at the end"),
        ("severity:sev1 component:api", 14, "put and, or, not before it"),
        ("sev:1", 0, "there is no field 'sev'"),
        ("severity:sev1 and sev1", 18, "'sev1' is no condition"),
        ("(severity:sev1", 0, "not closed"),
        ("severity:sev1)", 13, "is not expected here"),
        ('label:""', 7, "the value is empty"),
        ("label:", 0, "is no condition"),
        ("event:merged", 6, "there is no event 'merged'"),
        ("(" * 30 + "label:a" + ")" * 30, 21, "nested more than 20 deep"),
        ("label:a or " * 50, 500, "is longer than 500 characters"),
    ],
)
def test_where_a_mistake_is(text: str, position: int, words: str) -> None:
    with pytest.raises(ExpressionError, match=words.replace("(", r"\(")) as found:
        parse(text)
    assert found.value.position == position


terms = st.builds(
    Term,
    st.sampled_from(["label", "component", "severity", "repo"]),
    st.sampled_from(["bug", "needs help", "api", "sev1", "acme/*", "a(b"]),
)
expressions: st.SearchStrategy[Expression] = st.recursive(
    terms, lambda each: st.builds(Not, each) | st.builds(Both, each, each) | st.builds(Either, each, each), max_leaves=5
)


@given(expressions, st.sets(st.sampled_from(["bug", "needs help", "other"])), st.sampled_from(["api", "web"]))
def test_an_expression_written_out_means_the_same(expression: Expression, labels: set[str], component: str) -> None:
    subject = Subject.of(labels, component, "sev1", "acme/shop", "changed")
    assert parse(str(expression)).matches(subject) is expression.matches(subject)


@given(st.text(alphabet=st.sampled_from('abc:"() \u201c\tandornot*'), max_size=40) | st.text(max_size=40))
def test_any_text_is_read_or_explained(text: str) -> None:
    assert 0 <= position_of_mistake(text) <= len(text)


def position_of_mistake(text: str) -> int:
    try:
        parse(text).matches(SUBJECT)
    except ExpressionError as error:
        return error.position
    return 0
