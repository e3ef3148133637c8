"""Which exposition format a scraper gets: text 0.0.4, or OpenMetrics 1.0 where it is asked for. Pure.

Not prometheus_client's choose_encoder: in 0.26 it ignores weights, promises whatever version it is asked for, and
raises on a version that is no number.
"""

from dataclasses import dataclass
from functools import partial

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics

_OPENMETRICS, _OPENMETRICS_VERSION = "application/openmetrics-text", "1.0.0"
_TEXT, _TEXT_VERSION = "text/plain", "0.0.4"
# Our names need no escaping; said so, the encoders do not look at each letter of each sample's name.
_as_text = partial(generate_latest, escaping=openmetrics.ALLOWUTF8)
_as_openmetrics = partial(openmetrics.generate_latest, escaping=openmetrics.ALLOWUTF8)


@dataclass(frozen=True, slots=True)
class _Range:
    """One media range of an Accept header; `weight` from 0 (not this) to 1."""

    media: str
    version: str
    weight: float


def encoded(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """The registry's exposition and its content type."""
    if wants_openmetrics(accept):
        return _as_openmetrics(registry), openmetrics.CONTENT_TYPE_LATEST
    return _as_text(registry), CONTENT_TYPE_PLAIN_0_0_4


def wants_openmetrics(accept: str) -> bool:
    """Whether OpenMetrics is named and weighs no less than text.

    Anything else gets text, an Accept header that excludes both included: a scraper can still use it.
    """
    ranges = [_range(part) for part in accept.lower().split(",")]
    weight = _weight(ranges, _OPENMETRICS, _OPENMETRICS_VERSION)
    return weight > 0 and weight >= _weight(ranges, _TEXT, _TEXT_VERSION)


def _weight(ranges: list[_Range], media: str, version: str) -> float:
    weights = [each.weight for each in ranges if each.media == media and each.version in ("", version)]
    return max(weights, default=0.0)


def _range(text: str) -> _Range:
    media, *parameters = (piece.strip() for piece in text.split(";"))
    given = dict(_parameter(each) for each in parameters)
    try:
        weight = min(max(float(given.get("q", "1")), 0.0), 1.0)
    except ValueError:
        weight = 0.0
    return _Range(media, given.get("version", ""), weight)


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip().strip('"')
