"""Which route of an HTTP API answers a request. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class Route:
    """`path` may hold `{name}` for one segment and end in `{name+}` for all that follow; `method` may be ANY."""

    method: str
    path: str
    function: str

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Match:
    route: Route
    parameters: dict[str, str]


def find(routes: Iterable[Route], method: str, path: str) -> Match | None:
    """The most exact route: fixed segments before `{name}` before `{name+}`, a method before ANY.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
    """
    segments = path.split("/")[1:]
    found = [
        (_generality(route), Match(route, parameters))
        for route in routes
        if route.method in (method, "ANY") and (parameters := _parameters(route, segments)) is not None
    ]
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _parameters(route: Route, segments: list[str]) -> dict[str, str] | None:
    given: dict[str, str] = {}
    wanted = route.path.split("/")[1:]
    for index, want in enumerate(wanted):
        if want.endswith("+}"):
            if len(segments) <= index:
                return None
            return given | {want[1:-2]: unquote("/".join(segments[index:]))}
        if index >= len(segments):
            return None
        if want.startswith("{"):
            if not segments[index]:
                return None
            given[want[1:-1]] = unquote(segments[index])
        elif want != segments[index]:
            return None
    return given if len(wanted) == len(segments) else None


def _generality(route: Route) -> tuple[list[int], bool]:
    kinds = [2 if each.endswith("+}") else 1 if each.startswith("{") else 0 for each in route.path.split("/")]
    return kinds, route.method == "ANY"
