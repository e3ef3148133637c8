"""One function under AWS's own Runtime Interface Emulator: real time-outs, real cold starts, no Docker.

The function's process sees its own environment and its own layers, nothing of ours but `inside/`, which warms it.
"""

import contextlib
import http.client
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import paths
from local.errors import LocalError
from local.template import FunctionSpec

_START_SECONDS, _ATTEMPTS = 15, 3
_WARM_SECONDS = 120  # for importing a handler on a machine that is busy; then the call itself tells what is wrong
# The interpreter behind our environment, run without its site-packages: functions see what Lambda has, nothing of ours.
_PYTHON = getattr(sys, "_base_executable", sys.executable)
# As in `inside/kaizen_local.py`, which cannot be imported here: it is a function's process that it runs in.
WARM, HANDLER = {"kaizen.local": "warm"}, "KAIZEN_LOCAL_HANDLER"
INSIDE = Path(__file__).parent / "inside"
_INVOKE = "/2015-03-31/functions/function/invocations"
# A process dies with the *thread* that started it, so one thread that lives as long as we do starts them all.
_STARTER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a function returned; `error` names what it raised, empty when it did not."""

    payload: Any
    error: str = ""


class Emulator:
    """Starts at the first invocation and takes one at a time, as one Lambda sandbox does.

    A call's time-out begins when the handler is imported. A process that was killed costs the call that it had.
    """

    def __init__(self, spec: FunctionSpec, environment: Mapping[str, str], log: Path) -> None:
        self._spec = spec
        self._environment = dict(environment)
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")  # of this run alone
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._warm = self._ended = False
        self.invocations = self.errors = 0

    def invoke(self, event: Any) -> Invocation:
        """Raises LocalError when the emulator itself does not answer."""
        with self._lock:
            self._warm_up()
            self.invocations += 1
            self._warm = False  # should this raise
            result = _read(self._post(encoded(event)))
            self._warm = not _ended(result)
        self.errors += bool(result.error)
        return result

    def warm(self) -> None:
        """Start the process and import the handler, so that the first call need not wait for that.

        Raises LocalError when the emulator itself does not start or answer.
        """
        with self._lock:
            self._warm_up()

    def _warm_up(self) -> None:
        if self._ended:
            raise LocalError(f"{self._spec.name} has ended with the stack")
        if not self.running:
            self._start()
            self._warm = False
        deadline = time.monotonic() + _WARM_SECONDS
        while not self._warm and time.monotonic() < deadline:
            answer = _read(self._post(encoded(WARM)))
            self._warm = answer.payload == {"ready": True}

    def end(self) -> None:
        """Stop for good: calls that come later are refused."""
        self._ended = True
        self.stop()

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        _signal(process, signal.SIGTERM)
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.wait()
        _signal(process, signal.SIGKILL)  # the runtime inside, should it have outlived the emulator

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _start(self) -> None:
        for _ in range(_ATTEMPTS):  # another program may take a free port before we do
            self._process = self._launched()
            deadline = time.monotonic() + _START_SECONDS
            while time.monotonic() < deadline and self._process.poll() is None:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                        return
                time.sleep(0.02)
            self.stop()
        raise LocalError(f"the emulator of {self._spec.name} did not start; see {self._log}")

    def _launched(self) -> "subprocess.Popen[bytes]":
        self._port, runtime_port = _free_port(), _free_port()
        command = [
            sys.executable, str(paths.ROOT / "local" / "lambda_" / "child.py"), str(os.getpid()),
            str(paths.emulator(platform.machine())),
            "--runtime-interface-emulator-address", f"127.0.0.1:{self._port}",
            "--runtime-api-address", f"127.0.0.1:{runtime_port}",
            _PYTHON, "-S", "-m", "awslambdaric", "kaizen_local.lambda_handler",
        ]  # fmt: skip
        return _STARTER.submit(self._spawn, command).result()

    def _spawn(self, command: list[str]) -> "subprocess.Popen[bytes]":
        folders = [paths.FUNCTIONS, *(f for layer in self._spec.layers for f in paths.layer_folders(layer))]
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, [*folders, paths.RUNTIME, INSIDE])),
            "PYTHONPYCACHEPREFIX": str(paths.BYTECODE),  # else each function compiles boto3 once more
            "PYTHONNOUSERSITE": "1",
            "AWS_LAMBDA_FUNCTION_NAME": self._spec.name,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self._spec.timeout),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self._spec.memory),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "LAMBDA_TASK_ROOT": str(paths.FUNCTIONS),
            "TZ": ":UTC",
        } | self._environment
        environment[HANDLER] = self._spec.handler
        with self._log.open("ab") as log:
            # Its own session, so that Ctrl-C reaches us alone and we end it in order.
            return subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _post(self, body: bytes) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._spec.timeout + 15)
        try:
            connection.request("POST", _INVOKE, body, {"Content-Type": "application/json"})
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            self.stop()  # the next call finds a new one
            raise LocalError(f"the emulator of {self._spec.name} does not answer; see {self._log}") from error
        finally:
            connection.close()


def encoded(event: Any) -> bytes:
    """The event as a function gets it: what is not ASCII stays one character, as on AWS."""
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _read(answer: bytes) -> Invocation:
    try:
        payload = json.loads(answer) if answer else None
    except ValueError:  # a time-out is told in plain words
        return Invocation(None, answer.decode("utf-8", "replace").strip())
    if isinstance(payload, dict) and "errorType" in payload and "statusCode" not in payload:
        return Invocation(payload, f"{payload['errorType']}: {payload.get('errorMessage', '')}")
    return Invocation(payload)


def _ended(result: Invocation) -> bool:
    """Whether the function's process is gone after this call: the emulator starts another one for the next."""
    return result.error.startswith("Runtime.") or "Task timed out" in result.error


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
