"""SQS batch of presses -> requests for the reaper, or an answer in the thread -> the failed ones go back alone.

`POST /sandboxes/{uid}/busy` -> bearer token of that sandbox -> a request that keeps the reaper away -> until when.
"""

import os
from functools import cache
from typing import Any

from kaizen.events.messages import opened
from kaizen.events.slack import SlackInteraction
from kaizen.metrics.changes import add
from kaizen.metrics.counting import count_if_possible
from kaizen.runtime.again import ONE_TRY, Again
from kaizen.runtime.clients import client
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import each_message, either_function
from kaizen.runtime.http import BodyError, Event, Response, header, problem, raw_body, reply_json
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import secret
from kaizen.times import format_instant, utc_now
from sandbox_actions import busy, parts
from sandbox_actions.parts import LIMITS, ActionSettings
from sandbox_actions.store import RequestStore

_RETRY_SECONDS = 10
_BUSY_PARAMETER = "/kaizen/sandboxes/busy-secret"  # as in the template
_TITLES = {400: "Bad Request", 401: "Unauthorized", 413: "Content Too Large"}


@cache
def settings() -> ActionSettings:
    return ActionSettings.from_env(os.environ)


@cache
def dynamodb() -> Any:
    return client("dynamodb", LIMITS)


def handle(message: dict[str, Any]) -> None:
    """Raises MalformedEventError, and what the stores and Slack raise."""
    _, detail = opened(message)
    result = parts.actions(settings(), dynamodb()).pressed(SlackInteraction.from_detail(detail))
    counted = "taken" if result in ("done", "repeated") else "over" if result in ("over", "expired") else "refused"
    change = add("kaizen_sandbox_presses_total", {"result": counted})
    count_if_possible(dynamodb(), settings().metrics_table, [change], utc_now())
    logger.info("button pressed", result=result)


def again(message: dict[str, Any], error: Exception) -> None:
    """Of two people who press at once, the second waits for seconds."""
    Again(client("sqs", ONE_TRY), settings().sandbox_action_queue_url)(message, error)


def count_beat(result: str) -> None:
    change = add("kaizen_sandbox_beats_total", {"result": result})
    count_if_possible(dynamodb(), settings().metrics_table, [change], utc_now())


def door(event: Event, context: Any) -> Response:
    """200 with until when it is busy by now; 400, 401, 413 name the caller's faults, 503 asks for a repeat."""
    uid = str((event.get("pathParameters") or {}).get("uid", ""))
    try:
        if not busy.may(uid, header(event, "authorization"), secret(settings().busy_secret_parameter)):
            raise busy.BeatError("send the token of this very sandbox as Authorization: Bearer", 401)
        beat = busy.read(uid, raw_body(event), utc_now())
        until = RequestStore(dynamodb(), settings().sandboxes_table).beat(beat)
    except (BodyError, busy.BeatError) as error:
        status = error.status if isinstance(error, busy.BeatError) else 400
        count_beat("refused")
        logger.warning("beat refused", status=status, reason=str(error))
        answer = problem(status, _TITLES[status], str(error))
        answer["headers"] |= {"www-authenticate": 'Bearer realm="sandboxes"'} if status == 401 else {}
        return answer
    except FAILURES as error:
        return unavailable(error, "it could not be put down that the sandbox is busy; send it again", _RETRY_SECONDS)
    count_beat("taken")
    return reply_json(200, {"uid": uid, "busy_until": format_instant(until)})


def token(uid: str) -> str:
    """For the command line: what opens the door for that one sandbox."""
    return busy.token(uid, secret(os.environ.get("BUSY_SECRET_PARAMETER", _BUSY_PARAMETER), fresh=True))


lambda_handler = either_function(door, each_message("press not taken", handle, again))
