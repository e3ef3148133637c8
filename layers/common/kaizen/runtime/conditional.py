"""Conditional requests, as RFC 9110 has them. Pure."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

_ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\uffff]*")')


def http_date(instant: datetime) -> str:
    """Such as `Sun, 01 Mar 2026 09:30:00 GMT`."""
    return format_datetime(instant.astimezone(UTC), usegmt=True)


def not_modified(if_none_match: str, if_modified_since: str, etag: str, last_modified: datetime | None) -> bool:
    """Whether the reader already has this representation.

    `etag` with its quotes; headers that are missing are empty. If-None-Match decides alone when it is there (section
    13.2.2), by weak comparison; a date that cannot be read counts as missing.
    """
    if if_none_match:
        return if_none_match.strip() == "*" or etag in _ENTITY_TAG.findall(if_none_match)
    since = _date(if_modified_since)
    return last_modified is not None and since is not None and last_modified.replace(microsecond=0) <= since


def _date(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)  # `-0000` and asctime dates are UTC
