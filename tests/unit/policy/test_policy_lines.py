"""Faults of a policy name the line that is to be mended."""

import pytest

from kaizen.policy.__main__ import check
from kaizen.policy.lines import places
from kaizen.policy.store import DEFAULT_FILE

DEFAULT = DEFAULT_FILE.read_text(encoding="utf-8")


def line_of(text: str, start: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(start))


def test_a_faulty_key_is_named_with_its_line() -> None:
    text = DEFAULT.replace("digest_hour = 9", "digest_hour = 99")
    (problem,) = check(text.encode())
    assert problem.startswith(f"line {line_of(text, 'digest_hour')}: routes.default.digest_hour: ")


def test_a_missing_key_is_named_with_the_line_of_its_table() -> None:
    text = DEFAULT.replace('id = "kuramoto"\n', "")
    (problem,) = check(text.encode())
    assert problem.startswith(f"line {line_of(text, '[[streams]]')}: streams.0.id: ")


def test_a_contradiction_in_a_route_is_found_by_the_routes_name() -> None:
    text = DEFAULT.replace("components = [] ", 'components = ["billing"] ')
    (problem,) = check(text.encode())
    assert problem.startswith(f"line {line_of(text, '[[routes]]')}: routes.default: ")


def test_the_second_of_two_entries_is_told_from_the_first() -> None:
    text = '[[a]]\nname = "x"\nzone = 1\n\n[[a]]\nname = "y"\nzone = 2\n'
    assert (places(text)["a.0.zone"], places(text)["a.1.zone"], places(text)["a.y"]) == (3, 7, 5)


@pytest.mark.parametrize(
    ("text", "place", "line"),
    [
        ('a = 1\nfeed.domain = "x"\n', "feed.domain", 2),
        ('a = 1\nfeed.domain = "x"\n', "feed", 2),
        ('[severities]\n"a\\"b" = 1\n', 'severities.a"b', 2),
        ('["x y".z] # why\nk = 1\n', "x y.z.k", 2),
        ('[[a]]\nzone = 1\nname = "x"\nlast = 2\n', "a.x.last", 4),
        ('[[a]]\nzone = 1\nid = "x"\n', "a.x.zone", 2),
        ('[[c.a]]\nname = "x"\n[[c.a]]\nname = "x"\n', "c.a.1", 3),
    ],
)
def test_a_place_is_found_in_each_way_of_writing(text: str, place: str, line: int) -> None:
    assert places(text)[place] == line


def test_of_two_equal_routes_the_second_is_named() -> None:
    team = '\n[[routes]]\nname = "team"\nchannel = "C012345"\n'
    text = DEFAULT + team + team
    (problem,) = check(text.encode())
    last = max(number for number, line in enumerate(text.splitlines(), 1) if line == "[[routes]]")
    assert problem == f"line {last}: routes.2: 'team' is another one's name, too"


def test_a_route_without_a_name_is_told_by_its_number_also_in_contradictions() -> None:
    text = DEFAULT + '\n[[routes]]\nchannel = "C012345"\ncomponents = ["billing"]\n'
    last = max(number for number, line in enumerate(text.splitlines(), 1) if line == "[[routes]]")
    assert check(text.encode()) == [
        f"line {last}: routes.1.name: is missing",
        f"line {last}: routes.1: there is no component 'billing'",
    ]
