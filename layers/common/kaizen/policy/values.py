"""The kinds of values in the policy file: lengths, windows, zones, labels. Pure."""

import re
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from kaizen.policy.reader import many, text

_LENGTH = re.compile(r"(?:([0-9]{1,4})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?")
_WINDOW = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_VOLUMES = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
_VOLUME = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?(MB|GB|TB)")
_LONGEST = 10 * 366 * 86400

BITS = (8, 12, 16)  # of a binary angle, as in kaizen.phase.quantise, which needs numpy

NAME = r"[a-z0-9][a-z0-9_-]{0,62}"
name = text(NAME, "a name of small letters, digits, - and _")
address = text(r"/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*", "the path of an SSM parameter, such as /kaizen/slack/team")
channel = text(r"[CGD][A-Z0-9]{2,20}", "a Slack channel id, such as C0123456789")
domain = text(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+", "a domain, such as example.org")
digest = text(r"[0-9a-f]{64}", "a SHA-256 in hex (64 digits)")
label = text(r"[^\x00-\x1f\x7f]{1,100}", "a label of 1 to 100 characters")


def labels(value: Any) -> tuple[str, ...]:
    """Labels in lower case: GitHub holds `Bug` and `bug` for the same label."""
    return tuple(each.lower() for each in many(label)(value))


def length(value: Any) -> int:
    """Seconds of a text such as `30m`, `4h` or `1d12h`."""
    found = _LENGTH.fullmatch(value) if isinstance(value, str) and value else None
    if found is None:
        raise ValueError(f'{value!r} is not a length such as "30m", "4h" or "1d12h"')
    days, hours, minutes = (int(part or 0) for part in found.groups())
    seconds = (days * 24 + hours) * 3600 + minutes * 60
    if not 0 < seconds <= _LONGEST:
        raise ValueError(f"{value!r} is not between one minute and ten years")
    return seconds


def volume(value: Any) -> int:
    """Bytes of a text such as `500 GB` or `1.5 TB`, by powers of a thousand."""
    found = _VOLUME.fullmatch(value) if isinstance(value, str) else None
    if found is None or not float(found[1]):
        raise ValueError(f'{value!r} is not a volume such as "500 GB" or "1.5 TB"')
    return round(float(found[1]) * _VOLUMES[found[2]])


def _window(value: Any) -> tuple[int, int]:
    found = _WINDOW.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f'{value!r} is not a window such as "09:00-12:30"')
    start_hour, start_minute, end_hour, end_minute = map(int, found.groups())
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    if start_minute > 59 or end_minute > 59 or not start < end <= 24 * 60:
        raise ValueError(f"{value!r} does not start before it ends, within 00:00 and 24:00")
    return start, end


def windows(value: Any) -> tuple[tuple[int, int], ...]:
    """(start, end) in minutes after midnight, in order."""
    ordered = tuple(sorted(many(_window)(value)))
    if any(later[0] < earlier[1] for earlier, later in pairwise(ordered)):
        raise ValueError("has windows that overlap")
    return ordered


def zone(value: Any) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, OSError, TypeError, ValueError) as error:
        raise ValueError(f"{value!r} is not an IANA time zone, such as Europe/Berlin") from error
    return str(value)


def day(value: Any) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("is not a date such as 2026-12-25, without quotes")
    return value
