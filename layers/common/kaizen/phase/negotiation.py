"""Which schema a client and a server speak together, and who has to do what if they cannot. Pure.

    client's version                       verdict          negotiated       upgrade
    not a version, or a development build  unknown          server's         none: no nagging
    equal to the server's major and minor  compatible       the same         page of another build: reload
    lower, supported                       degraded         client's         features lost or sunset near: see below
    higher minor of the current major      degraded         server's         features lost: server
    below every supported one, or in a gap client_too_old   none             see below
    higher major                           client_too_new   none             server

The one to act on an old client is the client itself; if the client is the server's own page, a reload fetches the
build that fits. A page of the server's present build that still does not fit is the server's to mend, for a reload
brings the same page again.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kaizen.phase.errors import PhaseFormatError
from kaizen.phase.schema import Deprecation, Support, Version, supported


class Verdict(StrEnum):
    COMPATIBLE = "compatible"
    DEGRADED = "degraded"  # they understand each other, and one of them could do more
    CLIENT_TOO_OLD = "client_too_old"
    CLIENT_TOO_NEW = "client_too_new"
    UNKNOWN = "unknown"


class Who(StrEnum):
    """Who must act, and for the page: whether reloading it is enough."""

    CLIENT = "client"
    SERVER = "server"
    RELOAD = "reload"


@dataclass(frozen=True, slots=True)
class Client:
    """What a client says of itself. `build` is the hash of the page's assets; empty if it is not our page."""

    version: str
    features: frozenset[str] = frozenset()
    build: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """What a server offers; `current` is the top of what it supports.

    `build` is the hash of the page's assets that it serves now. `help_url` leads a client's owner to the newer client,
    `command` installs it where one command can. `commit` is the build that answers: it informs, and decides nothing.
    """

    current: Version
    supports: tuple[Support, ...]
    features: frozenset[str] = frozenset()
    build: str = ""
    deprecated: tuple[Deprecation, ...] = ()
    help_url: str = ""
    command: str = ""
    commit: str = ""

    def __post_init__(self) -> None:
        majors = [each.major for each in self.supports]
        if len(set(majors)) != len(majors):
            raise ValueError("a major is supported twice")
        if max(((each.major, each.max) for each in self.supports), default=None) != (
            self.current.major,
            self.current.minor,
        ):
            raise ValueError(f"{self.current} is not the highest supported version")


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The way out, for people: one action. `deadline` is an ISO date, or None."""

    who: Who
    title: str
    steps: tuple[str, ...]
    command: str | None = None
    url: str | None = None
    deadline: str | None = None

    def as_document(self) -> dict[str, Any]:
        return {
            "who": self.who.value,
            "title": self.title,
            "steps": list(self.steps),
            "command": self.command,
            "url": self.url,
            "deadline": self.deadline,
        }


@dataclass(frozen=True, slots=True)
class Negotiation:
    """The outcome. `negotiated` is (major, minor) to speak, or None: then no frame may be sent."""

    verdict: Verdict
    negotiated: tuple[int, int] | None
    both: frozenset[str] = frozenset()
    server_only: frozenset[str] = frozenset()
    client_only: frozenset[str] = frozenset()
    deprecation: Deprecation | None = None
    upgrade: Upgrade | None = field(default=None)

    @property
    def safe(self) -> bool:
        """Whether frames may flow."""
        return self.negotiated is not None

    def as_document(self, server: Server, stream_epoch: int | None) -> dict[str, Any]:
        """The answer of the handshake. Its top-level keys are frozen for ever: clients of any major read them."""
        return {
            "schema": {
                "current": str(server.current),
                "supported": [{"major": s.major, "min": s.min, "max": s.max} for s in server.supports],
                "deprecated": [
                    {"range": f"{d.major}.{d.min}-{d.major}.{d.max}", "sunset": d.sunset.date().isoformat()}
                    for d in server.deprecated
                ],
            },
            "verdict": self.verdict.value,
            "negotiated": None if self.negotiated is None else "{}.{}".format(*self.negotiated),
            "features": {
                "both": sorted(self.both),
                "server_only": sorted(self.server_only),
                "client_only": sorted(self.client_only),
            },
            "stream_epoch": stream_epoch,
            "server_build": server.build,
            "server_commit": server.commit,
            "upgrade": None if self.upgrade is None else self.upgrade.as_document(),
        }


def negotiate(client: Client, server: Server) -> Negotiation:
    """The verdict on a client, by the table above."""
    current = (server.current.major, server.current.minor)
    try:
        version = Version.parse(client.version)
    except PhaseFormatError:
        return _outcome(Verdict.UNKNOWN, current, client, server, None)
    spoken = (version.major, version.minor)
    support = supported(version, server.supports)
    if support is None:
        verdict = Verdict.CLIENT_TOO_OLD if spoken < current else Verdict.CLIENT_TOO_NEW
        return _outcome(verdict, None, client, server, version)
    verdict = Verdict.COMPATIBLE if spoken == current else Verdict.DEGRADED
    return _outcome(verdict, (version.major, min(version.minor, support.max)), client, server, version)


def _outcome(
    verdict: Verdict, negotiated: tuple[int, int] | None, client: Client, server: Server, version: Version | None
) -> Negotiation:
    deprecation = None
    if negotiated is not None and version is not None:
        deprecation = next((each for each in server.deprecated if each.covers(version)), None)
    return Negotiation(
        verdict=verdict,
        negotiated=negotiated,
        both=client.features & server.features,
        server_only=server.features - client.features,
        client_only=client.features - server.features,
        deprecation=deprecation,
        upgrade=None if version is None else _upgrade(verdict, client, server, version, deprecation),
    )


def _upgrade(
    verdict: Verdict, client: Client, server: Server, version: Version, deprecation: Deprecation | None
) -> Upgrade | None:
    who = _who_acts(verdict, client, server, version, deprecation)
    if who is None:
        return None
    deadline = None if deprecation is None else deprecation.sunset.date().isoformat()
    spoken, current = f"{version.major}.{version.minor}", f"{server.current.major}.{server.current.minor}"
    url = server.help_url or None
    if who is Who.RELOAD:
        return Upgrade(who, "A new version of this page is ready", ("Reload the page.",), deadline=deadline)
    if who is Who.CLIENT:
        steps = (f"Install a client that speaks schema {current}.", "Start it again.")
        return Upgrade(
            who,
            f"This client speaks schema {spoken}, the server {current}",
            steps,
            server.command or None,
            url,
            deadline,
        )
    steps = (
        f"Tell the server's operators that schema {spoken} is asked for and {current} is served.",
        "Use a client of the server's version until they have updated it.",
    )
    return Upgrade(who, f"The server speaks schema {current}, not {spoken}", steps, None, url, deadline)


def _who_acts(
    verdict: Verdict, client: Client, server: Server, version: Version, deprecation: Deprecation | None
) -> Who | None:
    is_page = bool(client.build and server.build)
    if is_page and client.build != server.build:
        return Who.RELOAD
    if verdict is Verdict.CLIENT_TOO_NEW:
        return Who.SERVER
    if verdict is Verdict.CLIENT_TOO_OLD:
        return Who.SERVER if is_page else Who.CLIENT
    if verdict is Verdict.COMPATIBLE or is_page:
        return None  # the present page speaks with its server as well as it can
    higher = (version.major, version.minor) > (server.current.major, server.current.minor)
    if higher:
        return Who.SERVER if client.features - server.features else None
    return Who.CLIENT if deprecation is not None or server.features - client.features else None
