"""Which secrets may sign a delivery, through a rotation.

The cache holds a secret for minutes, so a rotation would break deliveries for that long. Hence the previous
secret is accepted too, and a signature that fits neither makes the store be asked again, at most twice a minute:
without a bound, forgers could spend the store's quota.
"""

import re
from collections.abc import Callable
from typing import Protocol

from kaizen.github.signatures import signed_by_any
from kaizen.runtime.secrets import CACHE_SECONDS, SecretMissingError

REFRESH_SECONDS = 30
_WELL_FORMED = re.compile(r"sha256=[0-9a-f]{64}")


class ReadSecret(Protocol):
    def __call__(self, parameter: str, *, fresh: bool = False) -> str: ...


class Verifier:
    """`clock` counts seconds from any start; `read` is kaizen.runtime.secrets.secret or a twin of it."""

    def __init__(self, current: str, previous: str, read: ReadSecret, clock: Callable[[], float]) -> None:
        self._current = current
        self._previous = previous
        self._read = read
        self._clock = clock
        self._refresh_after = float("-inf")
        self._previous_missing_until = float("-inf")

    def signed(self, body: bytes, given: str) -> bool:
        """Whether the current or previous secret signed the raw body. Raises SecretError when none can be read."""
        if not _WELL_FORMED.fullmatch(given):
            return False  # no signature, or sha1 only: nothing to look up
        if self._matches(body, given, fresh=False):
            return True
        now = self._clock()
        if now < self._refresh_after:
            return False
        self._refresh_after = now + REFRESH_SECONDS
        return self._matches(body, given, fresh=True)

    def _matches(self, body: bytes, given: str, *, fresh: bool) -> bool:
        # One after the other: the previous secret is rarely needed, and each look-up may cost a request.
        if signed_by_any(body, given, [self._read(self._current, fresh=fresh)]):
            return True
        return signed_by_any(body, given, self._previous_secrets(fresh))

    def _previous_secrets(self, fresh: bool) -> list[str]:
        if not fresh and self._clock() < self._previous_missing_until:
            return []
        try:
            return [self._read(self._previous, fresh=fresh)]
        except SecretMissingError:  # no rotation under way: remember it as long as a secret is cached
            self._previous_missing_until = self._clock() + CACHE_SECONDS
            return []
