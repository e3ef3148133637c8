"""A day that sent unexpectedly much, for whoever wants to act on it."""

from dataclasses import dataclass
from datetime import datetime

from kaizen.events.detail import Detail

SOURCE = "kaizen.bandwidth"


@dataclass(frozen=True, slots=True)
class BandwidthAnomaly(Detail):
    """Rates are in kB/s (10^3 bytes), whole numbers; `stream` is `*` for all together. Days are UTC dates.

    `days_in_a_row` are the unexpected ones of the same rise until then, `since` is its first day.
    """

    DETAIL_TYPE = "BandwidthAnomaly"

    received_at: datetime
    stream: str
    day: str
    average_kb_s: int
    expected_kb_s: int
    days_in_a_row: int
    since: str = ""
