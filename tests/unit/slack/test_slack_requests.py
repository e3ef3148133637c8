"""Slack's signatures: its published vector, its library as a second opinion, time, rotation, every flipped bit."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from kaizen.runtime.secrets import SecretError, SecretMissingError
from kaizen.slack.requests import WINDOW_SECONDS, RequestVerifier, recent, signature
from tests.unit.webhook.samples import Clock, Secrets, flips

# https://docs.slack.dev/authentication/verifying-requests-from-slack
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
STAMP = "1531420618"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
GOOD = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
NOW = datetime.fromtimestamp(int(STAMP), UTC)


def verifier(**secrets: str) -> RequestVerifier:
    return RequestVerifier("current", "previous", Secrets(**(secrets or {"current": SECRET})).read, Clock())


def test_slacks_own_vector() -> None:
    assert signature(STAMP, BODY, SECRET) == GOOD
    assert verifier().signed(BODY, STAMP, GOOD, NOW)


@settings(deadline=None)
@given(st.text(min_size=1, max_size=40).filter(str.strip), st.text(max_size=200), st.integers(0, 10**11))
def test_slacks_library_agrees(secret: str, body: str, stamp: int) -> None:
    theirs = SignatureVerifier(secret).generate_signature(timestamp=str(stamp), body=body.encode())
    assert signature(str(stamp), body.encode(), secret) == theirs


@pytest.mark.parametrize(
    ("stamp", "good"),
    [
        (STAMP, True),
        (str(int(STAMP) - WINDOW_SECONDS), True),
        (str(int(STAMP) + WINDOW_SECONDS), True),
        (str(int(STAMP) - WINDOW_SECONDS - 1), False),
        (str(int(STAMP) + WINDOW_SECONDS + 1), False),
        ("", False),
        ("-1", False),
        (f" {STAMP}", False),
        (f"{STAMP}.0", False),
        (f"{STAMP}\n", False),
        ("１５３１４２０６１８", False),
        ("9" * 400, False),
    ],
)
def test_requests_from_another_time_are_refused(stamp: str, good: bool) -> None:
    assert recent(stamp, NOW) is good
    signed = signature(stamp, BODY, SECRET)
    assert verifier().signed(BODY, stamp, signed, NOW) is good


def test_every_flipped_bit_is_refused() -> None:
    door = verifier()
    assert not any(door.signed(flipped, STAMP, GOOD, NOW) for flipped in flips(BODY))
    assert not any(door.signed(BODY, STAMP, flipped.decode("latin-1"), NOW) for flipped in flips(GOOD.encode()))
    assert not door.signed(BODY, str(int(STAMP) + 1), GOOD, NOW)


@pytest.mark.parametrize("given", ["", "v0=", "v1=" + "0" * 64, GOOD.upper(), GOOD + "\n", "v0=" + "é" * 64, "\ud800"])
def test_what_is_no_signature_is_not_looked_up(given: str) -> None:
    secrets = Secrets()
    assert not RequestVerifier("current", "previous", secrets.read, Clock()).signed(BODY, STAMP, given, NOW)
    assert secrets.readings == 0


def test_a_rotation_loses_no_request() -> None:
    old, new = signature(STAMP, BODY, "old"), signature(STAMP, BODY, "new")
    secrets = Secrets(current="old")
    door = RequestVerifier("current", "previous", secrets.read, Clock())
    assert door.signed(BODY, STAMP, old, NOW)
    secrets.stored |= {"previous": "old", "current": "new"}
    for each in (old, new, old):
        assert door.signed(BODY, STAMP, each, NOW)
    secrets.stored.pop("previous")
    secrets.cached.clear()
    later = RequestVerifier("current", "previous", secrets.read, Clock())
    assert later.signed(BODY, STAMP, new, NOW)
    assert not later.signed(BODY, STAMP, old, NOW)


def test_without_a_secret_nobody_gets_in() -> None:
    with pytest.raises(SecretMissingError):
        verifier(previous=SECRET).signed(BODY, STAMP, GOOD, NOW)
    empty = signature(STAMP, BODY, "")
    assert not verifier(current="", previous="").signed(BODY, STAMP, empty, NOW + timedelta(seconds=1))

    def away(parameter: str, *, fresh: bool = False) -> str:
        raise SecretError("away")

    with pytest.raises(SecretError):
        RequestVerifier("current", "previous", away, Clock()).signed(BODY, STAMP, GOOD, NOW)
