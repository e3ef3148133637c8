"""From a scrape to the pager's inbox: the whole local stack under a real Prometheus and a real Alertmanager.

A canary is over its budget: one incident by the alert alone, by the schedule alone, and by both. And every query of
every dashboard finds something to draw.
"""

import math
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest

from kaizen.times import utc_now
from local.demo import bandwidth, sandboxes, snapshots, tickets
from local.outside.slack.service import Slack
from local.phase.checks import stream_of
from local.phase.source import Source
from local.phase.viewer import Viewer
from tests.rules.dashboards import DASHBOARDS, expressions
from tests.stack.alerting import BUDGET, Watched, watched

HERTZ = 5.0
COUNTED = "phase_frame_bytes_full_equivalent_total > 0"
EXCEEDED, LITERAL = "KaizenCanaryBudgetExceeded", "CanaryDeploymentTimeout"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched(tmp_path_factory.mktemp("alerting")) as found:
        yield found


def states(world: Watched, *alerts: str, of: int) -> list[str]:
    return [world.alertmanager.state(each, of) for each in alerts]


def end(world: Watched, deployment: int) -> None:
    """It succeeds, and its alerts are over."""
    world.tell(deployment, "success", utc_now())
    world.prometheus.wait("its alerts are over", lambda: not any(states(world, EXCEEDED, LITERAL, of=deployment)))
    world.stack.drain()


def test_the_alert_alone_makes_one_incident_and_the_end_resolves_it(world: Watched) -> None:
    """Its schedule is lost."""
    deployment = world.begun(1)
    world.unset(deployment)
    assert world.incidents(deployment) == []
    world.prometheus.wait("the alert has paged", lambda: world.incidents(deployment) == [["trigger"]])
    world.prometheus.wait_for(f'count(kaizen_canary_paged_timestamp_seconds{{deployment="{deployment}"}})', 1)
    end(world, deployment)
    assert world.incidents(deployment) == [["trigger", "resolve"]]


def test_the_schedule_alone_makes_one_incident_and_the_end_resolves_it(world: Watched) -> None:
    """Its alerts are silenced."""
    world.alertmanager.silence(11)
    world.alertmanager.silence(12)
    world.alertmanager.silence(13)
    deployment = world.begun(11)
    world.prometheus.wait("the schedule has paged", lambda: world.incidents(deployment) == [["trigger"]])
    world.prometheus.wait("the alert is held", lambda: world.alertmanager.state(EXCEEDED, deployment) == "suppressed")
    assert world.incidents(deployment) == [["trigger"]]
    end(world, deployment)
    assert world.incidents(deployment) == [["trigger", "resolve"]]


def test_both_together_make_one_incident_and_the_end_resolves_it(world: Watched) -> None:
    """Alertmanager tells each second."""
    deployment = world.begun(21)
    world.prometheus.wait("it is paged for", lambda: world.incidents(deployment) == [["trigger"]])
    world.prometheus.wait("the alert fires", lambda: world.alertmanager.state(EXCEEDED, deployment) == "active")
    door = world.stack.functions()["CanaryAlerts"]
    told = door.invocations  # of the other canaries no alert fires any more
    world.prometheus.wait("the alert was told of twice", lambda: door.invocations >= told + 2)
    world.stack.drain()
    assert world.alarm(deployment) is not None  # the schedule that rings next is the end of its life
    assert world.incidents(deployment) == [["trigger"]]
    end(world, deployment)
    assert world.incidents(deployment) == [["trigger", "resolve"]]


def test_the_literal_alert_is_inhibited_while_extended(world: Watched) -> None:
    """Two canaries of the same age, a little over two hours: one gets an hour more by a press in Slack."""
    extended, other = 31, 32
    began = (utc_now() - BUDGET).replace(microsecond=0)
    for deployment in (extended, other):
        world.tell(deployment, "in_progress", began)
    world.press(extended, "canary.extend")
    wanted = {extended: "suppressed", other: "active"}

    def found() -> dict[int, str]:
        return {each: world.alertmanager.state(LITERAL, each) for each in wanted}

    world.prometheus.wait("both are told of by the literal alert", lambda: found() == wanted)
    world.prometheus.wait("the other one's alert", lambda: world.alertmanager.state(EXCEEDED, other) == "active")
    assert world.alertmanager.state(EXCEEDED, extended) == ""
    assert world.incidents(extended) == [["trigger", "resolve"]]
    assert world.incidents(other) == [["trigger"]]
    assert "may run until" in world.message(extended)["text"]
    slack = world.stack.outside.of(Slack).workspace
    told = f"Canary deployment {other} in production has been running"
    world.prometheus.wait("Slack is told of it", lambda: any(told in each["text"] for each in slack.listed()))


@pytest.fixture(scope="module")
def played(world: Watched) -> Iterator[Watched]:
    """With the samples of the features that the dashboards show, and a stream with a viewer; a canary is in flight."""
    stack, ended = world.stack, threading.Event()
    api, stream = stack.addresses.api, stream_of(stack)
    source = Source(api, stream, stack.secrets["producer"], 500, HERTZ, print)
    viewer = Viewer(api, stream, print)
    source.start()
    viewer.start()
    try:
        with ThreadPoolExecutor(3) as pool, patch.object(bandwidth, "DAYS", 36):  # past the warm-up of four weeks
            for each in [pool.submit(each.play, stack, ended) for each in (tickets, bandwidth, snapshots, sandboxes)]:
                each.result()
        assert stack.invoke("TicketDigest", {}).error == ""
        (fold,) = [each for each in stack.template.schedules if each.function == "PhaseStream"]  # each minute
        world.prometheus.wait("savings are counted", lambda: not stack.run(fold).error and drawn(world, COUNTED))
        yield world
    finally:
        source.stop()
        viewer.stop()


def drawn(world: Watched, query: str) -> bool:
    return any(not math.isnan(each) for each in world.prometheus.query(query).values())


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_query_of_every_dashboard_finds_data(played: Watched, path: Path) -> None:
    for query in expressions(path):
        played.prometheus.wait(f"there is data for {query}", partial(drawn, played, query))
