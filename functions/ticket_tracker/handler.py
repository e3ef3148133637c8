"""SQS batch -> one transaction per delivery -> the failed ones go back alone."""

import os
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from kaizen.events.bus import Publisher
from kaizen.events.ticket import SOURCE
from kaizen.policy.store import current_policy
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.functions import background_function
from kaizen.runtime.log import logger
from kaizen.runtime.settings import Settings
from kaizen.times import utc_now
from ticket_tracker.message import read_event
from ticket_tracker.store import TicketStore
from ticket_tracker.telling import changed
from ticket_tracker.tracking import track

# A call takes 7 s at the very most: two attempts of 3 s, and up to a second between them.
_LIMITS = Limits(connect=1, read=2, attempts=2)
# One delivery at its slowest: it is read, written, found to be a duplicate that is counted, and told of on the bus.
_ENOUGH_MS = 28_000


@dataclass(frozen=True)
class TrackerSettings(Settings):
    event_bus_name: str
    tickets_table: str
    metrics_table: str
    policy_parameter: str


@cache
def settings() -> TrackerSettings:
    return TrackerSettings.from_env(os.environ)


@cache
def store() -> TicketStore:
    return TicketStore(client("dynamodb", _LIMITS), settings().tickets_table, settings().metrics_table)


@cache
def publisher() -> Publisher:
    return Publisher(client("events", _LIMITS), settings().event_bus_name, SOURCE)


class OutOfTimeError(Exception):
    """What is left of the invocation may not be enough: the delivery goes back as it came."""


def need_time(context: Any) -> None:
    """Raises OutOfTimeError rather than being cut off in the midst, which would fail the whole batch."""
    if context.get_remaining_time_in_millis() < _ENOUGH_MS:
        raise OutOfTimeError(f"fewer than {_ENOUGH_MS} ms are left")


def apply(message: dict[str, Any], context: Any) -> None:
    delivery = read_event(message)
    policy = current_policy(settings().policy_parameter)
    need_time(context)

    def pause(seconds: float) -> None:  # after which the delivery is read and written anew
        time.sleep(seconds)
        need_time(context)

    result = track(delivery, store(), policy, utc_now(), pause)
    publisher().publish(changed(delivery))
    log = logger.warning if result == "altered" else logger.info
    log("delivery applied", result=result, delivery_id=delivery.delivery_id, action=delivery.action)


@background_function
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Reports the messages that failed; the queue tries them again and moves them to its dead-letter queue.

    What there is no time for goes back untouched, and that counts as a try of the queue's. So the queue gives one
    message at a time (BatchSize): only what is worked on can fail, and no neighbour pays for a slow store.
    """
    failed = []
    for message in event["Records"]:
        try:
            apply(message, context)
        except OutOfTimeError as error:
            logger.warning("delivery put back", message_id=message["messageId"], reason=str(error))
            failed.append({"itemIdentifier": message["messageId"]})
        except Exception as error:  # noqa: BLE001 - one message must not fail its neighbours, whatever is wrong with it
            logger.exception("delivery not applied", message_id=message["messageId"], error=type(error).__name__)
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}
