"""How long a stream that failed waits until it is tried again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MOST_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Wait:
    """A message by the handle of its receipt, and the seconds until the queue gives it out again."""

    receipt: str
    seconds: int


def seconds(receives: int) -> int:
    """2, 4, 8 and so on up to MOST_SECONDS, by how often the message has been received, this time included."""
    return min(MOST_SECONDS, 1 << min(max(receives, 1), 6))  # 6: beyond it the power alone would grow


def waits(failed: Iterable[Mapping[str, Any]]) -> list[Wait]:
    """A wait for each message that failed, in the order of the batch.

    A group waits as its first message does: the queue holds back a group as long as one of it is held back.
    """
    groups: dict[str, int] = {}
    found = []
    for message in failed:
        given = message["attributes"]
        wait = groups.setdefault(given["MessageGroupId"], seconds(int(given["ApproximateReceiveCount"])))
        found.append(Wait(message["receiptHandle"], wait))
    return found
