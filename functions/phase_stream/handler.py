"""Routes to doors: streams, live frames, the way to history, audits. Schedule -> savings into the counters."""

import os
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from kaizen.phase import sharing
from kaizen.phase.door import greet, refusal, spoken, version_headers
from kaizen.phase.errors import PhaseFormatError
from kaizen.phase.negotiation import Negotiation, Server
from kaizen.phase.offer import offer
from kaizen.policy.store import current_policy
from kaizen.runtime.bearer import allowed
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import either_function
from kaizen.runtime.http import Event, Response, header, problem, request_id
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import secret
from kaizen.times import utc_now
from phase_stream import parts
from phase_stream.call import Call
from phase_stream.ledger import BehindError, Ledger, NotCountedError
from phase_stream.parts import StreamSettings
from phase_stream.request import RequestError
from phase_stream.routes import PREFLIGHT, PRIVATE, ROUTES
from phase_stream.store import ExpiredError, PhaseStore

_RETRY_SECONDS = 2


@cache
def settings() -> StreamSettings:
    return StreamSettings.from_env(os.environ)


@cache
def server() -> Server:
    return offer(settings().phase_help_url)


@cache
def store() -> PhaseStore:
    return parts.store(settings())


@cache
def ledger() -> Ledger:
    return parts.ledger(settings(), lambda: utc_now(), lambda: time.monotonic())


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
    run = parts.folding(given, utc_now(), context.get_remaining_time_in_millis, time.sleep)
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
