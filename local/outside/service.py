"""What a double of a foreign service is to the stack: paths it answers, settings that lead to it, secrets it knows.

A double refuses what the real service refuses; it is built from documented shapes and limits, not from our calls.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names are in lower case, `query` is as it came, without its question mark."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; text is sent as UTF-8."""

    status: int
    body: str | bytes = ""
    headers: tuple[tuple[str, str], ...] = ()


class Service(Protocol):
    """`prefixes` are the beginnings of the paths that it answers; the longest one of all services wins.

    `links` are pairs of path and words for the start page. Both are constants of the class. Besides its prefixes it is
    asked for `/control/<its name in the registry>`, and for any path below.
    """

    @property
    def prefixes(self) -> tuple[str, ...]: ...

    @property
    def links(self) -> tuple[tuple[str, str], ...]: ...

    def parameters(self, address: str) -> Mapping[str, str]:
        """Values of template parameters that lead to it; `address` is where the outside world listens."""
        ...

    def secrets(self, address: str, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """SSM parameters to create, by their names; `parameters` are all of the template's."""
        ...

    def answer(self, request: Request) -> Reply:
        """May be called by several threads at once."""
        ...


@runtime_checkable
class Neighbour(Protocol):
    """A service that calls the app's doors, as people press its buttons."""

    def meet(self, api: str) -> None:
        """`api` is the address of the app's doors."""
        ...


@runtime_checkable
class Prepared(Protocol):
    """A service that also needs something in AWS before functions start, such as a key that it knows the half of."""

    def prepare(self, client: Callable[[str], Any], parameters: Mapping[str, str]) -> None:
        """`client` gives a boto3 client by the name of an AWS service; `parameters` are all of the template's."""
        ...
