"""What a run is asked to do. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_REF = re.compile(r"[!-~]{1,200}")
_ASK = (
    'send {} for a run, with "git_ref" and "deployed_ref" (texts) where they are known, and "accept": "missing" where '
    "dashboards that are neither listed nor shown are really deleted"
)


class RequestError(Exception):
    """The event asks for nothing that there is. Permanent: the message says what may be asked."""


@dataclass(frozen=True, slots=True)
class Request:
    """Refs are empty where the event names none."""

    git_ref: str = ""
    deployed_ref: str = ""
    accept: bool = False


def read_request(event: Mapping[str, Any]) -> Request:
    """Raises RequestError."""
    if unknown := sorted(set(event) - {"git_ref", "deployed_ref", "accept"}):
        raise RequestError(f"{unknown[0][:60]!r} is nothing that a run takes; {_ASK}")
    for name in ("git_ref", "deployed_ref"):
        given = event.get(name, "")
        if not isinstance(given, str) or (given and not _REF.fullmatch(given)):
            raise RequestError(f"{name} is no ref; {_ASK}")
    if event.get("accept") not in (None, "missing"):
        raise RequestError(f'accept takes only "missing"; {_ASK}')
    return Request(event.get("git_ref", ""), event.get("deployed_ref", ""), event.get("accept") == "missing")
