"""API Gateway event -> interaction -> bus -> 200; the only file here that knows Lambda's shapes."""

import os
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from kaizen.events.bus import Publisher, PublishError
from kaizen.events.slack import SOURCE
from kaizen.metrics.changes import add
from kaizen.metrics.counting import count_if_possible
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import http_function
from kaizen.runtime.http import BodyError, Event, Response, header, problem, raw_body, reply
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import secret
from kaizen.runtime.settings import Settings
from kaizen.slack.requests import SIGNATURE_HEADER, TIMESTAMP_HEADER, RequestVerifier
from kaizen.times import utc_now
from slack_interactions.intake import Request, Result, receive
from slack_interactions.interaction import RequestError

# Slack waits 3 s for all of it, and tells the person then that it did not work.
_LIMITS = Limits(connect=1, read=1, attempts=2)
_RETRY_SECONDS = 10
_TITLES = {400: "Bad Request", 401: "Unauthorized", 413: "Content Too Large", 415: "Unsupported Media Type"}


@dataclass(frozen=True)
class InteractionSettings(Settings):
    event_bus_name: str
    metrics_table: str
    slack_signing_secret_parameter: str
    slack_signing_secret_previous_parameter: str


@cache
def settings() -> InteractionSettings:
    return InteractionSettings.from_env(os.environ)


@cache
def publisher() -> Publisher:
    return Publisher(client("events", _LIMITS), settings().event_bus_name, SOURCE)


@cache
def verifier() -> RequestVerifier:
    names = settings().slack_signing_secret_parameter, settings().slack_signing_secret_previous_parameter
    return RequestVerifier(*names, secret, time.monotonic)


@cache
def _dynamodb() -> Any:
    return client("dynamodb", _LIMITS)


def count(result: Result) -> None:
    change = add("kaizen_slack_interactions_total", {"result": result})
    count_if_possible(_dynamodb(), settings().metrics_table, [change], utc_now())


@http_function
def lambda_handler(event: Event, context: Any) -> Response:
    """200 without a body; 400, 401, 413, 415 name the caller's fault; 503 when AWS does not answer."""
    try:
        signature, stamp = header(event, SIGNATURE_HEADER), header(event, TIMESTAMP_HEADER)
        request = Request(raw_body(event), header(event, "content-type"), stamp, signature)
        found = receive(request, utc_now(), verifier().signed, lambda events: publisher().publish(*events))
    except (BodyError, RequestError) as error:
        status, reason = (error.status, error.reason) if isinstance(error, RequestError) else (400, "base64")
        logger.warning("interaction rejected", status=status, reason=reason)
        count("rejected")
        return problem(status, _TITLES[status], str(error))
    except (PublishError, *FAILURES) as error:
        return unavailable(error, "the interaction could not be stored; press again", _RETRY_SECONDS)
    # Never the value or response_url: whoever has that address can write into the channel.
    logger.info("interaction taken", actions=[each.action_id for each in found])
    count("accepted" if found else "ignored")
    return reply(200)
