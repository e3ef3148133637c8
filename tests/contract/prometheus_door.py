"""The double of Prometheus over HTTP on loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from local.outside.prometheus.service import PrometheusService
from local.outside.service import Request
from tests.contract.outside_door import door


@dataclass
class Prometheus:
    """`address` is what PROMETHEUS_URL says; `heard` are the requests that arrived."""

    service: PrometheusService
    address: str
    heard: list[Request]


@contextmanager
def served(service: PrometheusService) -> Iterator[Prometheus]:
    with door(service) as (address, heard):
        try:
            yield Prometheus(service, f"{address}/prometheus", heard)
        finally:
            service.released.set()
