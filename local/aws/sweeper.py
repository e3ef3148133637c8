"""Does every now and then what AWS does in the background: what has expired goes, and nothing else is kept."""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

_ROUND_SECONDS = 20


class Sweeper:
    """One thread for all `sweeps`, by what they are for."""

    def __init__(self, sweeps: Mapping[str, Callable[[datetime], Any]], say: Callable[[str], None]) -> None:
        self._sweeps = sweeps
        self._say = say
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def once(self, now: datetime) -> None:
        for name, sweep in self._sweeps.items():
            try:
                sweep(now)
            except Exception as error:  # noqa: BLE001 - it outlives whatever one round brings
                if not self._stop.is_set():
                    self._say(f"{name} failed: {error}")

    def _run(self) -> None:
        while not self._stop.wait(_ROUND_SECONDS):
            self.once(datetime.now(UTC))
