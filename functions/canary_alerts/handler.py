"""POST /alerts -> bearer token -> one message in the monitor's queue for each alert -> 202."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from canary_alerts.notification import NotificationError, read_notification
from kaizen.events.canary import CanaryAlert
from kaizen.events.detail import correlated
from kaizen.runtime.bearer import allowed
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import http_function
from kaizen.runtime.http import BodyError, Event, Response, header, problem, raw_body, reply_json, request_id
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import secret
from kaizen.runtime.settings import Settings
from kaizen.times import utc_now

_LIMITS = Limits(connect=1, read=3, attempts=2)
_RETRY_SECONDS = 10
_TITLES = {400: "Bad Request", 413: "Content Too Large"}


@dataclass(frozen=True)
class AlertSettings(Settings):
    canary_queue_url: str
    alerts_token_parameter: str


@cache
def settings() -> AlertSettings:
    return AlertSettings.from_env(os.environ)


@cache
def sqs() -> Any:
    return client("sqs", _LIMITS)


def send(alerts: Sequence[CanaryAlert], request: str) -> None:
    """Repeated when the caller repeats the request, which does no harm. Raises BotoCoreError or ClientError."""
    for alert in alerts:
        body = {"detail-type": CanaryAlert.DETAIL_TYPE, "detail": correlated(alert.detail(), request)}
        sqs().send_message(QueueUrl=settings().canary_queue_url, MessageBody=json.dumps(body))


@http_function
def lambda_handler(event: Event, context: Any) -> Response:
    """202 once the queue has every alert; 400, 401, 413 name the caller's fault; 503 makes Alertmanager try again."""
    try:
        if not allowed(header(event, "authorization"), secret(settings().alerts_token_parameter)):
            logger.warning("alerts refused")
            refusal = problem(401, "Unauthorized", "send the alerts token as Authorization: Bearer")
            refusal["headers"]["www-authenticate"] = 'Bearer realm="alerts"'
            return refusal
        alerts = read_notification(raw_body(event), utc_now())
        send(alerts, request_id(event))
    except (BodyError, NotificationError) as error:
        status = error.status if isinstance(error, NotificationError) else 400
        logger.warning("notification rejected", status=status, reason=str(error))
        return problem(status, _TITLES[status], str(error))
    except FAILURES as error:
        return unavailable(error, "the alerts could not be stored; send them again", _RETRY_SECONDS)
    logger.info("alerts taken", number=len(alerts))
    return reply_json(202, {"taken": len(alerts)})
