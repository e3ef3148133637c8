"""The parts of the doors and of the fold, built from the function's settings."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kaizen.runtime.clients import Limits, client
from kaizen.runtime.settings import Settings
from phase_stream.fold import PARALLEL as FOLDED_AT_ONCE
from phase_stream.fold import Fold
from phase_stream.ledger import Ledger
from phase_stream.store import PARALLEL, PhaseStore, Places

# A viewer asks again every second: give up while there is time to say so, and before PUT_SECONDS are over.
_DYNAMODB = Limits(connect=1, read=2, attempts=2)
_FOLD = Limits(connect=2, read=5, attempts=4, connections=FOLDED_AT_ONCE)
_S3 = Limits(connect=1, read=3, attempts=2, connections=PARALLEL)
_RESERVE_SECONDS = 10  # for a part of a stretch and its transaction


@dataclass(frozen=True)
class StreamSettings(Settings):
    phase_table: str
    phase_bucket: str
    phase_savings_table: str
    metrics_table: str
    metrics_token_parameter: str
    policy_parameter: str
    phase_help_url: str | None


def store(given: StreamSettings) -> PhaseStore:
    places = Places(given.phase_table, given.phase_bucket)
    return PhaseStore(client("dynamodb", _DYNAMODB), client("s3", _S3, presigning=True), places)


def ledger(given: StreamSettings, now: Callable[[], datetime], watch: Callable[[], float]) -> Ledger:
    return Ledger(client("dynamodb", _DYNAMODB), given.phase_savings_table, now, watch)


def folding(given: StreamSettings, now: datetime, left: Callable[[], int], sleep: Callable[[float], None]) -> Fold:
    """`left` are the milliseconds that the function still has."""
    return Fold(
        client("dynamodb", _FOLD),
        given.phase_savings_table,
        given.metrics_table,
        now=now,
        in_time=lambda: left() > _RESERVE_SECONDS * 1000,
        sleep=sleep,
    )
