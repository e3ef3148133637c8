"""Plays the schedules that functions create at run time in EventBridge Scheduler, which moto keeps and never runs.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule.html
"""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from local.aws.stand_ins import function_of
from local.doors.schedules import At, Rule, parse
from local.errors import LocalError

_ROUND_SECONDS = 1.0


@dataclass(slots=True)
class _Known:
    """A schedule as it was read: `due` is its next run, None when there is none any more."""

    version: tuple[datetime, datetime]  # when it was created, and last changed
    given: dict[str, Any]
    rule: Rule | None
    due: datetime | None
    running: bool = False


class Scheduler:
    """Looks once a second for what is due. One that is due runs in a thread of its own, never twice at once.

    `run(function, payload, dead_letters)` invokes a function by its logical id, with retries; `send(arn, text)` puts a
    text into a queue, whether target or dead letters. Runs that were missed are not made up for, but an `at()` in the
    past runs at once.
    """

    def __init__(
        self,
        scheduler: Any,
        run: Callable[[str, Any, str], Any],
        send: Callable[[str, str], None],
        say: Callable[[str], None],
    ) -> None:
        self._scheduler, self._run_function, self._send, self._say = scheduler, run, send, say
        self._known: dict[str, _Known] = {}  # by ARN
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="scheduler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def once(self, now: datetime) -> list[threading.Thread]:
        """One look; the threads of the runs that it started."""
        listed = {each["Arn"]: each for each in self._listed()}
        for gone in self._known.keys() - listed.keys():
            del self._known[gone]
        started = []
        for arn, each in listed.items():
            known = self._read(arn, each)
            if known.due is None or known.due > now or known.running or each["State"] != "ENABLED":
                continue
            known.running = True
            thread = threading.Thread(target=self._play, args=(known, now), name=f"schedule {arn}", daemon=True)
            thread.start()
            started.append(thread)
        return started

    def _loop(self) -> None:
        while not self._stop.wait(_ROUND_SECONDS):
            try:
                self.once(datetime.now(UTC))
            except Exception as error:  # noqa: BLE001 - it outlives whatever one round brings
                if not self._stop.is_set():
                    self._say(f"the scheduler failed: {error}")

    def _listed(self) -> Iterator[dict[str, Any]]:
        for page in self._scheduler.get_paginator("list_schedules").paginate():
            yield from page["Schedules"]

    def _read(self, arn: str, listed: dict[str, Any]) -> _Known:
        version = (listed["CreationDate"], listed["LastModificationDate"])
        known = self._known.get(arn)
        if known is None or known.version != version:
            given = self._scheduler.get_schedule(GroupName=listed["GroupName"], Name=listed["Name"])
            known = self._known[arn] = self._planned(given, version)
        return known

    def _planned(self, given: dict[str, Any], version: tuple[datetime, datetime]) -> _Known:
        try:
            rule = parse(given["ScheduleExpression"], given.get("ScheduleExpressionTimezone", "UTC"))
        except LocalError as error:
            self._say(f"the schedule {given['Name']} does not run: {error}")
            return _Known(version, given, None, None)
        if isinstance(rule, At):
            return _Known(version, given, rule, rule.instant)
        since = max(version[1], given.get("StartDate", version[1]))
        return _Known(version, given, rule, _within(given, rule.following(since)))

    def _play(self, known: _Known, now: datetime) -> None:
        try:
            self._deliver(known.given)
            known.due = _within(known.given, _next(known, now))
            if known.due is None and known.given.get("ActionAfterCompletion") == "DELETE":
                self._scheduler.delete_schedule(GroupName=known.given["GroupName"], Name=known.given["Name"])
        except Exception as error:  # noqa: BLE001 - of one run; it is said, and the others go on
            known.due = None
            if not self._stop.is_set():
                self._say(f"the schedule {known.given['Name']} failed: {error}")
        finally:
            known.running = False

    def _deliver(self, given: dict[str, Any]) -> None:
        """Invoke the target; what cannot be delivered goes to the schedule's dead letters as it is, as on AWS."""
        target = given["Target"]
        text = target.get("Input", "{}")
        dead_letters = target.get("DeadLetterConfig", {}).get("Arn", "")
        function = function_of(target["Arn"])
        try:
            if target["Arn"].startswith("arn:aws:sqs:"):
                self._send(target["Arn"], text)
                return
            payload = json.loads(text)
            if not function:
                raise LocalError(f"{target['Arn']} is no function of this stack and no queue")
            self._run_function(function, payload, dead_letters)
        except (ValueError, LocalError, ClientError) as error:
            self._say(f"the schedule {given['Name']} cannot be delivered: {error}")
            if dead_letters:
                self._send(dead_letters, text)


def _next(known: _Known, now: datetime) -> datetime | None:
    """The next run after one at `now`; runs that were missed are passed over."""
    if known.rule is None or known.due is None:
        return None
    due = known.rule.following(known.due)
    return due if due is None or due > now else known.rule.following(now)


def _within(given: dict[str, Any], due: datetime | None) -> datetime | None:
    """None for what would come after the schedule's end."""
    end = given.get("EndDate")
    return None if due is not None and end is not None and due > end else due
