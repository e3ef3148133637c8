"""POST /phase/frames and /phase/uploads -> checked, stored, queued, 202; the only file here that knows Lambda's shapes.

API Gateway itself refuses bodies from about 4.5 MB on, and then offers no upload: who has so much asks for one first.
"""

import os
from dataclasses import asdict
from functools import cache
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from kaizen.metrics.changes import add
from kaizen.metrics.counting import count_if_possible
from kaizen.phase import keys
from kaizen.phase.door import greet, refusal, version_headers
from kaizen.phase.negotiation import Negotiation, Server
from kaizen.phase.offer import offer
from kaizen.policy.store import current_policy
from kaizen.runtime.bearer import allowed
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import http_function
from kaizen.runtime.http import Event, Response, header, problem, reply_json, request_id
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import secret
from kaizen.times import utc_now
from phase_ingest import parts, upload
from phase_ingest.faults import OversizeError, RefusedError
from phase_ingest.incoming import UPLOADS, posted, route, stream_of
from phase_ingest.intake import take
from phase_ingest.known import KnownRows
from phase_ingest.parts import IngestSettings
from phase_ingest.store import IngestStore

_RETRY_SECONDS = 5


@cache
def settings() -> IngestSettings:
    return IngestSettings.from_env(os.environ)


@cache
def store() -> IngestStore:
    return parts.store(settings())


@cache
def known() -> KnownRows:
    return KnownRows(store())


@cache
def server() -> Server:
    return offer(settings().phase_help_url)


@http_function
def lambda_handler(event: Event, context: Any) -> Response:
    """202 or 201; 4xx names the caller's fault, 503 says that AWS did not answer and nothing is acknowledged."""
    met = greet(event, server())
    try:
        answer = respond(event, met)
    except RefusedError as error:
        logger.warning("post refused", status=error.status, reason=error.reason)
        answer = problem(error.status, HTTPStatus(error.status).phrase, str(error), reason=error.reason, **error.more)
        if error.status == 401:
            answer["headers"]["www-authenticate"] = 'Bearer realm="phase producers"'
    except FAILURES as error:
        answer = unavailable(error, "the frames could not be stored; send the same again", _RETRY_SECONDS)
    if answer["statusCode"] >= 400:
        count("phase_posts_refused_total", {"code": str(answer["statusCode"])}, 1, event)
    answer["headers"] |= version_headers(met, server())
    return answer


def respond(event: Event, met: Negotiation) -> Response:
    """The checks in their order: who asks comes before what they ask."""
    wanted = route(event)
    if not allowed(header(event, "authorization"), secret(settings().producer_token_parameter)):
        raise RefusedError(401, "token", "send the producers' token as Authorization: Bearer")
    stream = stream_of(event, [each.id for each in current_policy(settings().policy_parameter).streams])
    if not met.safe:
        return refusal(met, server())
    if wanted == UPLOADS:
        return reply_json(201, upload_offer(event, stream))
    try:
        receipt = take(stream, posted(event, stream, store()), utc_now(), store(), known())
    except OversizeError as error:
        error.more["upload"] = upload_offer(event, stream)
        raise
    logger.info("frames taken", **asdict(receipt))
    count("phase_frames_received_total", {"stream": stream}, receipt.frames, event)
    return reply_json(202, asdict(receipt))


def upload_offer(event: Event, stream: str) -> dict[str, Any]:
    """A new place in the bucket, and how to use it."""
    key = keys.upload(stream, uuid4().hex)
    headers = upload.headers(header(event, "content-type"), header(event, "content-encoding"))
    return upload.offer(stream, key, store().upload_address(key, headers, upload.SECONDS), headers)


def count(metric: str, labels: dict[str, str], amount: int, event: Event) -> None:
    change = add(metric, labels, amount, shard_by=request_id(event))
    count_if_possible(store().dynamodb, settings().metrics_table, [change], utc_now())
