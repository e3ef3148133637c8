"""Which metrics an expression names, and which there are."""

import re

from kaizen.metrics.catalogue import CATALOGUE, Kind
from metrics_exporter.own import OWN
from tests.rules.rule_files import recorded

_SUFFIXES: dict[Kind, tuple[str, ...]] = {
    "counter": ("",),
    "gauge": ("",),
    "summary": ("", "_sum", "_count"),
    "histogram": ("_bucket", "_sum", "_count"),
}
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
# What Prometheus itself adds: to each target, and for each alert.
_OTHERS = {"up", "ALERTS"}


def samples_of(name: str) -> set[str]:
    """The names of a metric's samples."""
    (metric,) = [each for each in (*CATALOGUE.values(), *OWN) if each.name == name]
    return {f"{name}{suffix}" for suffix in _SUFFIXES[metric.kind]}


def existing() -> set[str]:
    """Every sample name that an expression may use."""
    exposed = {name for metric in (*CATALOGUE.values(), *OWN) for name in samples_of(metric.name)}
    return exposed | recorded() | _OTHERS


def named(expression: str) -> set[str]:
    """The metrics in an expression: names outside of quotes, label lists and groupings that call nothing."""
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", '""', expression)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    bare = re.sub(r"\{[^}]*\}", " ", bare)
    bare = re.sub(r"\[[^\]]*\]", " ", bare)
    keywords = {"and", "or", "unless", "offset", "bool", "by", "without", "on", "ignoring", "inf", "nan"}
    return {
        found[0]
        for found in _NAME.finditer(bare)
        if not bare[found.end() :].lstrip().startswith("(")
        and found[0].lower() not in keywords
        and not (found.start() and bare[found.start() - 1].isdigit())  # the unit of a length such as 7d
    }
