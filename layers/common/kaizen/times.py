"""Instants as aware UTC datetimes and as ISO 8601 text with a `Z`, whole seconds, sortable as text."""

from datetime import UTC, datetime


def parse_instant(text: str) -> datetime:
    """An aware UTC datetime from ISO 8601 text; raises ValueError for a naive or malformed one."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return instant.astimezone(UTC)


def format_instant(instant: datetime) -> str:
    """Text such as `2026-03-01T09:30:00Z`; parts of a second are dropped."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_now() -> datetime:
    """The wall clock. Only handlers call this; everything below takes `now` as an argument."""
    return datetime.now(UTC)
