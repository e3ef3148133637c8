"""What a run is asked to do: a schedule's whole run, or those of single sandboxes from the queue. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class RequestError(Exception):
    """The event asks for nothing that there is. Permanent: the message says what may be asked."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`uid` is empty for a whole run; `message` is the id of the message that asks, empty for a schedule.

    A `rehearsal` is a dry run, whatever the policy says.
    """

    uid: str = ""
    message: str = ""
    rehearsal: bool = False


def read_event(event: Mapping[str, Any]) -> list[Wanted]:
    """Raises RequestError; a message that cannot be read is a whole run, which does no harm and misses nothing."""
    if "Records" in event:
        return [Wanted(_uid(each.get("body", "")), each["messageId"]) for each in event["Records"]]
    if event.get("do") in ("run", "rehearse"):
        return [Wanted(rehearsal=event["do"] == "rehearse")]
    raise RequestError('send {"do": "run"} or {"do": "rehearse"}')


def _uid(body: str) -> str:
    try:
        found = json.loads(body)["uid"]
    except (ValueError, KeyError, TypeError):
        return ""
    return found if isinstance(found, str) else ""
