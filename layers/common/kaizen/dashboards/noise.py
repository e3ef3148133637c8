"""The table of differences that mean nothing: Grafana writes them by itself when somebody only saves. Pure.

A value that Grafana takes for granted is as good as none: added or removed, it is noise; changed from or to another
value, it is a change.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from kaizen.dashboards.model import Json
from kaizen.dashboards.sentences import MISSING

DEFAULT, EMPTY, EDITOR, FORMAT, MIGRATED = "default values", "empty values", "editor state", "writing", "migration"
RENUMBERED, SHIFTED, PLUGIN, VIEW, OWN = "panel numbers", "shifted panels", "plugin versions", "view state", "numbering"
# One of each, and several: what stands behind a number.
WORDS = {
    DEFAULT: ("default value", "default values"),
    EMPTY: ("empty value", "empty values"),
    EDITOR: ("setting of the editor", "settings of the editor"),
    FORMAT: ("text written in another way", "texts written in another way"),
    MIGRATED: ("value in the form of another Grafana", "values in the form of another Grafana"),
    RENUMBERED: ("internal number of a panel or query", "internal numbers of panels or queries"),
    SHIFTED: ("panel that only others pushed up or down", "panels that only others pushed up or down"),
    PLUGIN: ("version of a plugin", "versions of plugins"),
    VIEW: ("value chosen while looking", "values chosen while looking"),
    OWN: ("number of the dashboard itself", "numbers of the dashboard itself"),
}

MOST_ITEMS = 2000  # of a list or an object: larger ones are one value
SCALARS = frozenset((str, int, float, bool))
Path = tuple[str, ...]

# Of any panel, by path; a star is one step.
_ANY: dict[str, tuple[Any, ...]] = {
    "targets.*.format": ("time_series",),
    "targets.*.instant": (False,),
    "targets.*.range": (True,),
    "targets.*.exemplar": (False,),
    "targets.*.hide": (False,),
    "targets.*.intervalFactor": (1,),
    "targets.*.queryType": ("randomWalk",),
    "fieldConfig.defaults.thresholds.mode": ("absolute",),
    "fieldConfig.defaults.color.fixedColor": (),
    "fieldConfig.defaults.custom.hideFrom.*": (False,),
    "transparent": (False,),
    "repeatDirection": ("h",),
    "hideTimeOverride": (False,),
    "cacheTimeout": ("",),
}
_DEFAULTS: dict[str, dict[str, tuple[Any, ...]]] = {
    "timeseries": {
        "fieldConfig.defaults.custom.axisBorderShow": (False,),
        "fieldConfig.defaults.custom.axisCenteredZero": (False,),
        "fieldConfig.defaults.custom.axisColorMode": ("text",),
        "fieldConfig.defaults.custom.axisPlacement": ("auto",),
        "fieldConfig.defaults.custom.barAlignment": (0,),
        "fieldConfig.defaults.custom.barWidthFactor": (0.6,),
        "fieldConfig.defaults.custom.drawStyle": ("line",),
        "fieldConfig.defaults.custom.fillOpacity": (0,),
        "fieldConfig.defaults.custom.gradientMode": ("none",),
        "fieldConfig.defaults.custom.insertNulls": (False,),
        "fieldConfig.defaults.custom.lineInterpolation": ("linear",),
        "fieldConfig.defaults.custom.lineStyle.fill": ("solid",),
        "fieldConfig.defaults.custom.lineWidth": (1,),
        "fieldConfig.defaults.custom.pointSize": (5,),
        "fieldConfig.defaults.custom.scaleDistribution.type": ("linear",),
        "fieldConfig.defaults.custom.showPoints": ("auto",),
        "fieldConfig.defaults.custom.showValues": (False,),
        "fieldConfig.defaults.custom.spanNulls": (False,),
        "fieldConfig.defaults.custom.stacking.group": ("A",),
        "fieldConfig.defaults.custom.stacking.mode": ("none",),
        "fieldConfig.defaults.custom.thresholdsStyle.mode": ("off",),
        "options.legend.displayMode": ("list",),
        "options.legend.placement": ("bottom",),
        "options.legend.showLegend": (True,),
        "options.tooltip.hideZeros": (False,),
        "options.tooltip.mode": ("single",),
        "options.tooltip.sort": ("none",),
    },
    "stat": {
        "options.colorMode": ("value",),
        "options.graphMode": ("area",),
        "options.justifyMode": ("auto",),
        "options.orientation": ("auto",),
        "options.percentChangeColorMode": ("standard",),
        "options.reduceOptions.calcs": (["lastNotNull"],),
        "options.reduceOptions.values": (False,),
        "options.showPercentChange": (False,),
        "options.textMode": ("auto",),
        "options.wideLayout": (True,),
        "fieldConfig.defaults.color.mode": ("thresholds",),
    },
    "gauge": {
        "options.minVizHeight": (75,),
        "options.minVizWidth": (75,),
        "options.orientation": ("auto",),
        "options.reduceOptions.calcs": (["lastNotNull"],),
        "options.reduceOptions.values": (False,),
        "options.showThresholdLabels": (False,),
        "options.showThresholdMarkers": (True,),
        "options.sizing": ("auto",),
        "fieldConfig.defaults.color.mode": ("thresholds",),
    },
    "table": {
        "fieldConfig.defaults.color.mode": ("thresholds",),
        "fieldConfig.defaults.custom.align": ("auto",),
        "fieldConfig.defaults.custom.cellOptions.type": ("auto",),
        "fieldConfig.defaults.custom.displayMode": ("auto",),
        "fieldConfig.defaults.custom.filterable": (False,),
        "fieldConfig.defaults.custom.inspect": (False,),
        "options.cellHeight": ("sm",),
        "options.footer.countRows": (False,),
        "options.footer.enablePagination": (False,),
        "options.footer.reducer": (["sum"],),
        "options.footer.show": (False,),
        "options.showHeader": (True,),
    },
    "graph": {
        "bars": (False,), "dashes": (False,), "dashLength": (10,), "fill": (1,), "fillGradient": (0,),
        "hiddenSeries": (False,), "linewidth": (1,), "lines": (True,), "nullPointMode": ("null",),
        "percentage": (False,), "pointradius": (2,), "points": (False,), "renderer": ("flot",), "spaceLength": (10,),
        "stack": (False,), "steppedLine": (False,), "options.alertThreshold": (True,), "xaxis.mode": ("time",),
        "xaxis.show": (True,), "yaxis.align": (False,), "legend.avg": (False,), "legend.current": (False,),
        "legend.max": (False,), "legend.min": (False,), "legend.show": (True,), "legend.total": (False,),
        "legend.values": (False,), "tooltip.shared": (True,), "tooltip.sort": (0,),
        "tooltip.value_type": ("individual",),
    },
}  # fmt: skip
_DEFAULTS["bargauge"] = {**_DEFAULTS["gauge"], "options.valueMode": ("color",), "options.showUnfilled": (True,)}
for _kind in ("timeseries", "graph", "barchart", "piechart", "histogram", "trend", "xychart", "candlestick"):
    _DEFAULTS.setdefault(_kind, {})["fieldConfig.defaults.color.mode"] = ("palette-classic",)
_DASHBOARD: dict[str, tuple[Any, ...]] = {
    "timezone": ("browser",), "graphTooltip": (0,), "editable": (True,), "timepicker.hidden": (False,),
}  # fmt: skip
_VARIABLE: dict[str, tuple[Any, ...]] = {
    "hide": (0,), "includeAll": (False,), "multi": (False,), "skipUrlSync": (False,), "sort": (0,), "refresh": (1,),
    "useTags": (False,), "allowCustomValue": (True,), "options": (), "tagsQuery": (), "tagValuesQuery": (),
}  # fmt: skip
_ANNOTATION: dict[str, tuple[Any, ...]] = {"hide": (False,), "showIn": (0,), "enable": (True,), "target.limit": (100,)}
BUILT_IN = "built-in annotation"  # Grafana's own, which it writes by itself
_BUILT_IN: dict[str, tuple[Any, ...]] = {
    **_ANNOTATION, "builtIn": (1, True), "name": ("Annotations & Alerts",), "type": ("dashboard",), "hide": (True,),
    "iconColor": ("rgba(0, 211, 255, 1)",), "limit": (100,), "matchAny": (False,), "filter.exclude": (False,),
    "target.type": ("dashboard",), "target.matchAny": (False,),
    "data source": ("-- Grafana --", "grafana", "default"),
}  # fmt: skip
# Which editor was used, and what it remembers.
_EDITOR = ("targets.*.editorMode", "targets.*.legendLink", "targets.*.step", "targets.*.useBackend",
           "targets.*.disableTextWrap", "targets.*.fullMetaSearch", "targets.*.includeNullMetadata",
           "targets.*.refID", "targets.*.metric", "options.alertThreshold")  # fmt: skip
_CHOSEN = ("hidden", "nowDelay")  # of the time picker; the rest is what it offers
_KINDS = {"dashboard": _DASHBOARD, "variable": _VARIABLE, "annotation": _ANNOTATION, BUILT_IN: _BUILT_IN}
# What paths of the tables end with, or begin with where they end with a star: most values are in none of them.
_PATHS = [tuple(path.split(".")) for table in (_ANY, *_DEFAULTS.values(), *_KINDS.values(), _EDITOR) for path in table]
_LASTS = frozenset(path[-1] for path in _PATHS)
_STARRED = frozenset(path[:-1] for path in _PATHS if path[-1] == "*")


def noise(path: Path, before: Any, after: Any, kind: str) -> str:
    """The kind of noise that a difference is, empty if it is none. `kind` is the panel's, or that of another part."""
    if _of_editor(path):
        return EDITOR
    if _viewed(path, kind):
        return VIEW
    if granted(path, before, kind) and granted(path, after, kind):
        return EMPTY if _empty(before) and _empty(after) else DEFAULT
    return ""


def granted(path: Path, value: Any, kind: str) -> bool:
    """Whether it makes no difference that the value is there."""
    if _empty(value):
        return True
    known = _taken(path, kind)
    return known is not None and _among(value, known)


def _among(value: Any, known: tuple[Any, ...]) -> bool:
    return any(type(each) is type(value) and each == value for each in known)


def large(value: Any) -> bool:
    """Whether it holds more than anybody wrote by hand, or reads about one by one."""
    return type(value) in (dict, list) and len(value) > MOST_ITEMS


def pruned(value: Any, kind: str, path: Path = ()) -> Any:
    """The value without all that makes no difference; MISSING where nothing is left. Equal parts become equal. What
    holds more than MOST_ITEMS is not looked into."""
    if isinstance(value, (dict, list)) and len(value) > MOST_ITEMS:
        return value
    if isinstance(value, dict):
        found: Json = {}
        listed = kind == "dashboard" or path in _STARRED
        for name, each in value.items():
            if type(each) in SCALARS and not listed and name not in _LASTS:  # as most are
                if each != "":
                    found[name] = each
                continue
            inner = pruned(each, kind, (*path, name))
            if inner is not MISSING:
                found[name] = inner
        return found or MISSING
    if isinstance(value, list):
        if path[-1:] == ("steps",):
            return value  # the first step's value is null: minus infinity
        if granted(path, value, kind) or _of_editor(path) or _viewed(path, kind):
            return MISSING
        below = (*path, "*")
        return [None if (inner := pruned(each, kind, below)) is MISSING else inner for each in value]
    if value is None or value == "" or value is MISSING:
        return MISSING
    if _of_editor(path) or _viewed(path, kind):
        return MISSING
    known = _taken(path, kind)
    return MISSING if known is not None and _among(value, known) else value


def paths() -> Iterator[tuple[str, str]]:
    """Every path of the table with the kind of part that it is for."""
    yield from ((path, "any panel") for path in (*_ANY, *_EDITOR))
    yield "timepicker.*", "dashboard"
    for kind, table in (*_DEFAULTS.items(), *_KINDS.items()):
        yield from ((path, kind) for path in table)


def _empty(value: Any) -> bool:
    return value is MISSING or value is None or value == "" or (isinstance(value, list | dict) and not value)


def _taken(path: Path, kind: str) -> tuple[Any, ...] | None:
    """Values that Grafana takes for granted there."""
    return _granted(path, kind) if _of_tables(path) else None


def _of_tables(path: Path) -> bool:
    """Whether the tables may have it; it takes no time, as looking it up does."""
    return bool(path) and (path[-1] in _LASTS or path[:-1] in _STARRED)


# The same few hundred paths come again with every panel.
@lru_cache(maxsize=20_000)
def _granted(path: Path, kind: str) -> tuple[Any, ...] | None:
    known = _known(path, _KINDS.get(kind, _DEFAULTS.get(kind, {})))
    return _known(path, _ANY) if known is None and kind not in _KINDS else known


def _of_editor(path: Path) -> bool:
    return bool(path) and path[-1] in _LASTS and _edited(path)


@lru_cache(maxsize=20_000)
def _edited(path: Path) -> bool:
    return ".".join(path) in _EDITOR or ".".join((*path[:1], "*", *path[2:])) in _EDITOR


def _viewed(path: Path, kind: str) -> bool:
    """Whether it says what those who look may choose, not what they see."""
    return kind == "dashboard" and len(path) > 1 and path[0] == "timepicker" and path[1] not in _CHOSEN


def _known(path: Path, table: dict[str, tuple[Any, ...]]) -> tuple[Any, ...] | None:
    for each in (".".join(path), ".".join((*path[:-1], "*")), ".".join((*path[:1], "*", *path[2:]))):
        if each in table:
            return table[each]
    return None
