"""Asks Prometheus for the figures of the whole fleet. What goes wrong with any question leaves no figure at all."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from kaizen.policy.sections.sandboxes import SandboxPolicy
from kaizen.prometheus.client import Prometheus
from kaizen.prometheus.errors import PrometheusError
from kaizen.runtime.secrets import SecretError
from sandbox_reaper.queries import MEASURED, pod_queries, queries
from sandbox_reaper.usage import OddAnswerError, Readings, by_place

_POD = ("namespace", "pod")


def take(
    prometheus: Callable[[], Prometheus], policy: SandboxPolicy, at: datetime, within: Collection[str] = ()
) -> Readings:
    """The figures at an instant, also those of each pod `within` some namespaces.

    Never raises for what Prometheus does: then `fault` says why nothing is known.
    """
    end = at - timedelta(seconds=policy.lag)
    figures: dict[str, dict[str, float]] = {}
    for name, text, labels in _asked(policy, within):
        try:
            figures.setdefault(name, {}).update(by_place(prometheus().query(text, end), labels, end))
        except (PrometheusError, SecretError) as error:
            return Readings(at, fault=f"Prometheus: {error}")
        except OddAnswerError as error:
            return Readings(at, fault=f"Prometheus, asked for {name}: {error}")
    if not any(figures.values()):
        return Readings(at, fault="Prometheus knows no container at all")
    return Readings(at, figures)


def _asked(policy: SandboxPolicy, within: Collection[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each question with the labels of its answer."""
    for name, text in queries(policy).items():
        yield name, text, _POD if name == MEASURED else ("namespace",)
    if within:
        for name, text in pod_queries(policy, within).items():
            yield name, text, _POD
