"""POST /slack/command -> signature -> command -> answer within Slack's 3 s, or onto a queue when it may take longer.

SQS batch of such commands -> answer to the command's `response_url`, which is open for 30 minutes.
"""

import os
import time
from functools import cache
from typing import Any

from kaizen.metrics.changes import add
from kaizen.metrics.counting import count_if_possible
from kaizen.runtime.clients import client
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import each_message, either_function
from kaizen.runtime.http import BodyError, Event, Response, header, problem, raw_body, reply, reply_json
from kaizen.runtime.log import correlate, logger
from kaizen.runtime.secrets import secret
from kaizen.slack.address import is_loopback
from kaizen.slack.client import Webhook
from kaizen.slack.errors import RefusedError
from kaizen.slack.requests import SIGNATURE_HEADER, TIMESTAMP_HEADER, RequestVerifier
from kaizen.times import utc_now
from slack_commands import later, parts
from slack_commands.desk import Desk
from slack_commands.parts import LIMITS, CommandSettings
from slack_commands.request import Command, RequestError, read_command

_RETRY_SECONDS = 10
_TITLES = {400: "Bad Request", 401: "Unauthorized", 413: "Content Too Large", 415: "Unsupported Media Type"}


@cache
def settings() -> CommandSettings:
    return CommandSettings.from_env(os.environ)


@cache
def verifier() -> RequestVerifier:
    names = settings().slack_signing_secret_parameter, settings().slack_signing_secret_previous_parameter
    return RequestVerifier(*names, secret, time.monotonic)


@cache
def dynamodb() -> Any:
    return client("dynamodb", LIMITS)


def desk() -> Desk:
    return parts.desk(settings(), dynamodb())


def enqueue(command: Command) -> None:
    body = later.written(command)
    client("sqs", LIMITS).send_message(QueueUrl=settings().command_queue_url, MessageBody=body)


def respond(command: Command, answer: dict[str, Any]) -> None:
    Webhook(command.response_url, here=is_loopback(settings().slack_api_url)).respond(answer)


def count(command: str, result: str) -> None:
    change = add("kaizen_slack_commands_total", {"command": command, "result": result})
    count_if_possible(dynamodb(), settings().metrics_table, [change], utc_now())


def door(event: Event, context: Any) -> Response:
    """200 with what Slack is to show; 400, 401, 413, 415 name the caller's fault; 503 when AWS does not answer."""
    try:
        body = raw_body(event)
        if not verifier().signed(body, header(event, TIMESTAMP_HEADER), header(event, SIGNATURE_HEADER), utc_now()):
            raise RequestError(401, "the signature is missing, wrong, or older than five minutes")
        command = read_command(body, header(event, "content-type"))
        if command is None:
            return reply(200)
        if later.may_take_long(command):
            enqueue(command)
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


def follow(message: dict[str, Any]) -> None:
    """Raises LetterError, and what the stores and Slack raise."""
    correlate(message["messageId"])
    command = later.read(message["body"])
    answers, done = desk().answers(command, utc_now())
    try:
        for answer in answers:
            respond(command, answer)
    except RefusedError as error:
        # Half an hour is over, or it was answered before: another try would be refused, too.
        logger.error("command not answered", command=command.verb, code=error.code)
        count(command.verb, "failed")
        return
    logger.info("command answered", command=command.verb, done=done)
    count(command.verb, "done" if done else "refused")


lambda_handler = either_function(door, each_message("command not answered", follow))
