"""All foreign services behind one port: requests go to the service with the longest fitting prefix."""

import html
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from local.doors.servers import Handler, Server, bind
from local.html import page
from local.outside import SERVICES
from local.outside.service import Neighbour, Prepared, Reply, Request, Service

CONTROL = "/control/"
_PAGE = (("content-type", "text/html; charset=utf-8"),)
_REFRESH_SECONDS = 60


class World:
    """The services by their names; `world["slack"]` is one of them, `world.of(Slack)` the same with its own type."""

    def __init__(self, services: Mapping[str, Callable[[], Service]] = SERVICES) -> None:
        """Raises ValueError when two services claim the same prefix."""
        self.services: dict[str, Service] = {name: build() for name, build in services.items()}
        self._prefixes: list[tuple[str, Service]] = []
        for name, service in self.services.items():
            for prefix in service.prefixes:
                if prefix in dict(self._prefixes):
                    raise ValueError(f"the service {name} claims {prefix}, which another one has")
                self._prefixes.append((prefix, service))
        self._prefixes.sort(key=lambda pair: -len(pair[0]))

    def __getitem__(self, name: str) -> Service:
        return self.services[name]

    def of[S](self, kind: type[S]) -> S:
        """The one service of a class. Raises KeyError when there is none."""
        for service in self.services.values():
            if isinstance(service, kind):
                return cast(S, service)
        raise KeyError(kind.__name__)

    def answer(self, request: Request) -> Reply:
        """The overview, an order for a service by its name, or whatever the service with the longest prefix says."""
        if request.path == "/":
            return Reply(200, self._overview(), _PAGE)
        if request.path.startswith(CONTROL):
            named = self.services.get(request.path.removeprefix(CONTROL).partition("/")[0])
            if named is not None:
                return named.answer(request)
        for prefix, service in self._prefixes:
            if request.path.startswith(prefix):
                return service.answer(request)
        return Reply(404, "there is no such service here")

    def parameters(self, address: str) -> dict[str, str]:
        """Values of template parameters that lead to the services."""
        return {name: value for each in self.services.values() for name, value in each.parameters(address).items()}

    def secrets(self, address: str, parameters: Mapping[str, str]) -> dict[str, str]:
        """SSM parameters that the services know, by their names."""
        return {
            name: value for each in self.services.values() for name, value in each.secrets(address, parameters).items()
        }

    def prepare(self, client: Callable[[str], Any], parameters: Mapping[str, str]) -> None:
        """Let services make what they need in AWS; `client` gives a boto3 client by the name of an AWS service."""
        for service in self.services.values():
            if isinstance(service, Prepared):
                service.prepare(client, parameters)

    def meet(self, api: str) -> None:
        """Tell services that call the app's doors where those are."""
        for service in self.services.values():
            if isinstance(service, Neighbour):
                service.meet(api)

    def links(self, address: str) -> list[tuple[str, str]]:
        """Addresses of the services' pages, with words."""
        return [(address + path, words) for each in self.services.values() for path, words in each.links]

    def _overview(self) -> str:
        shown = "".join(_card(name, service) for name, service in self.services.items())
        about = '<p class="soft">Doubles of the services that we talk to. They refuse what the real ones refuse.</p>'
        return page("Outside world", f"<h1>Outside world</h1>{about}{shown}", refresh=_REFRESH_SECONDS)


def _card(name: str, service: Service) -> str:
    links = "".join(f'<a href="{html.escape(path)}">{html.escape(words)}</a>' for path, words in service.links)
    paths = ", ".join(f"<code>{html.escape(prefix)}</code>" for prefix in service.prefixes)
    return f'<article><h2>{html.escape(name)}</h2><nav>{links}</nav><p class="soft">Answers {paths}</p></article>'


def serve(port: int, world: World) -> Server:
    """A server bound to the loopback port, not yet serving. Raises LocalError when the port is taken."""
    return bind(port, Outside, world=world)


class Outside(Handler):
    world: World

    def _serve(self) -> None:
        body = self.body()
        if body is None:
            return
        address = urlsplit(self.path)
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
        reply = self.world.answer(Request(self.command, address.path, address.query, headers, body))
        content = reply.body.encode() if isinstance(reply.body, str) else reply.body
        given = list(reply.headers)
        if all(name.lower() != "content-type" for name, _ in given):
            given.append(("content-type", "text/plain; charset=utf-8"))
        self.answer(reply.status, given, content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815
