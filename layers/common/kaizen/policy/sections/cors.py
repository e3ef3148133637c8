"""Pages of other origins that may read phases in a browser. Pure. Section [cors]."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kaizen.policy.named import same_names
from kaizen.policy.reader import Table, many, text

_MOST_ORIGINS = 50
_HOST = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]"
_ORIGIN = re.compile(rf"(https?)://(?:{_HOST})(?::([0-9]{{1,5}}))?")
_USUAL = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class CorsPolicy:
    """`origins` as browsers send them: scheme, host and a port that is not the usual one."""

    origins: tuple[str, ...] = ()


def read(file: Table) -> CorsPolicy:
    if not file.has("cors"):
        return CorsPolicy()
    table = file.table("cors")
    found = CorsPolicy(table.get("origins", many(_origin), ()))
    if len(found.origins) > _MOST_ORIGINS:
        table.fault(f"there are {len(found.origins)}, the most is {_MOST_ORIGINS}", "origins")
    table.close()
    return found


def contradictions(cors: CorsPolicy) -> Iterator[str]:
    """Origins that stand there twice."""
    yield from same_names("cors.origins", cors.origins)


def _origin(value: object) -> str:
    """What no browser would ever send is refused here, or it would never match and nobody would know why."""
    given = text(r"[^\x00-\x1f\x7f]{1,300}", "an origin such as https://app.example.com")(value)
    match = _ORIGIN.fullmatch(given)
    if match is None:
        raise ValueError(
            f"{given[:80]!r} is not an origin such as https://app.example.com: small letters, no path, no *"
        )
    scheme, port = match.groups()
    if port is not None and (port == _USUAL[scheme] or not 0 < int(port) < 65536 or port.startswith("0")):
        raise ValueError(f"{given[:80]!r} has a port that browsers do not send for {scheme}")
    return given
