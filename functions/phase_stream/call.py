"""A request on its way to a door, with all that doors need. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kaizen.phase.schema import Version
from kaizen.phase.streams import Epoch, Stream
from kaizen.runtime.http import Event, Response
from phase_stream.request import RequestError, path

if TYPE_CHECKING:
    from phase_stream.ledger import Ledger
    from phase_stream.store import PhaseStore


@dataclass(frozen=True, slots=True)
class Call:
    """`names` are the policy's streams, `version` what to write into frames."""

    event: Event
    request_id: str
    now: datetime
    version: Version
    names: tuple[str, ...]
    store: "PhaseStore"
    ledger: "Ledger"

    def name(self) -> str:
        """The stream that the path names. Raises RequestError(404)."""
        name = path(self.event, "id")
        if name not in self.names:
            raise RequestError(404, f"there is no stream {name[:100]!r}", streams=list(self.names))
        return name

    def stream(self) -> Stream:
        """Where that stream stands. Raises RequestError(404)."""
        name = self.name()
        found = self.store.stream(name)
        if found is None:
            raise RequestError(404, f"the stream {name!r} has had no frame yet", streams=list(self.names))
        return found

    def epoch(self, number: int | None, level: int) -> Epoch:
        """An epoch of that stream, the current one if None, which has the level. Raises RequestError(404)."""
        found = self.stream().epoch if number is None else self.store.epoch(self.name(), number)
        if found is None:
            known = [each.epoch for each in self.store.epochs(self.name())]
            raise RequestError(404, f"there is no epoch {number}", epochs=known)
        if level > found.levels:
            raise RequestError(404, f"epoch {found.epoch} has the levels 0 to {found.levels}", levels=found.levels)
        return found


type Door = Callable[[Call], Response]
