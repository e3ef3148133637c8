"""GET or POST /phase/handshake -> the verdict on a client; the only file here that knows Lambda's shapes."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaizen.metrics.changes import add
from kaizen.metrics.counting import count_if_possible
from kaizen.phase import sharing
from kaizen.phase.door import version_headers
from kaizen.phase.negotiation import Client, Server, negotiate
from kaizen.phase.offer import offer
from kaizen.phase.page import read_page
from kaizen.phase.streams import read_stream
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import http_function
from kaizen.runtime.http import Event, Response, problem, reply_json, request_id
from kaizen.runtime.log import logger
from kaizen.runtime.settings import Settings
from kaizen.times import utc_now
from schema_handshake.request import RequestError, read_request

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Two calls, each of them tried twice, and a policy that is read for pages of other origins end before the function's
# twenty seconds do: a count that hangs fails nothing.
_LIMITS = Limits(connect=1, read=1, attempts=2)
_RETRY_SECONDS = 5


@dataclass(frozen=True)
class HandshakeSettings(Settings):
    phase_table: str
    metrics_table: str
    policy_parameter: str
    phase_help_url: str | None
    build_hash: str | None = None


@cache
def settings() -> HandshakeSettings:
    return HandshakeSettings.from_env(os.environ)


@cache
def dynamodb() -> "DynamoDBClient":
    return client("dynamodb", _LIMITS)


@cache
def server() -> Server:
    """With the build of the page that is deployed beside it, so that an older page is told to reload."""
    return offer(settings().phase_help_url, read_page(Path(__file__).parents[1]).build, settings().build_hash)


@http_function
def lambda_handler(event: Event, context: Any) -> Response:
    """200 with a verdict on any client; 400 for what cannot be read; 503 when the stream's epoch cannot be."""
    met = negotiate(Client(""), server())  # until it has said who it is
    try:
        asked = read_request(event)
        met = negotiate(asked.client, server())
        answer = reply_json(200, met.as_document(server(), epoch(asked.stream)))
        logger.info("handshake", verdict=met.verdict.value, client=ascii(asked.client.version))
        change = add("phase_handshakes_total", {"verdict": met.verdict.value}, shard_by=request_id(event))
        count_if_possible(dynamodb(), settings().metrics_table, [change], utc_now())
    except RequestError as error:
        answer = problem(400, "Bad Request", str(error))
    except FAILURES as error:
        # A verdict without the epoch would pass for that of a stream without frames.
        answer = unavailable(error, "the stream's epoch cannot be read at the moment; try again", _RETRY_SECONDS)
    answer["headers"] |= version_headers(met, server())
    sharing.share(answer, event, sharing.origins(event, settings().policy_parameter))
    return answer


def epoch(stream: str) -> int | None:
    """A stream's current epoch; None if none is asked for, or the stream has had no frame."""
    found = read_stream(dynamodb(), settings().phase_table, stream) if stream else None
    return None if found is None else found.epoch.epoch
