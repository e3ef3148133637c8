"""Plays the template's schedules, with the retries and the failure destination of an asynchronous invocation."""

import json
import re
import threading
from collections.abc import Callable
from typing import Any

from local.emulator import Invocation
from local.errors import LocalError
from local.template import Schedule

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
RETRIES = 2


def period(expression: str) -> int:
    """Seconds between two runs of a `rate(...)`. Raises LocalError for what this clock cannot play."""
    found = _RATE.fullmatch(expression)
    if found is None:
        raise LocalError(f"the local clock plays rate(...) schedules, not {expression!r}")
    return int(found[1]) * _SECONDS[found[2]]


def run_scheduled(
    schedule: Schedule,
    invoke: Callable[[str, Any], Invocation],
    fail: Callable[[str], None],
    say: Callable[[str], None],
) -> Invocation:
    """One run: tried three times in all, then its event goes to the function's failure destination."""
    result = Invocation(None, "not run")
    for _ in range(1 + RETRIES):
        try:
            result = invoke(schedule.function, json.loads(schedule.payload))
        except LocalError as error:
            result = Invocation(None, str(error))
        if not result.error:
            return result
        say(f"{schedule.function} failed: {result.error}")
    fail(json.dumps({"requestPayload": json.loads(schedule.payload), "responsePayload": result.error}))
    return result


class Clock:
    """One thread per schedule; as on AWS, the first run comes after one period."""

    def __init__(self, schedules: list[Schedule], run: Callable[[Schedule], Any]) -> None:
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._play, args=(schedule, period(schedule.expression), run), daemon=True)
            for schedule in schedules
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def _play(self, schedule: Schedule, seconds: int, run: Callable[[Schedule], Any]) -> None:
        while not self._stop.wait(seconds):
            run(schedule)
