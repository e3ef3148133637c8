"""Filters: values, lists, refusals, and one canonical form."""

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.feed.samples import event, policy
from ticket_feed.filters import STATES, FilterError, Filters, read_filters

POLICY = policy()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ()),
        ("api", ("api",)),
        ("web,api", ("api", "web")),
        (" API , web,,api", ("api", "web")),
        ("unassigned,other", ("other", "unassigned")),
        (",", ()),
    ],
)
def test_lists(text: str, wanted: tuple[str, ...]) -> None:
    assert read_filters({"component": text}, POLICY) == Filters(component=wanted)


@pytest.mark.parametrize(
    ("given_query", "message", "allowed"),
    [
        ({"component": "api,nothing"}, "component 'nothing' is none of api", POLICY.component_names),
        ({"severity": "sev9"}, "severity 'sev9' is none of sev1", POLICY.severity_names),
        ({"state": "ajar"}, "state 'ajar' is none of open, closed, transferred, deleted", STATES),
    ],
)
def test_a_value_that_is_not_there(given_query: dict[str, str], message: str, allowed: tuple[str, ...]) -> None:
    with pytest.raises(FilterError, match=message) as caught:
        read_filters(given_query, POLICY)
    assert caught.value.allowed == list(allowed)


def test_a_long_value_is_not_sent_back_whole() -> None:
    with pytest.raises(FilterError) as caught:
        read_filters({"state": "x" * 10_000}, POLICY)
    assert len(str(caught.value)) < 200


def test_other_parameters_are_left_alone() -> None:
    assert read_filters({"utm_source": "reader", "severity": "sev1"}, POLICY) == Filters(severity=("sev1",))


@pytest.mark.parametrize(
    ("filters", "admitted"),
    [
        (Filters(), True),
        (Filters(component=("api",)), True),
        (Filters(component=("web",)), False),
        (Filters(component=("api", "web"), severity=("sev1",), state=("open",)), True),
        (Filters(component=("api",), state=("closed",)), False),
    ],
)
def test_admits(filters: Filters, admitted: bool) -> None:
    assert filters.admits(event()) is admitted


@given(st.data())
def test_the_query_reads_back(data: st.DataObject) -> None:
    def some(names: tuple[str, ...]) -> str:
        return ",".join(data.draw(st.lists(st.sampled_from(names), max_size=5)))

    given_query = {
        "component": some(POLICY.component_names),
        "severity": some(POLICY.severity_names),
        "state": some(STATES),
    }
    filters = read_filters(given_query, POLICY)
    query = filters.query(token="a&b=c")
    read = {name: values[0] for name, values in parse_qs(query, strict_parsing=True).items()}
    assert list(read) == sorted(read)
    assert read.pop("token") == "a&b=c"
    assert read_filters(read, POLICY) == filters
    assert read_filters(read, POLICY).query(token="a&b=c") == query
