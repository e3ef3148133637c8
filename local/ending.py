"""Ctrl-C, and what else ends a run, told to every thread."""

import os
import signal
import threading
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def set_by_signals(ended: threading.Event) -> None:
    """From now on a signal sets `ended`.

    A handler runs in the middle of what the main thread does, which may hold the lock of `ended`: as when Ctrl-C comes
    with `make`'s own signal. So the handler only writes to a pipe, and a thread that waits there sets it.
    """
    heard, told = os.pipe()

    def handle(number: int, frame: FrameType | None) -> None:
        os.write(told, b".")

    def wait() -> None:
        os.read(heard, 1)
        ended.set()

    threading.Thread(target=wait, name="signals", daemon=True).start()
    for number in _SIGNALS:
        signal.signal(number, handle)
