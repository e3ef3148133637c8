"""Rows as Prometheus metric families. Pure: what was read goes in, families come out."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from kaizen.metrics.catalogue import CATALOGUE, Metric
from kaizen.metrics.rows import Rows, Series
from kaizen.times import parse_instant
from metrics_exporter.own import OWN, Scrape, Values, own_values


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that one scrape exposes."""

    rows: Rows
    scrape: Scrape


class KaizenCollector(Collector):
    """One scrape's families. A new one, in a new registry, for each scrape: nothing outlives it."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def describe(self) -> list[Family]:
        """Nothing: without this, registering would collect once more."""
        return []

    def collect(self) -> Iterator[Family]:
        for metric in CATALOGUE.values():
            yield self._stored(metric)
        values = own_values(self._reading.scrape)
        for metric in OWN:
            yield _made(metric, values[metric.name])

    def _stored(self, metric: Metric) -> Family:
        family = Family(family_name(metric), metric.help, metric.kind)
        series = self._series(metric)
        for labels in sorted(series):
            self._samples(family, metric, series[labels])
        return family

    def _series(self, metric: Metric) -> dict[tuple[str, ...], Series]:
        policy = self._reading.scrape.policy
        rows = self._reading.rows.get(metric.name, {})
        for label in metric.forgotten:
            # A route that left the policy leaves its row behind; exported, it would be missed for ever.
            known, place = metric.known(label, policy), metric.labels.index(label)
            rows = {labels: series for labels, series in rows.items() if labels[place] in known}
        return {labels: _zero(metric, labels) for labels in metric.initial(policy)} | rows

    def _samples(self, family: Family, metric: Metric, series: Series) -> None:
        labels = series.labels
        if metric.kind in ("gauge", "counter"):
            family.add_sample(metric.name, labels, series.value)
        else:
            if metric.quantiles:
                for quantile, value in self._quantiles(labels).items():
                    family.add_sample(metric.name, labels | {"quantile": quantile}, value)
            elif metric.kind == "histogram":
                bounds = [*(f"{bound}.0" for bound in metric.buckets), "+Inf"]
                for bound, count in zip(bounds, accumulate(series.buckets), strict=True):
                    family.add_sample(f"{metric.name}_bucket", labels | {"le": bound}, count)
            family.add_sample(f"{metric.name}_count", labels, series.observations)
            family.add_sample(f"{metric.name}_sum", labels, series.total)
        if series.created_at and metric.kind != "gauge":
            created = parse_instant(series.created_at).timestamp()
            family.add_sample(f"{family.name}_created", labels, created)

    def _quantiles(self, labels: dict[str, str]) -> dict[str, float]:
        window = self._reading.scrape.windows.get((labels["component"], labels["severity"]))
        return {"0.5": window.median, "0.9": window.p90} if window else {"0.5": math.nan, "0.9": math.nan}


def family_name(metric: Metric) -> str:
    """OpenMetrics names a counter's family without the `_total` of its samples."""
    return metric.name.removesuffix("_total") if metric.kind == "counter" else metric.name


def _made(metric: Metric, values: Values) -> Family:
    family = Family(metric.name, metric.help, metric.kind)
    for labels in sorted(values):
        family.add_sample(metric.name, dict(zip(metric.labels, labels, strict=True)), float(values[labels]))
    return family


def _zero(metric: Metric, labels: tuple[str, ...]) -> Series:
    return Series(dict(zip(metric.labels, labels, strict=True)), buckets=[0] * (len(metric.buckets) + 1))
