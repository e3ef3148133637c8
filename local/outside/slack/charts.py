"""What Slack refuses in a chart. Pure.

https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MAX_CHARTS, MAX_SERIES, MAX_POINTS, MAX_SEGMENTS = 2, 6, 20, 6
MAX_TITLE, MAX_AXIS, MAX_LABEL = 50, 50, 20
KIND = "data_visualization"


def too_many_charts(blocks: Sequence[Any], most: int) -> list[str]:
    """A workspace that does not have the block yet takes none."""
    places = [place for place, block in enumerate(blocks) if isinstance(block, dict) and block.get("type") == KIND]
    if not most:
        return [f"unsupported type [/blocks/{place}/type]" for place in places]
    return [f"no more than {most} charts allowed [/blocks]"] if len(places) > most else []


def chart_faults(place: str, block: Mapping[str, Any]) -> Iterator[str]:
    yield from _text(f"{place}/title", block.get("title"), MAX_TITLE)
    given = block.get("chart")
    chart: dict[str, Any] = given if isinstance(given, dict) else {}
    match chart.get("type"):
        case "pie":
            yield from _keys(f"{place}/chart", chart, {"type", "segments"})
            yield from _segments(f"{place}/chart/segments", chart.get("segments"))
        case "line" | "bar" | "area":
            yield from _keys(f"{place}/chart", chart, {"type", "series", "axis_config"})
            yield from _axes(f"{place}/chart", chart)
        case _:
            yield f"must be a pie, bar, area or line chart [{place}/chart]"


def _segments(place: str, segments: Any) -> Iterator[str]:
    if not isinstance(segments, list) or not 1 <= len(segments) <= MAX_SEGMENTS:
        yield f"must be 1 to {MAX_SEGMENTS} segments [{place}]"
        return
    for index, segment in enumerate(segments):
        yield from _point(f"{place}/{index}", segment)
        if isinstance(segment, dict) and _is_number(segment.get("value")) and segment["value"] <= 0:
            yield f"must be greater than 0 [{place}/{index}/value]"


def _axes(place: str, chart: Mapping[str, Any]) -> Iterator[str]:
    axes, series = chart.get("axis_config"), chart.get("series")
    categories = axes.get("categories") if isinstance(axes, dict) else None
    if not isinstance(axes, dict) or not isinstance(categories, list) or not 1 <= len(categories) <= MAX_POINTS:
        yield f"must be 1 to {MAX_POINTS} categories [{place}/axis_config/categories]"
        return
    yield from _keys(f"{place}/axis_config", axes, {"categories", "x_label", "y_label"})
    for index, each in enumerate(categories):
        yield from _text(f"{place}/axis_config/categories/{index}", each, MAX_LABEL)
    if len(set(map(str, categories))) < len(categories):
        yield f"categories must differ [{place}/axis_config/categories]"
    for name in ("x_label", "y_label"):
        if name in axes:
            yield from _text(f"{place}/axis_config/{name}", axes[name], MAX_AXIS)
    if not isinstance(series, list) or not 1 <= len(series) <= MAX_SERIES:
        yield f"must be 1 to {MAX_SERIES} series [{place}/series]"
        return
    for index, each in enumerate(series):
        yield from _series(f"{place}/series/{index}", each, categories)
    names = [each.get("name") for each in series if isinstance(each, dict)]
    if len(set(map(str, names))) < len(names):
        yield f"names of series must differ [{place}/series]"


def _series(place: str, series: Any, categories: Sequence[Any]) -> Iterator[str]:
    if not isinstance(series, dict) or not isinstance(series.get("data"), list):
        yield f"must be a name and data [{place}]"
        return
    yield from _keys(place, series, {"name", "data"})
    yield from _text(f"{place}/name", series.get("name"), MAX_LABEL)
    for index, each in enumerate(series["data"]):
        yield from _point(f"{place}/data/{index}", each)
    labels = [each.get("label") for each in series["data"] if isinstance(each, dict)]
    if sorted(map(str, labels)) != sorted(map(str, categories)):
        yield f"must have one point for each category [{place}/data]"


def _point(place: str, point: Any) -> Iterator[str]:
    if not isinstance(point, dict):
        yield f"must be a label and a value [{place}]"
        return
    yield from _keys(place, point, {"label", "value"})
    yield from _text(f"{place}/label", point.get("label"), MAX_LABEL)
    if not _is_number(point.get("value")):
        yield f"must be a number [{place}/value]"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _text(place: str, value: Any, limit: int) -> Iterator[str]:
    if not isinstance(value, str) or not value:
        yield f"must be more than 0 characters [{place}]"
    elif len(value) > limit:
        yield f"must be less than {limit + 1} characters [{place}]"


def _keys(place: str, given: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    for key in sorted(given.keys() - known):
        yield f"no additional property {key} allowed [{place}]"
