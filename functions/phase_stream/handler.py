"""Routes to doors: streams, live frames, the way to history, audits. Schedule -> savings into the counters."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from kaizen.phase import sharing
from kaizen.phase.door import greet, refusal, spoken, version_headers
from kaizen.phase.errors import PhaseFormatError
from kaizen.phase.negotiation import Negotiation, Server
from kaizen.phase.offer import offer
from kaizen.policy.store import current_policy
from kaizen.runtime.bearer import allowed
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import either_function
from kaizen.runtime.http import Event, Response, header, problem, request_id
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import secret
from kaizen.runtime.settings import Settings
from kaizen.times import utc_now
from phase_stream import audits, cells, chunks, frames, summaries
from phase_stream.call import Call, Door
from phase_stream.fold import PARALLEL as FOLDED_AT_ONCE
from phase_stream.fold import Fold
from phase_stream.ledger import BehindError, Ledger, NotCountedError
from phase_stream.request import RequestError
from phase_stream.store import PARALLEL, ExpiredError, PhaseStore, Places

# A viewer asks again every second: give up while there is time to say so, and before PUT_SECONDS are over.
_DYNAMODB = Limits(connect=1, read=2, attempts=2)
_FOLD = Limits(connect=2, read=5, attempts=4, connections=FOLDED_AT_ONCE)
_RESERVE_SECONDS = 10  # for a part of a stretch and its transaction
_S3 = Limits(connect=1, read=3, attempts=2, connections=PARALLEL)
_RETRY_SECONDS = 2

ROUTES: dict[str, Door] = {
    "GET /phase/streams": summaries.listing,
    "GET /phase/streams/{id}": summaries.one,
    "GET /phase/streams/{id}/frames": frames.serve,
    "GET /phase/streams/{id}/levels/{level}/cells": cells.serve,
    "GET /phase/streams/{id}/levels/{level}/chunks": chunks.addresses,
    "GET /phase/streams/{id}/levels/{level}/chunks/{chunk}": chunks.redirect,
    "GET /phase/savings/audit": audits.listing,
    "POST /phase/savings/audit": audits.report,
}
# What all pages report is for those who may read all figures: it takes the metrics token.
PRIVATE = {"GET /phase/savings/audit"}
PREFLIGHT = "OPTIONS /phase/{path+}"  # for all doors of /phase/, those of other functions too


@dataclass(frozen=True)
class StreamSettings(Settings):
    phase_table: str
    phase_bucket: str
    phase_savings_table: str
    metrics_table: str
    metrics_token_parameter: str
    policy_parameter: str
    phase_help_url: str | None


@cache
def settings() -> StreamSettings:
    return StreamSettings.from_env(os.environ)


@cache
def server() -> Server:
    return offer(settings().phase_help_url)


@cache
def store() -> PhaseStore:
    places = Places(settings().phase_table, settings().phase_bucket)
    return PhaseStore(client("dynamodb", _DYNAMODB), client("s3", _S3, presigning=True), places)


@cache
def ledger() -> Ledger:
    return Ledger(
        client("dynamodb", _DYNAMODB), settings().phase_savings_table, lambda: utc_now(), lambda: time.monotonic()
    )


def serve(event: Event, context: Any) -> Response:
    """What a door answers; 400, 401, 404, 406, 409 and 413 name the caller's fault; 503 when AWS does not answer."""
    route = str(event.get("routeKey", ""))
    known = sharing.origins(event, settings().policy_parameter)
    if route == PREFLIGHT:
        return sharing.preflight(event, known)
    met = greet(event, server())
    answer = refusal(met, server()) if not met.safe else guarded(route, event, context, met)
    answer["headers"] |= version_headers(met, server())
    sharing.share(answer, event, () if route in PRIVATE else known)
    told = {name: answer["headers"].get(name) for name in ("phase-resync", "phase-bytes-full", "content-encoding")}
    logger.info("phase request", route=route[:100], status=answer["statusCode"], **told)
    return answer


def fold(_: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Add what was counted since the last run to the counters; raises at the end where a stream could not be folded."""
    given = settings()
    run = Fold(
        client("dynamodb", _FOLD),
        given.phase_savings_table,
        given.metrics_table,
        now=utc_now(),
        in_time=lambda: context.get_remaining_time_in_millis() > _RESERVE_SECONDS * 1000,
        sleep=time.sleep,
    )
    counted = run.run([each.id for each in current_policy(given.policy_parameter).streams])
    logger.info("savings folded", responses=counted)
    return {"responses": counted}


def guarded(route: str, event: Event, context: Any, met: Negotiation) -> Response:
    if route not in ROUTES:
        return problem(404, "Not Found", "there is no such address", routes=list(ROUTES))
    try:
        if route in PRIVATE and not allowed(header(event, "authorization"), secret(settings().metrics_token_parameter)):
            refused = problem(401, "Unauthorized", "send the metrics token as Authorization: Bearer")
            refused["headers"]["www-authenticate"] = 'Bearer realm="audits"'
            return refused
        return ROUTES[route](call(event, context, met))
    except RequestError as error:
        return error.response()
    except ExpiredError as error:
        logger.warning("expired", key=str(error))
        return problem(404, "Not Found", "the stream's newest frames have expired: it has been silent for days")
    except (NotCountedError, BehindError, PhaseFormatError, *FAILURES) as error:
        return unavailable(error, "the stream cannot be read or counted at the moment; try again", _RETRY_SECONDS)


def call(event: Event, context: Any, met: Negotiation) -> Call:
    """Raises SecretError when the policy cannot be read."""
    names = tuple(each.id for each in current_policy(settings().policy_parameter).streams)
    request = request_id(event) or context.aws_request_id
    return Call(event, request, utc_now(), spoken(met, server()), names, store(), ledger())


lambda_handler = either_function(serve, fold)
