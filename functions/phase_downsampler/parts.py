"""The function's settings, and its stores built from them."""

from dataclasses import dataclass

from kaizen.runtime.clients import Limits, client
from kaizen.runtime.settings import Settings
from phase_downsampler.store import READERS, PhaseStore
from phase_downsampler.waiting import Waiting

# A batch of ten shares the function's 60 s.
_LIMITS = Limits(connect=1, read=5, attempts=3, connections=READERS)
# One quick try: a function that is cut off while it postpones loses its report, and all of the batch comes back late.
_POSTPONING = Limits(connect=1, read=2, attempts=1)


@dataclass(frozen=True)
class DownsamplerSettings(Settings):
    phase_table: str
    phase_bucket: str
    phase_queue_url: str
    phase_dead_letter_queue_url: str
    metrics_table: str
    policy_parameter: str


def store(given: DownsamplerSettings) -> PhaseStore:
    return PhaseStore(
        dynamodb=client("dynamodb", _LIMITS),
        s3=client("s3", _LIMITS),
        sqs=client("sqs", _LIMITS),
        table=given.phase_table,
        metrics_table=given.metrics_table,
        bucket=given.phase_bucket,
        dead_letter_queue_url=given.phase_dead_letter_queue_url,
    )


def waiting(given: DownsamplerSettings) -> Waiting:
    return Waiting(client("sqs", _POSTPONING), given.phase_queue_url)
