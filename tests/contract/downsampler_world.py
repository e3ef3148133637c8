"""The downsampler over AWS in memory: bucket, queues, tables and parameters as the template makes them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from kaizen.phase import keys
from kaizen.phase.arrival import Arrival
from kaizen.phase.coding import compress
from kaizen.phase.streams import Stream, read_stream
from kaizen.policy.store import DEFAULT_FILE
from phase_downsampler import handler
from tests.contract.phase_aws import BUCKET, ENVIRONMENT, POLICY_PARAMETER, TABLE, PhaseAws, forget, mocked
from tests.unit.downsampler.world import NAME, NOW, Producer, theta

if TYPE_CHECKING:
    pass

OTHER = "second"  # a stream beside NAME
_CACHED = (handler.settings, handler.store, handler.waiting, handler.downsampler)
SMALL = "levels = 2\nfactor = 2\nchunk_columns = 64\n"


@dataclass
class Context:
    """Lambda's; `milliseconds` are left at each question, the last number from then on."""

    milliseconds: Sequence[int] = (60_000,)
    asked: int = -1
    function_name: str = "PhaseDownsampler"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:PhaseDownsampler"
    aws_request_id: str = "request"

    def get_remaining_time_in_millis(self) -> int:
        self.asked += 1
        return self.milliseconds[min(self.asked, len(self.milliseconds) - 1)]


def message(body: str, group: str = NAME, number: int = 0) -> dict[str, Any]:
    """A message as Lambda gets it from a FIFO queue."""
    return {
        "messageId": f"message-{number}",
        "receiptHandle": "AQEB",
        "body": body,
        "attributes": {
            "MessageGroupId": group,
            "MessageDeduplicationId": f"{group}-{number}",
            "SequenceNumber": str(18849496460467696128 + number),
            "ApproximateReceiveCount": "1",
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }


def batch(*arrivals: Arrival | str) -> dict[str, Any]:
    """An event of these arrivals, or of bodies that are none, which are of the group NAME."""
    return {
        "Records": [
            message(each, NAME, number) if isinstance(each, str) else message(each.body(), each.stream, number)
            for number, each in enumerate(arrivals)
        ]
    }


class World(PhaseAws):
    """AWS as the function sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.frames = self.queue("PhaseQueue")
        self.dead_letters = self.queue("PhaseDeadLetterQueue")
        self.put_policy(SMALL)

    def put_policy(self, stream: str, names: Sequence[str] = (NAME, OTHER)) -> None:
        """The default policy with other streams."""
        text = DEFAULT_FILE.read_text(encoding="utf-8").partition("[[streams]]")[0]
        text += "".join(f'[[streams]]\nid = "{name}"\n{stream}\n' for name in names)
        self.ssm.put_parameter(Name=POLICY_PARAMETER, Value=text, Type="SecureString", Overwrite=True)

    def post(self, producer: Producer, first: int, last: int) -> Arrival:
        """What phase_ingest leaves of a body."""
        arrival = producer.arrival(first, last)
        self.s3.put_object(Bucket=BUCKET, Key=keys.rows(producer.stream, producer.epoch), Body=producer.config())
        self.s3.put_object(Bucket=BUCKET, Key=arrival.key, Body=compress("zstd", producer.messages(first, last)))
        return arrival

    def call(self, event: Mapping[str, Any], context: Context | None = None) -> list[str]:
        """The ids of the messages that failed."""
        with patch.object(handler, "utc_now", lambda: NOW):
            answer = handler.lambda_handler(dict(event), context or Context())
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def take(self, *arrivals: Arrival | str) -> list[str]:
        return self.call(batch(*arrivals))

    def stream(self, name: str = NAME) -> Stream:
        found = read_stream(self.dynamodb, TABLE, name)
        assert found is not None
        return found

    def buried(self) -> list[Any]:
        """What lies in the dead-letter queue."""
        answer = self.sqs.receive_message(
            QueueUrl=self.dead_letters,
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
            VisibilityTimeout=0,
        )
        return list(answer.get("Messages", []))


def producer(name: str = NAME, frames: int = 300, rows: int = 5, **given: Any) -> Producer:
    return Producer.of(theta(frames, rows), stream=name, dt_us=100_000, **given)


def new_process() -> None:
    """Forget what a new process does not know."""
    forget(*_CACHED)


@contextmanager
def downsampler_world() -> Iterator[World]:
    with mocked(ENVIRONMENT, *_CACHED):
        made = World()
        os.environ["PHASE_QUEUE_URL"] = made.frames
        os.environ["PHASE_DEAD_LETTER_QUEUE_URL"] = made.dead_letters
        yield made
