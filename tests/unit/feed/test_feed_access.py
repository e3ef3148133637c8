"""Tokens: public without any, else one of the hashes must fit."""

import hashlib

import pytest

from ticket_feed.access import allowed

TOKENS = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("team-a", "team-b")}


@pytest.mark.parametrize("token", ["", "anything"])
def test_without_tokens_the_feed_is_public(token: str) -> None:
    assert allowed(token, {})


@pytest.mark.parametrize("token", ["team-a", "team-b"])
def test_each_readers_token_fits(token: str) -> None:
    assert allowed(token, TOKENS)


@pytest.mark.parametrize("token", ["", "team-c", "TEAM-A", "team-a ", TOKENS["team-a"], "\ud800", "team-a\x00"])
def test_anything_else_does_not(token: str) -> None:
    assert not allowed(token, TOKENS)


def test_a_token_taken_away_no_longer_fits() -> None:
    assert not allowed("team-a", {"team-b": TOKENS["team-b"]})
