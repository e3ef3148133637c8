"""A viewer that stays: it follows a stream as an open page does, so that there is something to count."""

import threading
from collections.abc import Callable

from local.errors import LocalError
from local.phase.follower import Follower

_PERIOD_SECONDS = 1.0


class Viewer:
    """Polls once a second from `start` to `stop`. `follower` has what it got."""

    def __init__(self, api: str, stream: str, say: Callable[[str], None]) -> None:
        self.follower = Follower(api, stream)
        self._name, self._say = f"the viewer of {stream}", say
        self._error = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._ended.wait(_PERIOD_SECONDS):
            try:
                self.follower.poll()
                self._error = ""
            except (LocalError, OSError) as error:  # of one poll; the next may do
                if not self._ended.is_set() and not self._error:
                    self._say(f"{self._name}: {error}")
                self._error = str(error)
