"""The schema version at the doors that frames pass: the same refusal and the same headers at each. Pure.

A client says its version in the header `Phase-Schema` or the parameter `schema`; one that says nothing is served the
current version, for nobody nags about what is not known.
"""

from datetime import UTC
from email.utils import format_datetime

from kaizen.phase.negotiation import Client, Negotiation, Server, negotiate
from kaizen.phase.schema import Version
from kaizen.runtime.http import Event, Response, header, problem, query


def greet(event: Event, server: Server) -> Negotiation:
    """What the client of a request and the server speak together."""
    features = frozenset(filter(None, query(event, "features").split(",")))
    version = query(event, "schema") or header(event, "phase-schema")
    return negotiate(Client(version, features), server)


def spoken(met: Negotiation, server: Server) -> Version:
    """The version to write into frames. Only where frames may flow."""
    assert met.negotiated is not None
    return Version(*met.negotiated, server.current.build)


def refusal(met: Negotiation, server: Server) -> Response:
    """406, with the way out: for a client that understands none of the supported versions."""
    document = met.as_document(server, None)
    spoken = ", ".join(f"{each.major}.{each.min} to {each.major}.{each.max}" for each in server.supports)
    answer = problem(
        406,
        "Schema version not supported",
        f"frames are served in schema {spoken}",
        verdict=document["verdict"],
        supported=document["schema"]["supported"],
        upgrade=document["upgrade"],
    )
    answer["headers"] |= version_headers(met, server)
    return answer


def version_headers(met: Negotiation, server: Server) -> dict[str, str]:
    """`Phase-Schema` for every response, and for a version whose end is known when that is (RFC 9745, RFC 8594)."""
    headers = {"phase-schema": str(server.current), "vary": "Phase-Schema, Accept-Encoding"}
    if met.deprecation is not None:
        headers["deprecation"] = f"@{int(met.deprecation.since.timestamp())}"
        headers["sunset"] = format_datetime(met.deprecation.sunset.astimezone(UTC), usegmt=True)
        if server.help_url:
            headers["link"] = f'<{server.help_url}>; rel="deprecation"'
    return headers
