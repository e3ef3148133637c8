"""Faults of a policy name the line that is to be mended."""

from kaizen.policy.__main__ import check
from kaizen.policy.lines import places
from kaizen.policy.store import DEFAULT_FILE

DEFAULT = DEFAULT_FILE.read_text(encoding="utf-8")


def line_of(text: str, start: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(start))


def test_a_faulty_key_is_named_with_its_line() -> None:
    text = DEFAULT.replace("digest_hour = 9", "digest_hour = 99")
    (problem,) = check(text.encode())
    assert problem.startswith(f"line {line_of(text, 'digest_hour')}: routes.0.digest_hour: ")


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
