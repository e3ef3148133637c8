"""Who may scrape: one of the tokens as a bearer token, and nothing that comes near it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.runtime.bearer import allowed

TOKENS = "new-token\nold-token\n"


@pytest.mark.parametrize(
    "authorization", ["Bearer new-token", "Bearer old-token", "bearer new-token", "BEARER  old-token"]
)
def test_each_token_of_a_rotation_opens(authorization: str) -> None:
    assert allowed(authorization, TOKENS)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "new-token",
        "Basic new-token",
        "Bearer new-toke",
        "Bearer new-token2",
        "Bearer NEW-TOKEN",
        "Bearer new-token old-token",
        "Bearer new-token\nold-token",
        "Bearer \udcff",
        "Bearer tökén",
    ],
)
def test_nothing_else_does(authorization: str) -> None:
    assert not allowed(authorization, TOKENS)


@pytest.mark.parametrize("tokens", ["", " ", "\n\n"])
def test_no_token_opens_to_nobody(tokens: str) -> None:
    """An empty secret must not make the empty token right."""
    assert not allowed("Bearer ", tokens)
    assert not allowed("Bearer", tokens)
    assert not allowed("", tokens)


@given(st.text(), st.text())
def test_any_header_is_answered(authorization: str, tokens: str) -> None:
    scheme, _, token = authorization.partition(" ")
    if allowed(authorization, tokens):
        assert scheme.lower() == "bearer"
        assert token.strip() in tokens.split()
