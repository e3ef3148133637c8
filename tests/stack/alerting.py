"""The local stack with a real Prometheus that scrapes it, and a real Alertmanager that tells its doors."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from canary_monitor.alarms import Alarm
from kaizen.times import parse_instant, utc_now
from local import paths
from local.demo import canary as demo
from local.outside.pager.service import PagerService
from local.outside.slack.service import Slack, webhook
from local.stack import Stack
from tests.rules.alertmanager import Alertmanager, Ways, alertmanager
from tests.rules.live import Prometheus, started

BUDGET = timedelta(hours=2)  # of the example's policy
FIRST = 91  # a canary that is in flight all the time, far within its budget


@dataclass(frozen=True, slots=True)
class Watched:
    stack: Stack
    prometheus: Prometheus
    alertmanager: Alertmanager

    def tell(self, deployment: int, state: str, at: datetime) -> None:
        """A delivery of GitHub, with all that comes of it at once. Each canary has a repository of its own."""
        demo.tell(self.stack, deployment, state, at, repository=_repository(deployment), number=deployment)
        self.stack.drain()

    def begun(self, first: int) -> int:
        """A canary whose schedule stands and will ring in a few seconds; the number of its deployment.

        On a machine that is so slow that the budget is over before the schedule stands, another has more time.
        """
        for deployment, seconds in enumerate((8, 25, 250), first):
            due = (utc_now() + timedelta(seconds=seconds)).replace(microsecond=0)
            self.tell(deployment, "in_progress", due - BUDGET)
            if self.alarm(deployment) == due:
                return deployment
            self.tell(deployment, "success", utc_now())
        pytest.fail("its budget was over before its schedule stood, three times")

    def alarm(self, deployment: int) -> datetime | None:
        """When a canary's schedule rings; None when it has none."""
        scheduler = self.stack.aws.client("scheduler")
        name = Alarm(deployment, demo.ENVIRONMENT, "deploy", deployment).name
        try:
            found = scheduler.get_schedule(GroupName=self._group, Name=name)
        except scheduler.exceptions.ResourceNotFoundException:
            return None
        return parse_instant(found["ScheduleExpression"][3:-1] + "Z")

    def unset(self, deployment: int) -> None:
        """Its schedule is lost."""
        name = Alarm(deployment, demo.ENVIRONMENT, "deploy", deployment).name
        self.stack.aws.client("scheduler").delete_schedule(GroupName=self._group, Name=name)

    @property
    def _group(self) -> str:
        return self.stack.aws.environments["CanaryMonitor"]["SCHEDULE_GROUP"]

    def incidents(self, deployment: int) -> list[list[str]]:
        """What happened to each incident of the pager's inbox that speaks of a canary, by whichever key."""
        pager = self.stack.outside.of(PagerService).incidents
        assert pager.refused == []
        mine = [each for each in pager.listed() if _repository(deployment) in each.key + json.dumps(each.payload)]
        return [[action for _, action in each.log] for each in mine]

    def message(self, deployment: int) -> dict[str, Any]:
        """The monitor's message in Slack."""
        (found,) = [
            each
            for each in self.stack.outside.of(Slack).workspace.listed()
            if each["text"].startswith("Canary ") and _repository(deployment) in each["text"]
        ]
        return found

    def press(self, deployment: int, action: str) -> None:
        message = self.message(deployment)
        (buttons,) = [each["elements"] for each in message["blocks"] if each["type"] == "actions"]
        (value,) = [each["value"] for each in buttons if each["action_id"] == action]
        slack = self.stack.outside.of(Slack)
        assert slack.press(message["channel"], message["ts"], action, value).status == 200
        self.stack.drain()


def _repository(deployment: int) -> str:
    return f"example-org/shop-{deployment}"


@contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    """Up, and scraped for the first time; everything is ended at the end."""
    policy = paths.POLICY.read_text(encoding="utf-8").replace("digest_hour = 9", "digest_hour = 0")  # due at any hour
    stack = Stack(0, print, policy, paths.BUILD / "local" / "test-logs")
    stack.start()
    try:
        outside, api = stack.addresses.outside, stack.addresses.api
        key = stack.outside.of(PagerService).incidents.routing_key
        ways = Ways(f"{api}/alerts", stack.secrets["alerts"], webhook(outside), f"{outside}/pager/v2/enqueue", key)
        target = api.removeprefix("http://")
        with (
            alertmanager(folder, ways) as told,
            started(folder, target, stack.secrets["metrics"], told.address) as (address, process),
        ):
            prometheus = Prometheus(address, process)
            prometheus.wait_for('up{job="kaizen"}', 1)
            made = Watched(stack, prometheus, told)
            made.tell(FIRST, "in_progress", utc_now())  # it starts the functions, so that the tests' canaries are quick
            yield made
    finally:
        stack.stop()
