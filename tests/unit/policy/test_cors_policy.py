"""Origins in the policy: those that a browser sends, and a fault for each that none ever would."""

import pytest

from kaizen.policy import PolicyError, parse
from kaizen.policy.store import DEFAULT_FILE

DEFAULT = DEFAULT_FILE.read_text(encoding="utf-8")


def origins(listed: str) -> tuple[str, ...]:
    return parse(f"{DEFAULT}\n[cors]\norigins = [{listed}]\n").cors.origins


def test_without_the_section_there_are_none() -> None:
    assert parse(DEFAULT).cors.origins == ()
    assert origins("") == ()


@pytest.mark.parametrize(
    "origin",
    ["https://app.example.com", "http://localhost:3000", "https://10.0.0.7:8443", "http://[::1]:8080", "https://x:80"],
)
def test_origins(origin: str) -> None:
    assert origins(f'"{origin}"') == (origin,)


@pytest.mark.parametrize(
    ("listed", "fault"),
    [
        ('"*"', "is not an origin such as"),
        ('"null"', "is not an origin such as"),
        ('"https://app.example.com/"', "is not an origin such as"),
        ('"https://App.example.com"', "is not an origin such as"),
        ('"https://*.example.com"', "is not an origin such as"),
        ('"app.example.com"', "is not an origin such as"),
        ('"https://app.example.com:443"', "has a port that browsers do not send for https"),
        ('"http://app.example.com:80"', "has a port that browsers do not send for http"),
        ('"http://app.example.com:08080"', "has a port that browsers do not send"),
        ('"http://app.example.com:70000"', "has a port that browsers do not send"),
        ("3", "its item 1 is not an origin"),
        ('"https://a.example", "https://a.example"', "'https://a.example' is another one's name, too"),
        (", ".join(f'"https://a{number}.example"' for number in range(51)), "there are 51, the most is 50"),
    ],
)
def test_faults(listed: str, fault: str) -> None:
    with pytest.raises(PolicyError) as caught:
        origins(listed)
    (problem,) = caught.value.problems
    assert problem.startswith("cors.origins")
    assert fault in problem
