"""What was sent to one viewer by the server's count, and received by its browser's. Pure.

The browser's number is the sum of `encodedBodySize` over its requests of frames with this audit's id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Side:
    """Bytes of bodies, and how many bodies."""

    received: int
    responses: int


@dataclass(frozen=True, slots=True)
class Audit:
    """Times are ISO 8601 text; `browser` is None until it reports. `expires_at` is in seconds since 1970."""

    audit: str
    stream: str
    started_at: str
    updated_at: str
    expires_at: int
    server: Side
    saved: int
    browser: Side | None

    @classmethod
    def from_attributes(cls, given: Mapping[str, Any]) -> Self:
        """Of the server's two figures, what is folded and what a report found, the later one: both only grow."""
        audit, _, stream = given["sk"].partition("#")
        names = ("server_bytes", "server_responses", "server_saved_bytes")
        folded: tuple[int, ...] = tuple(given.get(name, 0) for name in names)
        found: tuple[int, ...] = tuple(given.get("found", {}).get(name, 0) for name in names)
        received, responses, saved = max(folded, found, key=lambda each: each[1])
        return cls(
            audit=audit,
            stream=stream,
            started_at=given["started_at"],
            updated_at=max(given.get("served_at", ""), given.get("reported_at", "")),
            expires_at=given["expires_at"],
            server=Side(received, responses),
            saved=saved,
            browser=Side(given["browser_bytes"], given["browser_responses"]) if "browser_bytes" in given else None,
        )

    def document(self) -> dict[str, Any]:
        """`difference_bytes` is what the server sent and the browser did not count; null until it has reported."""
        browser = self.browser
        return {
            "audit": self.audit,
            "stream": self.stream,
            "started_at": self.started_at,
            "updated_at": self.updated_at,
            "server": {
                "bytes": self.server.received,
                "responses": self.server.responses,
                "saved_bytes": self.saved,
            },
            "browser": None if browser is None else {"bytes": browser.received, "responses": browser.responses},
            "difference_bytes": None if browser is None else self.server.received - browser.received,
        }


def newest(audits: Iterable[Audit]) -> Sequence[Audit]:
    """The last changed first."""
    return sorted(audits, key=lambda each: (each.updated_at, each.audit), reverse=True)[:MOST_LISTED]
