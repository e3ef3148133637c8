"""Figures of a Prometheus whose clock is another than ours are not known."""

from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime

import pytest

from kaizen.prometheus.client import Prometheus
from kaizen.runtime.outbound import Answer
from sandbox_reaper.dated import Dated
from sandbox_reaper.source import take
from tests.unit.sandboxes.sandbox_world import LIVE, T0

VALUE = f'{{"metric":{{"namespace":"shop"}},"value":[{(T0 - timedelta(seconds=LIVE.lag)).timestamp()},"1"]}}'
BODY = f'{{"status":"success","data":{{"resultType":"vector","result":[{VALUE}]}}}}'.encode()


def fault(date: str | None) -> str:
    def send(method: str, address: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        dated = {} if date is None else {"date": date}
        return Answer(200, {"content-type": "application/json"} | dated, BODY)

    prometheus = Prometheus("https://prometheus.example", Dated(send, lambda: T0), None, lambda *_, **__: "")
    return take(lambda: prometheus, LIVE, T0).fault


@pytest.mark.parametrize("minutes", [-60, -3, 3, 60])
def test_another_clock_is_a_fault(minutes: int) -> None:
    said = fault(format_datetime(T0 + timedelta(minutes=minutes), usegmt=True))
    assert said.startswith("Prometheus: its clock is another than ours")


def test_a_date_that_cannot_be_read_is_a_fault() -> None:
    assert "cannot be read" in fault("yesterday")


@pytest.mark.parametrize("date", [None, format_datetime(T0 - timedelta(minutes=1), usegmt=True)])
def test_the_same_clock_or_none_is_no_fault(date: str | None) -> None:
    assert fault(date) == ""
