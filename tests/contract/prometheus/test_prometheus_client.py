"""The client against the double over HTTP, and both against Debian's Prometheus: the shapes are the real ones."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kaizen.prometheus.client import LONGEST_EXPRESSION, Prometheus
from kaizen.prometheus.errors import (
    BadQueryError,
    DeniedError,
    ExecutionError,
    PrometheusError,
    QueryTimeoutError,
    TooLargeError,
    UnavailableError,
    UnreadableError,
)
from kaizen.prometheus.results import Matrix, Sample, Scalar, Series, Text, Vector
from kaizen.runtime.outbound import Outbound
from local.outside.prometheus.service import PrometheusService
from local.outside.service import Request
from tests.contract.outside_door import door
from tests.rules.live import free_port
from tests.rules.tools import tool

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT = NOW.timestamp()
MINUTE = timedelta(minutes=1)
NAME = "/kaizen/prometheus/token"


class Token:
    def __init__(self) -> None:
        self.value = "good"
        self.fresh = 0

    def __call__(self, parameter: str, *, fresh: bool = False) -> str:
        assert parameter == NAME
        self.fresh += fresh
        return self.value


@dataclass
class World:
    service: PrometheusService
    address: str
    heard: list[Request]
    token: Token

    def client(self, *, limit: int = 1_000_000, token: str | None = None, read: float = 2) -> Prometheus:
        return Prometheus(f"{self.address}/prometheus", Outbound(read=read, limit=limit), token, self.token)


@pytest.fixture
def world() -> Iterator[World]:
    service = PrometheusService()
    service.series("up", {"job": "api", "instance": "a"}, lambda at: 1.0)
    service.series("up", {"job": "api", "instance": "b"}, lambda at: 0.0 if at >= AT else None)
    with door(service) as (address, heard):
        try:
            yield World(service, address, heard, Token())
        finally:
            service.released.set()


def test_an_instant_and_a_range(world: World) -> None:
    a, b = {"__name__": "up", "job": "api", "instance": "a"}, {"__name__": "up", "job": "api", "instance": "b"}
    assert world.client().query('up{job="api"}', NOW) == Vector((Sample(a, AT, 1.0), Sample(b, AT, 0.0)))
    assert world.client().query('up{instance="b"}', NOW - MINUTE).empty
    ranged = world.client().query_range("up", NOW - MINUTE, NOW, timedelta(seconds=30))
    assert ranged == Matrix((Series(a, ((AT - 60, 1.0), (AT - 30, 1.0), (AT, 1.0))), Series(b, ((AT, 0.0),))))


def test_a_whole_expression_that_was_registered(world: World) -> None:
    world.service.expression("sum(rate(x[5m])) > 3", {"team": "a"}, lambda at: 4.0)
    assert world.client().query("sum(rate(x[5m])) > 3", NOW) == Vector((Sample({"team": "a"}, AT, 4.0),))
    with pytest.raises(BadQueryError, match="exact selectors only"):
        world.client().query("sum(rate(x[5m])) > 4", NOW)


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        ("503", UnavailableError),
        ("hang", UnavailableError),
        ("timeout", QueryTimeoutError),
        ("execution", ExecutionError),
        ("html", UnreadableError),
    ],
)
def test_each_trouble_is_told_from_an_empty_result(world: World, trouble: str, kind: type[PrometheusError]) -> None:
    client = world.client(read=0.5 if trouble == "hang" else 5)
    world.service.trouble(trouble, trouble)
    with pytest.raises(PrometheusError) as raised:
        client.query("up", NOW)
    assert type(raised.value) is kind
    with pytest.raises(PrometheusError) as raised:
        client.query_range("up", NOW - MINUTE, NOW, MINUTE)
    assert type(raised.value) is kind


def test_remarks_beside_a_result(world: World) -> None:
    world.service.trouble("warnings", "partial", "infos", "empty", "scalar")
    answers = [world.client().query("up", NOW) for _ in range(5)]
    assert [each.notes.complete for each in answers] == [False, False, True, True, True]
    assert [each.empty for each in answers] == [False, False, False, True, False]
    assert answers[0].notes.warnings
    assert answers[2].notes.infos
    assert answers[4] == Scalar(AT, 1.0)


def test_a_token_is_sent_and_read_anew_once(world: World) -> None:
    client = world.client(token=NAME)
    world.service.trouble("401")
    assert not client.query("up", NOW).empty
    assert world.token.fresh == 1
    assert {each.headers["authorization"] for each in world.heard} == {"Bearer good"}
    world.service.trouble("401", "401")
    with pytest.raises(DeniedError) as raised:
        client.query("up", NOW)
    assert "good" not in str(raised.value)
    world.client().query("up", NOW)
    assert "authorization" not in world.heard[-1].headers


def test_what_is_refused_before_it_is_sent(world: World) -> None:
    for start, end, step in (
        (NOW, NOW - MINUTE, MINUTE),
        (NOW, NOW, timedelta(0)),
        (NOW - 11_001 * MINUTE, NOW, MINUTE),
    ):
        with pytest.raises(ValueError, match="range"):
            world.client().query_range("up", start, end, step)
    with pytest.raises(BadQueryError):
        world.client().query("x" * (LONGEST_EXPRESSION + 1), NOW)
    with pytest.raises(ValueError, match="time zone"):
        world.client().query("up", NOW.replace(tzinfo=None))
    for address in ("", "prometheus:9090", "ftp://a", "http://user:secret@a"):
        with pytest.raises(ValueError, match="plain web address"):
            Prometheus(address, Outbound(), None, world.token)
    with pytest.raises(ValueError, match="not sent in the clear"):
        Prometheus("http://prometheus.internal:9090", Outbound(), "/kaizen/prometheus/token", world.token)
    assert world.heard == []


def test_a_double_with_a_token_takes_no_other(world: World) -> None:
    (named,) = world.service.secrets("", {"PrometheusTokenParameter": NAME}).items()
    world.token.value = "another"
    with pytest.raises(DeniedError):
        world.client(token=named[0]).query("up", NOW)
    world.token.value = named[1]
    world.client(token=named[0]).query("up", NOW)


def test_an_answer_that_is_too_large(world: World) -> None:
    with pytest.raises(TooLargeError):
        world.client(limit=5000).query_range("up", NOW - timedelta(days=1), NOW, MINUTE)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Debian's Prometheus without anything to scrape: expressions that need no series have all shapes."""
    folder: Path = tmp_path_factory.mktemp("prometheus")
    configuration = folder / "prometheus.yml"
    configuration.write_text("global: {scrape_interval: 1h}\n", encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [
            tool("prometheus"),
            f"--config.file={configuration}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={address}",
            "--log.level=error",
        ]
    )
    client = Prometheus(f"http://{address}", Outbound(), None, Token())
    try:
        for _ in range(600):
            assert process.poll() is None, "Prometheus has ended"
            try:
                client.query("1", NOW)
                break
            except UnavailableError:  # it is still starting
                time.sleep(0.1)
        yield client
    finally:
        process.terminate()
        process.wait()


def test_the_real_one(real: Prometheus) -> None:
    assert real.query("vector(3)", NOW) == Vector((Sample({}, AT, 3.0),))
    assert real.query("1/0", NOW) == Scalar(AT, float("inf"))
    assert real.query('"words"', NOW) == Text(AT, "words")
    assert real.query("nothing", NOW) == Vector(())
    labelled = real.query('label_replace(vector(1), "a", "\\"é\\\\", "", "")', NOW)
    assert labelled == Vector((Sample({"a": '"é\\'}, AT, 1.0),))
    ranged = real.query_range("vector(time()) > 0", NOW - MINUTE, NOW, timedelta(seconds=30))
    assert ranged == Matrix((Series({}, ((AT - 60, AT - 60), (AT - 30, AT - 30), (AT, AT))),))
    assert real.query_range("nothing", NOW - MINUTE, NOW, MINUTE) == Matrix(())
    assert real.query("vector(1)[1m:30s]", NOW) == Matrix((Series({}, ((AT - 60, 1.0), (AT - 30, 1.0), (AT, 1.0))),))
    with pytest.raises(BadQueryError, match="parse error"):
        real.query("sum(", NOW)
    with pytest.raises(ExecutionError):
        real.query('label_replace(vector(1), "0", "x", "", "")', NOW)


def test_the_double_answers_as_the_real_one(real: Prometheus, world: World) -> None:
    """What both can do: the same results, and the same refusals, for hostile questions too."""
    world.service.expression("vector(7)", {}, lambda at: 7.0)
    world.service.expression("vector(time())", {}, lambda at: at)
    double = world.client()
    for expression in ("vector(7)", "vector(time())", "nothing", 'nothing{a="b",c="d",}', 'nothing{a="\\""}'):
        assert real.query(expression, NOW) == double.query(expression, NOW), expression
        ranged = (NOW - MINUTE, NOW + timedelta(seconds=1), timedelta(seconds=7))
        assert real.query_range(expression, *ranged) == double.query_range(expression, *ranged), expression
    for expression in ("", "up{", "up{a=}", 'up{a="b" c="d"}', "0up", "up up"):
        for client in (real, double):
            with pytest.raises(BadQueryError):
                client.query(expression, NOW)
