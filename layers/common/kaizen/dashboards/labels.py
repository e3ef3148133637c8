"""Paths of Grafana's JSON in the words of its editor. Pure."""

import re

from kaizen.dashboards.noise import Path
from kaizen.dashboards.sentences import Quoted

_WORDS = {
    "title": "title",
    "type": "kind",
    "description": "description",
    "fieldConfig.defaults.unit": "unit",
    "fieldConfig.defaults.decimals": "decimals",
    "fieldConfig.defaults.min": "minimum",
    "fieldConfig.defaults.max": "maximum",
    "fieldConfig.defaults.noValue": "text for no value",
    "fieldConfig.defaults.displayName": "display name",
    "fieldConfig.defaults.color.mode": "colour mode",
    "fieldConfig.defaults.color.fixedColor": "colour",
    "fieldConfig.defaults.thresholds.mode": "thresholds' mode",
    "fieldConfig.defaults.mappings": "value mappings",
    "fieldConfig.defaults.custom.lineWidth": "line width",
    "fieldConfig.defaults.custom.fillOpacity": "fill opacity",
    "fieldConfig.defaults.custom.stacking.mode": "stacking",
    "fieldConfig.defaults.custom.axisLabel": "axis label",
    "fieldConfig.defaults.custom.drawStyle": "line style",
    "fieldConfig.defaults.custom.spanNulls": "connect null values",
    "options.content": "text",
    "options.legend.calcs": "legend values",
    "options.legend.displayMode": "legend mode",
    "options.legend.placement": "legend placement",
    "options.legend.showLegend": "legend shown",
    "options.tooltip.mode": "tooltip mode",
    "options.tooltip.sort": "tooltip order",
    "options.reduceOptions.calcs": "calculation",
    "interval": "minimum step",
    "timeFrom": "time override",
    "timeShift": "time shift",
    "maxDataPoints": "most data points",
    "repeat": "repeated by",
    "maxPerRow": "most per row",
    "transparent": "transparent background",
    "nullPointMode": "null values",
    "graphTooltip": "shared tooltip",
    "timepicker.hidden": "time picker hidden",
    "timepicker.nowDelay": "delay of now",
    "tags": "tags",
    "timezone": "time zone",
    "label": "label",
    "query": "query",
    "allValue": "value of All",
    "includeAll": "offers All",
    "multi": "several values",
    "regex": "regex",
    "hide": "hidden",
    "enable": "enabled",
    "refresh": "refreshed",
    "sort": "order",
}
_TARGET = {
    "legendFormat": "legend",
    "interval": "minimum step",
    "hide": "hidden",
    "format": "format",
    "instant": "instant",
    "range": "range",
    "exemplar": "exemplars",
    "intervalFactor": "resolution",
    "refId": "name",
}
_PATTERNS = (
    (re.compile(r"thresholds\.\d+\.value"), "threshold"),
    (re.compile(r"yaxes\.\d+\.format"), "unit"),
    (re.compile(r"yaxes\.\d+\.(?P<rest>min|max|label)"), "axis "),
    (re.compile(r"legend\.(?P<rest>\w+)"), "legend "),
    (re.compile(r"fieldConfig\.defaults\.custom\.(?P<rest>.+)"), "style "),
    (re.compile(r"fieldConfig\.defaults\.mappings\.\d+\.options\.\w+\.(?P<rest>color|text)"), "value mapping's "),
)
# Those that say what the panel means come before how it looks.
_FIRST = ("title", "description", "unit", "threshold", "minimum", "maximum", "decimals", "value mappings", "repeated")


def label(path: Path) -> str | Quoted:
    """What a value is called; its path where it has no name."""
    text = ".".join(path)
    if text in _WORDS:
        return _WORDS[text]
    for pattern, word in _PATTERNS:
        found = pattern.fullmatch(text)
        if found:
            rest = found.groupdict().get("rest", "")
            return word + rest if rest.isidentifier() or not rest else Quoted(text)
    if len(path) > 3 and path[:2] == ("fieldConfig", "overrides"):
        return Quoted(f"override {path[2]}: {'.'.join(path[3:])}")
    return Quoted(text)


def of_target(path: Path) -> str | Quoted:
    text = ".".join(path)
    return _TARGET.get(text) or Quoted(text)


def weight(what: str | Quoted) -> int:
    """Smaller for what a reviewer looks for first."""
    if isinstance(what, Quoted):
        return 99
    return next((index for index, word in enumerate(_FIRST) if what.startswith(word)), 50)
