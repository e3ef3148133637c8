"""SQS FIFO batch -> one transaction per body of frames -> a stream that fails waits from there, the others go on."""

import os
import time
from functools import cache
from typing import Any

from kaizen.metrics.counting import count_if_possible
from kaizen.phase.arrival import Arrival, MalformedArrivalError, correlation
from kaizen.policy import Policy
from kaizen.policy.store import current_policy
from kaizen.runtime.functions import background_function
from kaizen.runtime.log import correlate, logger
from kaizen.times import utc_now
from phase_downsampler import booking, parts
from phase_downsampler.backoff import waits
from phase_downsampler.body import UnusableBodyError
from phase_downsampler.downsampling import Downsampler
from phase_downsampler.parts import DownsamplerSettings
from phase_downsampler.store import PhaseStore
from phase_downsampler.waiting import Waiting

# What a body may take that closes large chunks of every level. One that is begun later would be cut off in its midst.
_ENOUGH_MS = 20_000
_ENOUGH_TO_POSTPONE_MS = 5_000


@cache
def settings() -> DownsamplerSettings:
    return DownsamplerSettings.from_env(os.environ)


@cache
def store() -> PhaseStore:
    return parts.store(settings())


@cache
def waiting() -> Waiting:
    return parts.waiting(settings())


@cache
def downsampler() -> Downsampler:
    return Downsampler(store(), time.sleep)


def take(message: dict[str, Any]) -> None:
    """One message: applied, or buried if nothing will ever cure it."""
    correlate(correlation(message["body"]) or message["messageId"])
    policy = current_policy(settings().policy_parameter)
    arrival = None
    try:
        arrival = Arrival.read(message["body"])
        result = downsampler().apply(arrival, policy, utc_now())
        logger.info("frames taken", stream=arrival.stream, epoch=arrival.epoch, **result.as_log())
    except (MalformedArrivalError, UnusableBodyError) as error:
        logger.error("frames buried", message_id=message["messageId"], fault=str(error), body=message["body"][:1000])
        store().bury(message, str(error))
        if arrival is not None:
            count_buried(arrival, policy)


def count_buried(arrival: Arrival, policy: Policy) -> None:
    """Whatever comes of it: a message that is buried must not come back."""
    frames = arrival.last_seq - arrival.first_seq + 1
    if policy.stream(arrival.stream) is None or frames < 1:  # other names are no labels of ours
        return
    change = booking.dropped(arrival.stream, "malformed", frames)
    count_if_possible(store().dynamodb, settings().metrics_table, [change], utc_now())


@background_function
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Reports the messages that failed, and with them all later ones of their groups: frames build on each other.

    They are tried again after seconds: until then the queue gives out nothing of their groups.
    """
    failed: list[dict[str, Any]] = []
    held: set[str] = set()
    for message in event["Records"]:
        group = message["attributes"]["MessageGroupId"]
        if group not in held and context.get_remaining_time_in_millis() >= _ENOUGH_MS:
            try:
                take(message)
                continue
            except Exception as error:  # noqa: BLE001 - one stream must not fail the others, whatever is wrong with it
                logger.exception("frames not taken", message_id=message["messageId"], error=type(error).__name__)
        held.add(group)
        failed.append(message)
    if failed and context.get_remaining_time_in_millis() >= _ENOUGH_TO_POSTPONE_MS:
        waiting().postpone(waits(failed))
    return {"batchItemFailures": [{"itemIdentifier": message["messageId"]} for message in failed]}
