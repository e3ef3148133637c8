"""GitHub's signatures: its published vector, and nothing that differs from it by as much as a bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.github.signatures import signature, signed_by_any
from tests.unit.webhook.samples import SECRET, flips, json_body, payload

# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
BODY = b"Hello, World!"
PUBLISHED = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_the_published_vector() -> None:
    assert signature(BODY, SECRET) == PUBLISHED
    assert signed_by_any(BODY, PUBLISHED, [SECRET])


def test_every_flipped_bit_of_a_body_is_refused() -> None:
    body = json_body(payload())
    given_signature = signature(body, SECRET)
    assert signed_by_any(body, given_signature, [SECRET])
    assert not any(signed_by_any(flipped, given_signature, [SECRET]) for flipped in flips(body))


def test_every_flipped_bit_of_a_signature_is_refused() -> None:
    for flipped in flips(PUBLISHED.encode()):
        assert not signed_by_any(BODY, flipped.decode("latin-1"), [SECRET])


@pytest.mark.parametrize(
    "claimed",
    [
        "",
        "sha256=",
        PUBLISHED[7:],
        PUBLISHED.upper(),
        PUBLISHED + " ",
        PUBLISHED + "0",
        PUBLISHED[:-1],
        f"{PUBLISHED},{PUBLISHED}",
        "sha1=" + "0" * 40,
        "sha256=" + "é" * 64,
        "sha256=\ud800",
    ],
)
def test_anything_but_the_signature_is_refused(claimed: str) -> None:
    assert not signed_by_any(BODY, claimed, [SECRET])


@pytest.mark.parametrize("secrets", [[], [""], ["", ""], [SECRET + " "], ["other"]])
def test_without_the_secret_nothing_is_signed(secrets: list[str]) -> None:
    assert not signed_by_any(BODY, PUBLISHED, secrets)
    assert not signed_by_any(BODY, signature(BODY, ""), secrets)


def test_any_of_several_secrets_will_do() -> None:
    assert signed_by_any(BODY, PUBLISHED, ["new", SECRET])
    assert signed_by_any(BODY, PUBLISHED, [SECRET, "old"])


@given(st.binary(max_size=200), st.text(st.characters(exclude_categories=())), st.text(min_size=1, max_size=40))
def test_no_text_passes_for_a_signature(body: bytes, claimed: str, secret: str) -> None:
    assert signed_by_any(body, claimed, [secret]) is (claimed == signature(body, secret))
    assert signed_by_any(body, signature(body, secret), [secret])
