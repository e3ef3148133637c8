"""Rows, windows and readings to expose; and the two independent readers of what is exposed."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from kaizen.metrics.catalogue import CATALOGUE
from kaizen.metrics.changes import series_key
from kaizen.metrics.rows import Rows, Series
from kaizen.mttr import Window
from kaizen.policy import Policy
from metrics_exporter.collector import KaizenCollector, Reading
from metrics_exporter.negotiation import encoded
from metrics_exporter.own import Scrape
from tests.factories import default_policy

ACCEPT = {"text": "text/plain", "openmetrics": "application/openmetrics-text"}
POLICY = default_policy()
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]  # (name, sorted labels) -> value


def rows(*series: tuple[str, Series]) -> Rows:
    """Rows as the store gives them, from (metric, series)."""
    found: Rows = {}
    for metric, each in series:
        series_key(CATALOGUE[metric], each.labels)  # raises for labels that are not the metric's own
        values = tuple(each.labels[name] for name in CATALOGUE[metric].labels)
        found.setdefault(metric, {})[values] = each
    return found


def reading(stored: Rows | None = None, windows: Iterable[Window] = (), policy: Policy = POLICY) -> Reading:
    found = {(each.component, each.severity): each for each in windows}
    return Reading(stored or {}, Scrape(found, policy, policy_refused=False, seconds=0.25))


def body(given: Reading, form: str) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(KaizenCollector(given))
    return encoded(registry, ACCEPT[form])[0].decode()


def samples(text: str, form: str) -> Samples:
    """What a client's parser reads; no sample twice. The OpenMetrics parser also refuses interleaved groups."""
    read = read_openmetrics if form == "openmetrics" else read_text
    found: Samples = {}
    for family in read(text):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, f"{key} is there twice"
            found[key] = sample.value
    return found


def exposed(given: Reading, form: str = "openmetrics") -> Samples:
    return samples(body(given, form), form)


def key(name: str, **labels: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return name, tuple(sorted(labels.items()))
