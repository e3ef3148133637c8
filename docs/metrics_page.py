"""Writes the tables of docs/metrics.md from the code, so that the page cannot say something else than `/metrics`.

    PYTHONPATH=layers/common:functions:. .venv/bin/python -m docs.metrics_page

What stands between `<!-- TABLE ... -->` and `<!-- end -->` is made anew; the prose around it stays as it is. A table is
`metrics` with the beginnings of the names it lists (`*`: all that no other table lists), `labels` or `rules`.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from kaizen.durations import human
from kaizen.metrics.catalogue import CATALOGUE, Metric
from kaizen.policy.document import parse
from kaizen.policy.store import DEFAULT_FILE
from metrics_exporter.own import OWN

PAGE = Path(__file__).with_name("metrics.md")
RULES = Path(__file__).parents[1] / "prometheus" / "rules"
METRICS = (*CATALOGUE.values(), *OWN)
POLICY = parse(DEFAULT_FILE.read_text(encoding="utf-8"))
_TABLE = re.compile(r"(<!-- (metrics|labels|rules)((?: [\w*]+)*) -->\n).*?(<!-- end -->)", re.DOTALL)
# Labels whose values depend on the policy, or whose meaning is not plain.
OPEN_LABELS = {
    "component": "the policy's components, `other` (a component label that the policy does not know), `unassigned`",
    "severity": "the policy's severities from the most severe, `unknown`",
    "clock": "`wall`, `business`: how the severity's target is counted",
    "route": "the policy's routes",
    "stream": "the ids of the policy's phase streams",
    "environment": "the environments that the policy's canary budgets name",
    "deployment": "the id of a deployment on GitHub",
    "repository": "a repository on GitHub, `owner/name`",
    "level": "levels of a phase stream's history, from `0`, the finest",
    "statistic": "`mean`, `median`, `p90`",
    "version": "the version that answers",
}
# What a number counts, by the first of these words in the metric's name.
_COUNTED = ("bytes", "tickets", "deliveries", "observations", "requests", "frames", "rows", "chunks")
_SWITCHES = ("_up", "_refused", "_info")


class PageError(Exception):
    """The page and the code do not fit together; the message says what to write where."""


def renewed(page: str) -> str:
    """The page with its tables made anew. Raises PageError for a metric in no table or in two."""
    listed = [prefix for found in _TABLE.finditer(page) if found[2] == "metrics" for prefix in found[3].split()]
    makers: dict[str, Callable[[list[str]], Iterator[str]]] = {
        "metrics": lambda prefixes: _metrics(prefixes, listed),
        "labels": lambda _: _labels(),
        "rules": lambda _: _rules(),
    }
    made = _TABLE.sub(lambda found: f"{found[1]}\n{_text(makers[found[2]], found[3])}\n\n{found[4]}", page)
    for metric in METRICS:
        if (count := made.count(f"| `{metric.name}` |")) != 1:
            raise PageError(f"{metric.name} is in {count} tables of {PAGE.name}: list its beginning in one")
    return made


def _text(maker: Callable[[list[str]], Iterator[str]], prefixes: str) -> str:
    return "\n".join(maker(prefixes.split()))


def unit(metric: Metric) -> str:
    """The unit of a metric's values, as its name says it."""
    name = metric.name.removesuffix("_total")
    if name.endswith("_timestamp_seconds") or name == "canary_deployment_start_time":
        return "Unix time, s"
    if name.endswith("_per_second"):
        return f"{name.removesuffix('_per_second').rpartition('_')[2]}/s"
    if name.endswith(("_core_seconds", "_byte_seconds")):
        return f"{name.split('_')[-2]} · s"
    if name.endswith("_seconds"):
        return "s"
    if name.endswith("_ratio"):
        return "ratio"
    if metric.kind == "gauge" and name.endswith(_SWITCHES):
        return "0 or 1"
    return next((word for word in name.split("_") if word in _COUNTED), "number")


def _metrics(prefixes: Sequence[str], listed: Sequence[str]) -> Iterator[str]:
    named = tuple(prefix for prefix in listed if prefix != "*")
    yield from _head("metric", "type", "labels", "unit", "meaning")
    for metric in METRICS:
        if metric.name.startswith(tuple(prefixes)) or ("*" in prefixes and not metric.name.startswith(named)):
            labels = "; ".join(_label(metric, label) for label in metric.labels) or "–"
            yield _row(f"`{metric.name}`", metric.kind, labels, unit(metric), metric.help + _buckets(metric))


def _label(metric: Metric, label: str) -> str:
    """A label, with its values on this metric where they are the same in every installation."""
    values = metric.values.get(label, ())
    return f"`{label}`" + (f": {', '.join(values)}" if values else "")


def _buckets(metric: Metric) -> str:
    if not metric.buckets:
        return ""
    return f" Buckets: {', '.join(_bound(metric, bound) for bound in metric.buckets)}, +Inf."


def _bound(metric: Metric, bound: int) -> str:
    if unit(metric) != "s":
        return f"{bound:,}"
    return f"{bound}s" if bound % 60 else human(bound)


def _labels() -> Iterator[str]:
    used = dict.fromkeys(label for metric in METRICS for label in metric.labels)
    yield from _head("label", "values")
    yield from (_row(f"`{label}`", OPEN_LABELS[label]) for label in used if label in OPEN_LABELS)


def _rules() -> Iterator[str]:
    yield from _head("series", "expression")
    for path in sorted(RULES.glob("*.yml")):
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        for rule in (rule for group in content["groups"] for rule in group["rules"] if "record" in rule):
            yield _row(f"`{rule['record']}`", f"`{' '.join(rule['expr'].split())}`")


def _head(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield "|---" * len(names) + "|"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main() -> int:
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
