"""Compares the clock of Prometheus with ours, by the date of each answer: else its samples would be of other times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from kaizen.prometheus.errors import UnavailableError
from kaizen.runtime.outbound import Answer, Send
from sandbox_reaper.usage import SKEW


@dataclass(frozen=True, slots=True)
class Dated:
    """Sends as `send` does. Raises UnavailableError for an answer of another time; one without a date says nothing."""

    send: Send
    clock: Callable[[], datetime]

    def __call__(self, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        answer = self.send(method, address, headers, body)
        if said := answer.headers.get("date"):
            try:
                at = parsedate_to_datetime(said)
            except ValueError as error:
                raise UnavailableError(f"the date of its answer cannot be read: {said[:40]!r}") from error
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
            if abs(at - self.clock()) > SKEW:
                raise UnavailableError(f"its clock is another than ours: it says {at:%Y-%m-%d %H:%M:%S} UTC")
        return answer
