"""What was told of a rise, channel by channel, so that each is told on its own and once. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal, Self

from bandwidth_snapshot.names import ALL
from bandwidth_snapshot.rises import Rise

Stage = Literal["", "began", "over"]


@dataclass(frozen=True, slots=True)
class Said:
    """`key` stays when an earlier day turns out to belong to the rise. Days are ISO dates of unexpected ones."""

    key: str
    since: str
    last: str
    streams: tuple[str, ...]
    counted: tuple[str, ...] = ()  # days in the counter of anomalies
    published: tuple[str, ...] = ()  # days on the bus
    slack: Stage = ""
    pager: Stage = ""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        names = {each.name for each in fields(cls)}
        known: dict[str, Any] = {
            name: tuple(each) if isinstance(each, list) else each for name, each in given.items() if name in names
        }
        return cls(**known)

    @property
    def finished(self) -> bool:
        """Whether every channel has been told that it is over."""
        return self.slack == "over" and self.pager != "began" and self.counted == self.published


def matched(
    rises: Sequence[Rise], said: Sequence[Said], names: Mapping[str, Sequence[str]]
) -> list[tuple[Rise | None, Said | None]]:
    """Each rise with what was told of it, if anything; and what was told of rises that the days no longer show.

    They are the same if their days meet and a stream is in both, under any name that it had.
    """
    free = list(said)
    pairs: list[tuple[Rise | None, Said | None]] = []
    for rise in rises:
        streams = {name for each in rise.streams for name in (each, *names.get(each, ()))}
        same = [each for each in free if _meet(rise, each) and (streams & set(each.streams) or rise.total)]
        best = max(same, key=lambda each: (ALL in each.streams, each.last), default=None)
        if best is not None:
            free.remove(best)
        pairs.append((rise, best))
    return pairs + [(None, each) for each in free]


def _meet(rise: Rise, said: Said) -> bool:
    first, last = date.fromisoformat(said.since), date.fromisoformat(said.last)
    return rise.since <= last + timedelta(days=1) and rise.last >= first - timedelta(days=1)
