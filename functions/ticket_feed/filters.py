"""Which events a reader asked for: `component`, `severity` and `state`, each a value or several. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args
from urllib.parse import urlencode

from kaizen.policy import Policy
from kaizen.tickets import FeedItem, State

STATES: tuple[str, ...] = get_args(State)
NAMES = ("component", "severity", "state")
_SHOWN = 60  # characters of a refused value that go back to the caller


class FilterError(Exception):
    """A filter names something that is not there; the message and `allowed` go to the caller."""

    def __init__(self, name: str, value: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{name} {value[:_SHOWN]!r} is none of {', '.join(allowed)}")
        self.allowed = list(allowed)


@dataclass(frozen=True, slots=True)
class Filters:
    """Values in lower case, sorted, each once; empty means all."""

    component: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    state: tuple[str, ...] = ()

    def admits(self, item: FeedItem) -> bool:
        """By the component, severity and state that the ticket had at the event."""
        return all(not wanted or getattr(item, name) in wanted for name in NAMES if (wanted := getattr(self, name)))

    def query(self, **more: str) -> str:
        """The one query string for these filters, names sorted; what is empty is left out."""
        given = {name: ",".join(getattr(self, name)) for name in NAMES} | more
        return urlencode(sorted((name, value) for name, value in given.items() if value), safe=",")


def read_filters(given: Mapping[str, str], policy: Policy) -> Filters:
    """Filters from query parameters: values separated by commas, as the gateway also joins repeated parameters.

    Other parameters are left alone: readers and link trackers add their own. Raises FilterError.
    """
    allowed = {"component": policy.component_names, "severity": policy.severity_names, "state": STATES}
    return Filters(**{name: _values(name, given.get(name, ""), allowed[name]) for name in NAMES})


def _values(name: str, text: str, allowed: Sequence[str]) -> tuple[str, ...]:
    values = {value for part in text.split(",") if (value := part.strip().lower())}
    for value in sorted(values):
        if value not in allowed:
            raise FilterError(name, value, allowed)
    return tuple(sorted(values))
