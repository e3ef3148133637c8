"""Which secrets count through a rotation, and how often the store is asked."""

import pytest

from kaizen.github.signatures import signature
from kaizen.runtime.rotation import REFRESH_SECONDS
from kaizen.runtime.secrets import CACHE_SECONDS, SecretError, SecretMissingError
from tests.unit.webhook.samples import SECRET, Clock, Secrets, flips, verifier

BODY = b'{"zen": "Design for failure."}'
FORGED = signature(BODY, "forger")


def test_the_current_secret() -> None:
    assert verifier().signed(BODY, signature(BODY, SECRET))


def test_a_rotation_loses_no_delivery() -> None:
    """Each step of the rotation in docs/deploy.md, with deliveries signed by the old and the new secret between."""
    secrets, clock = Secrets(current="old"), Clock()
    door = verifier(secrets, clock)
    old, new = signature(BODY, "old"), signature(BODY, "new")
    assert door.signed(BODY, old)
    secrets.stored["previous"] = "old"
    assert door.signed(BODY, old)
    secrets.stored["current"] = "new"  # the cache still holds the old one
    assert door.signed(BODY, old)
    assert door.signed(BODY, new)
    assert door.signed(BODY, old)
    del secrets.stored["previous"]
    clock.seconds += CACHE_SECONDS
    secrets.cached.clear()
    assert door.signed(BODY, new)
    assert not door.signed(BODY, old)


def test_a_rotation_without_the_previous_secret() -> None:
    secrets = Secrets(current="old")
    door = verifier(secrets)
    secrets.stored["current"] = "new"
    assert door.signed(BODY, signature(BODY, "new"))
    assert not door.signed(BODY, signature(BODY, "old"))


def test_forgers_cannot_spend_the_stores_quota() -> None:
    secrets, clock = Secrets(current=SECRET), Clock()
    door = verifier(secrets, clock)
    for _ in range(1000):
        assert not door.signed(BODY, FORGED)
        clock.seconds += 0.06  # a minute in all
    assert secrets.readings <= 2 * 2 + 1  # twice a minute both secrets, and the first look for a previous one


def test_a_forger_delays_a_new_secret_by_no_more_than_the_bound() -> None:
    secrets, clock = Secrets(current="old"), Clock()
    door = verifier(secrets, clock)
    assert not door.signed(BODY, FORGED)
    secrets.stored["current"] = "new"
    clock.seconds += REFRESH_SECONDS
    assert door.signed(BODY, signature(BODY, "new"))


@pytest.mark.parametrize("given", ["", "sha1=" + "0" * 40, "sha256=xyz", FORGED.upper(), FORGED + "\n", "\ud800"])
def test_what_is_no_signature_is_not_looked_up(given: str) -> None:
    secrets = Secrets()
    assert not verifier(secrets).signed(BODY, given)
    assert secrets.readings == 0


def test_every_flipped_bit_is_refused() -> None:
    door = verifier()
    good = signature(BODY, SECRET)
    assert not any(door.signed(flipped, good) for flipped in flips(BODY))
    assert not any(door.signed(BODY, flipped.decode("latin-1")) for flipped in flips(good.encode()))


def test_without_a_secret_nobody_gets_in() -> None:
    """Fails closed: the caller answers 503, and never takes what it cannot verify."""
    with pytest.raises(SecretMissingError):
        verifier(Secrets(previous=SECRET)).signed(BODY, signature(BODY, SECRET))


def test_a_store_that_does_not_answer() -> None:
    def away(parameter: str, *, fresh: bool = False) -> str:
        raise SecretError("away")

    secrets = Secrets()
    secrets.read = away  # type: ignore[method-assign]
    with pytest.raises(SecretError):
        verifier(secrets).signed(BODY, FORGED)
