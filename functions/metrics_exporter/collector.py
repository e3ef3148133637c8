"""Rows as Prometheus metric families. Pure: what was read goes in, families come out."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

import kaizen
from kaizen.metrics.catalogue import CATALOGUE, Metric
from kaizen.metrics.rows import Rows, Series
from kaizen.mttr_store import Windows
from kaizen.policy import Policy
from kaizen.times import parse_instant
from metrics_exporter.series import initial_series


@dataclass(frozen=True, slots=True)
class Reading:
    """What one scrape read, and how long that took in seconds."""

    rows: Rows
    windows: Windows
    policy: Policy
    policy_refused: bool
    seconds: float


class KaizenCollector(Collector):
    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def describe(self) -> list[Family]:
        """Nothing: without this, registering would collect once more."""
        return []

    def collect(self) -> Iterator[Family]:
        for metric in CATALOGUE.values():
            yield self._family(metric)
        reading = self._reading
        yield _gauge("kaizen_policy_refused", "1 while the policy parameter is refused.", reading.policy_refused)
        yield _gauge("kaizen_store_up", "1: the store answered; a scrape fails when it does not.", 1)
        yield _gauge("kaizen_scrape_duration_seconds", "Time spent reading the rows of this scrape.", reading.seconds)
        build = GaugeMetricFamily("kaizen_build_info", "The version that answers.", labels=("version",))
        build.add_metric((kaizen.__version__,), 1)
        yield build

    def _family(self, metric: Metric) -> Family:
        name = metric.name.removesuffix("_total") if metric.kind == "counter" else metric.name
        family = Family(name, metric.help, metric.kind)
        series = {values: _zero(metric, values) for values in initial_series(metric, self._reading.policy)}
        series |= self._reading.rows.get(metric.name, {})
        if metric.name == "kaizen_sla_target_seconds":
            series = _targets(self._reading.policy)
        for values in sorted(series):
            self._samples(family, metric, series[values])
        return family

    def _samples(self, family: Family, metric: Metric, series: Series) -> None:
        labels = series.labels
        if metric.kind == "gauge":
            family.add_sample(metric.name, labels, series.value)
            return
        if metric.kind == "counter":
            family.add_sample(metric.name, labels, series.value)
        elif metric.kind == "summary":
            if metric.name == "kaizen_mttr_seconds":
                for quantile, value in self._quantiles(labels).items():
                    family.add_sample(metric.name, labels | {"quantile": quantile}, value)
            family.add_sample(f"{metric.name}_count", labels, series.observations)
            family.add_sample(f"{metric.name}_sum", labels, series.total)
        else:
            bounds = [*(f"{bound}.0" for bound in metric.buckets), "+Inf"]
            for bound, count in zip(bounds, accumulate(series.buckets), strict=True):
                family.add_sample(f"{metric.name}_bucket", labels | {"le": bound}, count)
            family.add_sample(f"{metric.name}_count", labels, series.observations)
            family.add_sample(f"{metric.name}_sum", labels, series.total)
        if series.created_at:
            created = parse_instant(series.created_at).timestamp()
            family.add_sample(f"{family.name}_created", labels, created)

    def _quantiles(self, labels: dict[str, str]) -> dict[str, float]:
        window = self._reading.windows.get((labels["component"], labels["severity"]))
        return {"0.5": window.median, "0.9": window.p90} if window else {"0.5": math.nan, "0.9": math.nan}


def _zero(metric: Metric, values: tuple[str, ...]) -> Series:
    return Series(dict(zip(metric.labels, values, strict=True)), buckets=[0] * (len(metric.buckets) + 1))


def _targets(policy: Policy) -> dict[tuple[str, ...], Series]:
    """The policy's SLA targets; they need no rows."""
    targets: dict[tuple[str, ...], Series] = {}
    for severity in policy.severity_names:
        target = policy.target(severity)
        if target is not None:
            labels = {"severity": severity, "clock": target.clock}
            targets[severity, target.clock] = Series(labels, target.seconds)
    return targets


def _gauge(name: str, help_text: str, value: float) -> Family:
    family = Family(name, help_text, "gauge")
    family.add_sample(name, {}, float(value))
    return family
