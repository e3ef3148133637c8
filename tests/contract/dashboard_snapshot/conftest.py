"""The double of Grafana and moto's AWS, anew for each test."""

from collections.abc import Iterator

import pytest

from tests.contract.dashboard_snapshot.snapshot_world import World, aws


@pytest.fixture
def world() -> Iterator[World]:
    with aws() as clients:
        yield World(*clients)
