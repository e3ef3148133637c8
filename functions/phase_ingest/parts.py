"""The function's settings, and its store built from them."""

from dataclasses import dataclass

from kaizen.runtime.clients import Limits, client
from kaizen.runtime.settings import Settings
from phase_ingest.store import IngestStore

# All calls of one post, each tried twice, must leave time for the answer.
_LIMITS = Limits(connect=1, read=3, attempts=2)


@dataclass(frozen=True)
class IngestSettings(Settings):
    phase_table: str
    phase_bucket: str
    phase_queue_url: str
    metrics_table: str
    policy_parameter: str
    producer_token_parameter: str
    phase_help_url: str | None


def store(given: IngestSettings) -> IngestStore:
    return IngestStore(
        s3=client("s3", _LIMITS, presigning=True),
        sqs=client("sqs", _LIMITS),
        dynamodb=client("dynamodb", _LIMITS),
        bucket=given.phase_bucket,
        queue_url=given.phase_queue_url,
        table=given.phase_table,
    )
