"""Which secrets may sign a delivery: the current one, and the one before it through a rotation."""

import re
from collections.abc import Callable

from kaizen.github.signatures import signed_by_any
from kaizen.runtime.rotation import ReadSecret, Rotation

_WELL_FORMED = re.compile(r"sha256=[0-9a-f]{64}")


def well_formed(given: str) -> bool:
    """Whether it could be a signature of GitHub's."""
    return _WELL_FORMED.fullmatch(given) is not None


class Verifier:
    """`clock` counts seconds from any start; `read` is kaizen.runtime.secrets.secret or a twin of it."""

    def __init__(self, current: str, previous: str, read: ReadSecret, clock: Callable[[], float]) -> None:
        self._secrets = Rotation(current, previous, read, clock)

    def signed(self, body: bytes, given: str) -> bool:
        """Whether the current or previous secret signed the raw body. Raises SecretError when none can be read."""
        if not well_formed(given):
            return False  # no signature, or sha1 only: nothing to look up
        return self._secrets.fits(lambda secret: signed_by_any(body, given, [secret]))
