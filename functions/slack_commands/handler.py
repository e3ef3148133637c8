"""POST /slack/command -> signature -> command -> answer within Slack's 3 s; the only file here that knows Lambda."""

import os
import time
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from kaizen.digest.canaries import read_late
from kaizen.metrics.changes import add
from kaizen.metrics.counting import count_if_possible
from kaizen.mttr_store import read_windows
from kaizen.policy.store import current_policy
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import http_function
from kaizen.runtime.http import BodyError, Event, Response, header, problem, raw_body, reply, reply_json
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import secret
from kaizen.runtime.settings import Settings
from kaizen.slack.requests import SIGNATURE_HEADER, TIMESTAMP_HEADER, RequestVerifier
from kaizen.tickets import open_tickets
from kaizen.times import utc_now
from slack_commands.desk import Desk
from slack_commands.request import RequestError, read_command
from slack_commands.store import ChannelSubscriptions

# Slack waits 3 s for all of it, and tells the person then that it did not work.
_LIMITS = Limits(connect=1, read=1, attempts=2)
_RETRY_SECONDS = 10
_TITLES = {400: "Bad Request", 401: "Unauthorized", 413: "Content Too Large", 415: "Unsupported Media Type"}


@dataclass(frozen=True)
class CommandSettings(Settings):
    tickets_table: str
    metrics_table: str
    slack_table: str
    policy_parameter: str
    slack_signing_secret_parameter: str
    slack_signing_secret_previous_parameter: str


@cache
def settings() -> CommandSettings:
    return CommandSettings.from_env(os.environ)


@cache
def verifier() -> RequestVerifier:
    names = settings().slack_signing_secret_parameter, settings().slack_signing_secret_previous_parameter
    return RequestVerifier(*names, secret, time.monotonic)


@cache
def dynamodb() -> Any:
    return client("dynamodb", _LIMITS)


def desk() -> Desk:
    given = settings()
    return Desk(
        ChannelSubscriptions(dynamodb(), given.slack_table),
        tickets=lambda: open_tickets(dynamodb(), given.tickets_table)[0],
        windows=partial(read_windows, dynamodb(), given.metrics_table),
        policy=partial(current_policy, given.policy_parameter),
        canaries=partial(read_late, dynamodb(), given.metrics_table),
    )


def count(command: str, result: str) -> None:
    change = add("kaizen_slack_commands_total", {"command": command, "result": result})
    count_if_possible(dynamodb(), settings().metrics_table, [change], utc_now())


@http_function
def lambda_handler(event: Event, context: Any) -> Response:
    """200 with what Slack is to show; 400, 401, 413, 415 name the caller's fault; 503 when AWS does not answer."""
    try:
        body = raw_body(event)
        if not verifier().signed(body, header(event, TIMESTAMP_HEADER), header(event, SIGNATURE_HEADER), utc_now()):
            raise RequestError(401, "the signature is missing, wrong, or older than five minutes")
        command = read_command(body, header(event, "content-type"))
        if command is None:
            return reply(200)
        answer, done = desk().answer(command, utc_now())
    except (BodyError, RequestError) as error:
        status = error.status if isinstance(error, RequestError) else 400
        logger.warning("command rejected", status=status, reason=str(error))
        count("other", "rejected")
        return problem(status, _TITLES[status], str(error))
    except FAILURES as error:
        return unavailable(error, "Kaizen could not read its tables; try again", _RETRY_SECONDS)
    logger.info("command answered", command=command.verb, done=done)
    count(command.verb, "done" if done else "refused")
    return reply_json(200, answer)
