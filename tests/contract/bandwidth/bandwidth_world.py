"""BandwidthTable and the counters on moto, a source that says what a test wants, and what people were told."""

import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from unittest.mock import patch

import boto3
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends

from bandwidth_snapshot.day import Bin, Reading, start_of
from bandwidth_snapshot.detector import Limits
from bandwidth_snapshot.snapshot import Snapshot
from bandwidth_snapshot.source import SourceError
from bandwidth_snapshot.store import BandwidthStore
from bandwidth_snapshot.telling import Telling
from kaizen.events.bandwidth import BandwidthAnomaly
from kaizen.pager.events import Incident
from kaizen.slack.blocks import Message

ACCOUNT = "123456789012"  # moto's
ENVIRONMENT = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
TABLES = {"bandwidth": ("pk", "sk"), "metrics": ("metric", "series"), "slack": ("pk", "sk")}
TODAY = date(2026, 3, 2)  # a Monday
NOW = start_of(TODAY) + timedelta(minutes=10)
YESTERDAY = TODAY - timedelta(days=1)
STEADY = {"a": 1.0, "b": 2.0}  # MB/s


@contextmanager
def tables() -> Iterator[Any]:
    with patch.dict(os.environ, ENVIRONMENT), mock_aws():
        client: Any = boto3.client("dynamodb")
        for name, keys in TABLES.items():
            client.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)
                ],
            )
        yield client


@cache
def _past(first: date, last: date, now: datetime) -> dict[str, Any]:
    """What the tables hold when the days of a steady world are closed; worked out once, outside of any other world."""
    with tables() as client:
        made = World(BandwidthStore(client, "bandwidth", "metrics"))
        made.snapshot.backfill(first, last, now)
        assert made.told == {}
        assert made.published == []
        return {name: copy.deepcopy(_held(name).items) for name in TABLES}


def _held(name: str) -> Any:
    return dynamodb_backends[ACCOUNT][ENVIRONMENT["AWS_DEFAULT_REGION"]].tables[name]


@contextmanager
def past(first: date, last: date, now: datetime) -> Iterator[Any]:
    """The tables as they are once these days of a steady world were closed one after the other."""
    held = _past(first, last, now)
    with tables() as client:
        for name, content in held.items():
            _held(name).items = copy.deepcopy(content)
        yield client


def bins_of_rate(day: date, rate: float, numbers: Sequence[int] = range(1, 289)) -> list[Bin]:
    """Some of a day's bins; their mean is 1.1 times the rate in MB/s."""
    return [
        Bin(start_of(day) + timedelta(minutes=5 * each), 300, rate * 300e6 * (1 + each % 3 / 10)) for each in numbers
    ]


@dataclass
class World:
    """`rates` in MB/s by day and stream, over `steady`; a rate of 0 is a stream without bins. `numbers` are the bins of
    a day that there are; `down` are days that the source cannot give."""

    store: BandwidthStore
    rates: dict[date, dict[str, float]] = field(default_factory=dict)
    steady: dict[str, float] = field(default_factory=lambda: dict(STEADY))
    numbers: dict[date, Sequence[int]] = field(default_factory=dict)
    late: dict[tuple[date, str], Sequence[int]] = field(default_factory=dict)  # of one stream alone
    down: set[date] = field(default_factory=set)
    told: dict[str, Message] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    published: list[BandwidthAnomaly] = field(default_factory=list)
    slack_down: bool = False
    bus_down: bool = False
    pager_down: bool = False
    source: str = "prometheus"
    cap: int | None = None
    paged: list[Incident | str] | None = None  # incidents, and keys of resolved ones; None without a pager
    readings: list[Reading] = field(default_factory=list)  # for their builds

    def bins(self, day: date) -> Mapping[str, Sequence[Bin]]:
        if day in self.down:
            raise SourceError("Prometheus: no answer")
        rates = self.steady | self.rates.get(day, {})
        numbers = self.numbers.get(day, range(1, 289))
        return {
            stream: bins_of_rate(day, rate, self.late.get((day, stream), numbers))
            for stream, rate in rates.items()
            if rate
        }

    def tell(self, subject: str, message: Message, stage: str = "") -> None:
        if self.slack_down:
            raise ConnectionError("Slack")
        self.posts += [] if subject in self.told else [subject]
        self.told[subject] = message

    def _publish(self, event: BandwidthAnomaly) -> None:
        if self.bus_down:
            raise ConnectionError("bus")
        self.published.append(event)

    def _page(self, about: Incident | str) -> None:
        if self.pager_down:
            raise ConnectionError("pager")
        assert self.paged is not None
        self.paged.append(about)

    def alerts(self) -> list[str]:
        return [each for each in self.posts if each.startswith("anomaly/")]

    @property
    def snapshot(self) -> Snapshot:
        telling = Telling(
            self.store,
            Limits(),
            self.tell,
            lambda subject: subject in self.told,
            self._publish,
            monthly_cap=self.cap,
            pager=None if self.paged is None else self._page,
        )
        versions = {"major": "1", "minor": "0", "build": "0"}
        return Snapshot(self.store, self.bins, self.source, versions, telling, lambda _: self.readings)

    def history(self, days: int = 60) -> None:
        """So many days before yesterday are closed."""
        self.snapshot.backfill(TODAY - timedelta(days=days), YESTERDAY - timedelta(days=1), NOW)


def items(client: Any, table: str = "bandwidth") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.scan(TableName=table)["Items"]
    return found
