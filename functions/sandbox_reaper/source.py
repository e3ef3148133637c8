"""Asks Prometheus for the figures of the whole fleet. What goes wrong with any question leaves no figure at all."""

from collections.abc import Callable
from datetime import datetime, timedelta

from kaizen.policy.sections.sandboxes import SandboxPolicy
from kaizen.prometheus.client import Prometheus
from kaizen.prometheus.errors import PrometheusError
from kaizen.runtime.secrets import SecretError
from sandbox_reaper.queries import queries
from sandbox_reaper.usage import OddAnswerError, Readings, by_namespace


def take(prometheus: Callable[[], Prometheus], policy: SandboxPolicy, at: datetime) -> Readings:
    """The figures at an instant. Never raises for what Prometheus does: then `fault` says why nothing is known."""
    end = at - timedelta(seconds=policy.lag)
    figures = {}
    for name, text in queries(policy).items():
        try:
            figures[name] = by_namespace(prometheus().query(text, end))
        except (PrometheusError, SecretError) as error:
            return Readings(at, fault=f"Prometheus: {error}")
        except OddAnswerError as error:
            return Readings(at, fault=f"Prometheus, asked for {name}: {error}")
    if not any(figures.values()):
        return Readings(at, fault="Prometheus knows no container at all")
    return Readings(at, figures)
