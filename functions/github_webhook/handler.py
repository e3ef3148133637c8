"""API Gateway event -> delivery -> bus -> 202; the only file here that knows Lambda's shapes."""

import os
import time
from functools import cache
from typing import Any

from github_webhook import parts
from github_webhook.delivery import RequestError
from github_webhook.intake import Receipt, Request, event_label, receive
from github_webhook.kinds import COUNTED_BY_CONSUMER
from github_webhook.parts import LIMITS, QUICK, WebhookSettings
from github_webhook.verification import Verifier, well_formed
from kaizen.events.bus import Publisher, PublishError
from kaizen.github.signatures import SIGNATURE_HEADER
from kaizen.metrics.changes import add
from kaizen.metrics.counting import count_if_possible
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import http_function
from kaizen.runtime.http import BodyError, Event, Response, header, problem, raw_body, reply_json, request_id
from kaizen.runtime.log import logger
from kaizen.times import utc_now

_RETRY_SECONDS = 30
_TITLES = {400: "Bad Request", 401: "Unauthorized", 413: "Content Too Large", 415: "Unsupported Media Type"}


@cache
def settings() -> WebhookSettings:
    return WebhookSettings.from_env(os.environ)


@cache
def publisher() -> Publisher:
    return parts.publisher(settings())


@cache
def verifier() -> Verifier:
    return parts.verifier(settings(), time.monotonic)


@cache
def _dynamodb(limits: Limits) -> Any:
    return client("dynamodb", limits)


def count(receipt: Receipt, shard_by: str, limits: Limits = LIMITS) -> None:
    """Count a delivery; the tracker counts accepted issues itself, with the ticket that they change."""
    labels = {"event": receipt.event, "result": receipt.result}
    change = add("kaizen_webhook_deliveries_total", labels, shard_by=shard_by)
    count_if_possible(_dynamodb(limits), settings().metrics_table, [change], utc_now())


def count_refused(event: Event) -> None:
    """What has no signature is no delivery of GitHub's: whoever sends a flood of it causes no writes."""
    if well_formed(header(event, SIGNATURE_HEADER)):
        known = event_label(header(event, "x-github-event"))
        count(Receipt("rejected", known, ""), request_id(event), QUICK)


def read_request(event: Event) -> Request:
    return Request(
        body=raw_body(event),
        content_type=header(event, "content-type"),
        signature=header(event, SIGNATURE_HEADER),
        event=header(event, "x-github-event"),
        delivery_id=header(event, "x-github-delivery"),
        hook_id=header(event, "x-github-hook-id"),
    )


@http_function
def lambda_handler(event: Event, context: Any) -> Response:
    """202 with the delivery id; 400, 401, 413, 415 name the caller's fault; 503 when AWS does not answer."""
    try:
        receipt = receive(read_request(event), utc_now(), verifier().signed, lambda each: publisher().publish(each))
    except (BodyError, RequestError) as error:
        status = error.status if isinstance(error, RequestError) else 400
        reason = error.reason if isinstance(error, RequestError) else "base64"
        logger.warning("delivery rejected", status=status, reason=reason)
        count_refused(event)
        return problem(status, _TITLES[status], str(error))
    except (PublishError, *FAILURES) as error:
        # GitHub shows the failed delivery, and it can be redelivered: better than a 202 for an event that is lost.
        return unavailable(error, "the delivery could not be stored; redeliver it", _RETRY_SECONDS)
    logger.append_keys(delivery_id=receipt.delivery_id)
    logger.info("delivery taken", result=receipt.result, github_event=receipt.event, reason=receipt.reason)
    if receipt.result != "accepted" or receipt.event not in COUNTED_BY_CONSUMER:
        count(receipt, receipt.delivery_id)
    return reply_json(202, {"delivery": receipt.delivery_id, "result": receipt.result})
