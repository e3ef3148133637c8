"""What does a counted response of a phase stream cost, its share of the fold included, and does it meet others?

Viewers poll once a second, for some minutes that are played by a clock of our own; the fold runs once a minute. Part of
benchmarks.aws_calls.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

from benchmarks.units import Units, cost
from phase_stream.fold import Fold
from phase_stream.ledger import Ledger
from phase_stream.plan import Resync
from phase_stream.savings import Measured, Tally
from tests.architecture.house import resources

VIEWERS, MINUTES = 200, 10
BAR = 2.0  # write units of a counted response
_CREATED = ("AttributeDefinitions", "BillingMode", "KeySchema")
_SAVINGS, _METRICS = "PhaseSavingsTable", "MetricsTable"
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "eu-west-1"}


def measured(units: Units) -> int:
    """Prints a line for each rate; 1 if one of them is over the bar or meets a conflict."""
    for every in (30, 10, 5):
        _at(units, 1, every, MINUTES)
    return max(_at(units, 1, 1, MINUTES), _at(units, VIEWERS, 1, 1))


def _at(units: Units, viewers: int, every: int, minutes: int) -> int:
    """So many viewers that each ask once in so many seconds; 1 where the cost is over the bar.

    A run of the fold costs a stream some fifteen units, however few responses it counts: of a viewer that asks less
    than once in four seconds each response costs more than two, and a day of them still less than three cents.
    """
    with patch.dict(os.environ, _CREDENTIALS), mock_aws():
        dynamodb = boto3.client("dynamodb")
        for name in (_SAVINGS, _METRICS):
            given = resources("AWS::DynamoDB::Table")[name]
            dynamodb.create_table(TableName=name, **{key: given[key] for key in _CREATED})
        now = datetime(2026, 3, 20, 12, tzinfo=UTC)

        def fold() -> int:
            run = Fold(dynamodb, _SAVINGS, _METRICS, now=now, in_time=lambda: True, sleep=lambda _: None)
            return run.run(["kuramoto"])

        def refused(act: Callable[[], object]) -> int:
            try:
                act()
            except ClientError:
                return 1
            return 0

        fold()
        put = folded = 0.0
        conflicts = counted = 0
        for second in range(60 * minutes):
            now += timedelta(seconds=1)
            ledger = Ledger(dynamodb, _SAVINGS, lambda now=now: now, lambda: 0.0)  # type: ignore[misc]
            units.clear()
            for viewer in range(viewers if second % every == 0 else 0):
                name, response = f"{viewer:032x}", _response(second)
                conflicts += refused(lambda: ledger.count("kuramoto", name, f"{second:08}{viewer:08}", response))  # noqa: B023
            put += units.written
            if second % 60 == 59:
                units.clear()
                counted += fold()
                folded += units.written
                read = units.read
        responses = viewers * 60 * minutes // every
        # The last ten seconds are closed later: the fold's share is that of what it counted.
        written = put / responses + folded / counted
    sparse = every > 1
    over = conflicts > 0 or (written > BAR and not sparse)
    told = f"{cost(written, read / (counted / minutes))}, conflicts {conflicts}"
    verdict = "OVER THE BAR" if over else f"{written * 86400 / every:,.0f} units a day" if sparse else "(bar held)"
    print(f"a counted response at {viewers / every:g} a second: {told}  {verdict}")
    return int(over)


def _response(second: int) -> Measured:
    first = 10 * second
    if second == 0:
        return Measured(Tally(Resync.FIRST, "full", 20_000, 900, 20_000), 1_767_225_600, first, first + 9, None)
    return Measured(Tally(Resync.NONE, "delta", 10_000, 900, 20_000), 1_767_225_600, first, first + 9, first - 1)
