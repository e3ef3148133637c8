"""Signed values of buttons: what was signed comes back, and nothing else does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.slack.buttons import LIFE, LONGEST, Button, Refused, TooLongError, signed, verified
from tests.unit.webhook.samples import flips

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEEP = Button("sandbox", "keep", "default/agent-7", NOW, {"owner": "U0123", "uid": "5e2a"})
SECRETS = "new old"  # as the parameter holds them through a rotation


def reason(value: str, action_id: str = "sandbox.keep", now: datetime = NOW) -> str:
    found = verified(value, action_id, SECRETS, now)
    return found.reason if isinstance(found, Refused) else "good"


_WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(deadline=None)
@given(
    _WORDS,
    st.dictionaries(_WORDS, _WORDS, max_size=4),
    st.sampled_from([*SECRETS.split(), SECRETS]),
    st.integers(0, 7 * 86_400),
)
def test_what_was_signed_comes_back(subject: str, bound: dict[str, str], secret: str, age: int) -> None:
    button = Button("sandbox", "keep", subject, NOW - timedelta(seconds=age), bound)
    try:
        value = signed(button, secret)
    except TooLongError:
        return
    assert value.isascii()
    assert len(value) <= LONGEST
    assert verified(value, "sandbox.keep", SECRETS, NOW) == button


def test_it_lives_seven_days() -> None:
    value = signed(KEEP, "new")
    assert reason(value, now=NOW + LIFE) == "good"
    assert reason(value, now=NOW + LIFE + timedelta(seconds=1)) == "expired"
    assert reason(value, now=NOW - timedelta(minutes=5)) == "good"
    assert reason(value, now=NOW - timedelta(minutes=5, seconds=1)) == "not yet"


def test_it_is_good_for_one_action_only() -> None:
    assert reason(signed(KEEP, "new"), action_id="sandbox.stop") == "other action"
    assert reason(signed(KEEP, "new"), action_id="tickets.keep") == "other action"


def test_who_may_sign() -> None:
    assert reason(signed(KEEP, "old")) == "good"
    assert reason(signed(KEEP, "forger")) == "forged"
    assert verified(signed(KEEP, "new"), "sandbox.keep", "", NOW) == Refused("forged")
    assert verified(signed(KEEP, "new"), "sandbox.keep", "old", NOW) == Refused("forged")
    for empty in ("", " "):
        with pytest.raises(ValueError, match="empty"):
            signed(KEEP, empty)


def test_the_first_of_two_secrets_signs() -> None:
    """So that the old one can be taken away once the messages that it signed are over."""
    assert signed(KEEP, SECRETS) == signed(KEEP, "new")


def test_every_flipped_bit_is_refused() -> None:
    value = signed(KEEP, "new")
    for flipped in flips(value.encode()):
        assert reason(flipped.decode("latin-1")) in ("forged", "malformed")


def test_parts_of_two_values_do_not_fit_together() -> None:
    one, other = signed(KEEP, "new"), signed(Button("sandbox", "stop", "default/agent-7", NOW), "new")
    mixed = ".".join((*one.split(".")[:2], other.split(".")[2]))
    assert reason(mixed) == "forged"


@settings(deadline=None)
@given(st.text(max_size=100) | st.text(alphabet="k1.AZaz09-_=", max_size=200))
def test_no_text_is_taken_or_crashes(text: str) -> None:
    assert reason(text) in ("forged", "malformed")


def test_what_slack_would_not_take_is_not_made() -> None:
    with pytest.raises(TooLongError, match="Slack takes 2000"):
        signed(Button("sandbox", "keep", "x" * 1500, NOW), "new")
    assert reason("k1." + "A" * 3000 + ".x") == "malformed"
