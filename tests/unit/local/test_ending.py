"""Signals end a run, in whichever moment they come."""

import os
import subprocess
import sys

import pytest

from tests.architecture.house import ROOT

# The main thread holds the lock of the event while the signals come, as it does for a moment whenever it waits for it.
PROGRAM = """
import os, signal, threading
from local.ending import set_by_signals
ended = threading.Event()
set_by_signals(ended)
with ended._cond:
    for number in {numbers}:
        os.kill(os.getpid(), number)
ended.wait()
print("ended")
"""


@pytest.mark.parametrize("numbers", ["[signal.SIGTERM]", "[signal.SIGINT, signal.SIGTERM, signal.SIGHUP] * 3"])
def test_a_signal_is_heard_whatever_the_main_thread_holds(numbers: str) -> None:
    command = [sys.executable, "-c", PROGRAM.format(numbers=numbers)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "ended\n"), done.stderr
