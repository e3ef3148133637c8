"""Which of two secrets fits, through a rotation.

The cache holds a secret for minutes, so a rotation would break signatures for that long. Hence the previous
secret is accepted too, and what fits neither makes the store be asked again, at most twice a minute:
without a bound, forgers could spend the store's quota.
"""

from collections.abc import Callable
from typing import Protocol

from kaizen.runtime.secrets import CACHE_SECONDS, SecretMissingError

REFRESH_SECONDS = 30


class ReadSecret(Protocol):
    def __call__(self, parameter: str, *, fresh: bool = False) -> str: ...


class Rotation:
    """`clock` counts seconds from any start; `read` is kaizen.runtime.secrets.secret or a twin of it."""

    def __init__(self, current: str, previous: str, read: ReadSecret, clock: Callable[[], float]) -> None:
        self._current = current
        self._previous = previous
        self._read = read
        self._clock = clock
        self._refresh_after = float("-inf")
        self._previous_missing_until = float("-inf")

    def fits(self, fits: Callable[[str], bool]) -> bool:
        """Whether `fits` holds for the current or the previous secret. Raises SecretError when none can be read."""
        if self._any(fits, fresh=False):
            return True
        now = self._clock()
        if now < self._refresh_after:
            return False
        self._refresh_after = now + REFRESH_SECONDS
        return self._any(fits, fresh=True)

    def _any(self, fits: Callable[[str], bool], *, fresh: bool) -> bool:
        # One after the other: the previous secret is rarely needed, and each look-up may cost a request.
        if fits(self._read(self._current, fresh=fresh)):
            return True
        previous = self._previous_secret(fresh)
        return previous is not None and fits(previous)

    def _previous_secret(self, fresh: bool) -> str | None:
        if not fresh and self._clock() < self._previous_missing_until:
            return None
        try:
            return self._read(self._previous, fresh=fresh)
        except SecretMissingError:  # no rotation under way: remember it as long as a secret is cached
            self._previous_missing_until = self._clock() + CACHE_SECONDS
            return None
