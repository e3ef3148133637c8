"""Plays the template's schedules."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local.doors.schedules import Rule, parse
from local.errors import LocalError
from local.template import Schedule

_LONGEST_WAIT = 3600  # seconds; then it looks at the time again, which may have been set


class Clock:
    """One thread per schedule; a `rate` first runs after one period."""

    def __init__(self, schedules: list[Schedule], run: Callable[[Schedule], Any]) -> None:
        """Raises LocalError for a schedule that it cannot play."""
        self._stop = threading.Event()
        self._threads = []
        for schedule in schedules:
            if not isinstance(payload_of(schedule), dict):
                raise LocalError(f"the schedule {schedule.name} has an Input that is no JSON object")
            arguments = (schedule, parse(schedule.expression, schedule.zone), run)
            self._threads.append(threading.Thread(target=self._play, args=arguments, daemon=True))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=10)

    def _play(self, schedule: Schedule, rule: Rule, run: Callable[[Schedule], Any]) -> None:
        due = rule.following(datetime.now(UTC))
        while due is not None:
            left = (due - datetime.now(UTC)).total_seconds()
            if left <= 0:
                run(schedule)
                due, now = rule.following(due), datetime.now(UTC)
                if due is not None and due <= now:  # runs that were missed are not made up for
                    due = rule.following(now)
            elif self._stop.wait(min(left, _LONGEST_WAIT)):
                return
            if self._stop.is_set():
                return


def payload_of(schedule: Schedule) -> Any:
    """The event that the function gets; None when the template's Input is no JSON."""
    try:
        return json.loads(schedule.payload)
    except ValueError:
        return None
