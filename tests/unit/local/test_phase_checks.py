"""What the steps of the demo know of a function's insides, which they cannot import."""

from local.demo import phase  # before the checks, which look at the system as the demo does
from local.phase import checks
from phase_stream import rows


def test_responses_are_closed_when_the_function_says_so() -> None:
    assert "phase savings" in dict(phase.CHECKS)
    assert checks.CLOSED_SECONDS == rows.CLOSED_SECONDS
