"""The stack as a program: its one-sentence errors, and that it leaves nothing behind however it ends."""

import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from local import paths

COMMAND = [sys.executable, "-m", "local"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(paths.ROOT / "layers" / "common")}


def local(*arguments: str, seconds: float = 300) -> "subprocess.CompletedProcess[str]":
    command = [*COMMAND, *arguments]
    return subprocess.run(
        command, cwd=paths.ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=seconds, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_a_run(number: signal.Signals) -> None:
    with _started("run", "--port", "0") as run:  # any free ones: a port found here could be taken until it listens
        deadline = time.monotonic() + 300
        while len(pids := [int(pid) for pid in _descendants(run.pid)]) < 4:
            assert time.monotonic() < deadline, "no functions are running"
            time.sleep(0.1)
        run.send_signal(number)
        status = run.wait(timeout=300)
    assert status == (0 if number != signal.SIGKILL else -9)
    deadline = time.monotonic() + 120
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [pid for pid in pids if _alive(pid)] == []


@pytest.mark.parametrize("moment", [b"", b"Kaizen Loop on this machine", b"AWS: moto", b"Samples follow"])
def test_ctrl_c_in_a_terminal_ends_quietly_at_any_moment(moment: bytes) -> None:
    """make got the signal as well, and added a line of its own about an error; samples were waited for; Python, while
    it was starting, showed a traceback. The first moment is when Python's process is there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(paths.ROOT)
        os.execvp("make", ["make", "run", "PORT=0"])
    shown, pressed = b"", False
    if not moment:
        while len(_descendants(pid)) < 2:  # the shell and Python
            time.sleep(0.005)
        os.write(terminal, b"\x03")
        pressed = True
    with suppress(OSError):  # what a terminal gives when its last program has ended
        while piece := os.read(terminal, 4096):
            shown += piece
            if not pressed and moment in shown:
                pressed = True
                os.write(terminal, b"\x03")
    os.waitpid(pid, 0)
    os.close(terminal)
    last = shown.decode()
    assert pressed
    assert "All samples are in" not in last
    assert "make:" not in last
    assert "Traceback" not in last
    assert moment == b"" or "end" in last.rpartition(moment.decode())[2]


@contextmanager
def _started(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """The stack as a program that is up; it is killed at the end when a test has not ended it."""
    command = [*COMMAND, *arguments]
    with subprocess.Popen(command, cwd=paths.ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as run:
        try:
            assert run.stdout is not None
            assert any("Samples follow" in line for line in run.stdout), "it ended before it was up"
            yield run
        finally:
            run.kill()


def _descendants(parent: int) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [line.split() for line in listed.splitlines()]
    found, waiting = [], [str(parent)]
    while waiting:
        above = waiting.pop()
        for pid, ppid in pairs:
            if ppid == above:
                found.append(pid)
                waiting.append(pid)
    return found


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _taken(busy: socket.socket) -> int:
    """Listen on a port below the ephemeral range: above it, its neighbours may be taken by connections of others."""
    for port in range(20_000, 30_000, 10):
        try:
            busy.bind(("127.0.0.1", port))
        except OSError:
            continue
        busy.listen()
        return port
    raise AssertionError("no port is free")


def test_a_busy_port_is_one_sentence() -> None:
    with socket.socket() as busy:
        port = _taken(busy)
        done = local("run", "--port", str(port))
    assert done.returncode == 2
    assert f"port {port} is in use" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("number", ["9", "1000001", "many"])
def test_a_number_of_oscillators_that_is_none(number: str) -> None:
    done = local("run", "--port", "0", "--oscillators", number)
    assert done.returncode == 2
    assert f"{number} is no number from 10 to 1000000" in done.stderr


def test_a_bad_policy_is_one_sentence(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("[tickets]\nlabel = []\n")
    done = local("run", "--port", "0", "--policy", str(policy))
    assert done.returncode == 2
    assert "tickets.label: there is no such key" in done.stderr
    assert done.stderr.count("\n") == 1
