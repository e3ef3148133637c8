"""A real Prometheus that scrapes real processes of the exporter over one store, all on this machine."""

import base64
import json
import logging
import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from unittest.mock import patch
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml
from moto.server import ThreadedMotoServer

from tests.architecture.house import FUNCTIONS, LAYER, ROOT
from tests.contract.exporter_world import ENVIRONMENT, TOKEN, World
from tests.rules.tools import PROMETHEUS, RULES, tool

SECONDS = 2  # between scrapes
PATIENCE = 300.0  # seconds until something that should come is given up


class Worker:
    """A process that has just started, and stays warm until it is ended."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.rules.worker"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._lock = Lock()
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(json.dumps(event) + "\n")
            self._process.stdin.flush()
            response: dict[str, Any] = json.loads(self._read())
        return response

    def end(self) -> None:
        self._process.terminate()
        self._process.communicate()


class Fleet:
    """Two processes that answer in turn, as warm Lambdas do; a cold start replaces both."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._workers: list[Worker] = []
        self._turns: Counter[str] = Counter()
        self.answers: list[int] = []  # statuses since the last cold start
        self.cold_start()

    def cold_start(self) -> None:
        old, self._workers = self._workers, [Worker(self._environment) for _ in range(2)]
        self.answers = []
        for worker in old:
            worker.end()

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        # A turn for each scraper: two that alternate would else meet the same process every time.
        scraper = event["headers"].get("authorization", "")
        self._turns[scraper] += 1
        response = self._workers[self._turns[scraper] % 2].invoke(event)
        self.answers.append(response["statusCode"])
        return response

    def end(self) -> None:
        for worker in self._workers:
            worker.end()


def _door(fleet: Fleet) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        """A GET as an event of the HTTP API, and the response as HTTP."""

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            response = fleet.invoke({"version": "2.0", "rawPath": self.path, "headers": headers})
            body = response["body"].encode()
            if response["isBase64Encoded"]:
                body = base64.b64decode(body)
            self.send_response(response["statusCode"])
            for name, value in response["headers"].items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Door


class Prometheus:
    """A running Prometheus, by its HTTP API."""

    def __init__(self, address: str, process: "subprocess.Popen[bytes]") -> None:
        self._address = address
        self._process = process

    def api(self, path: str, **query: str) -> Any:
        with urlopen(f"{self._address}/api/v1/{path}?{urlencode(query)}", timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> dict[tuple[tuple[str, str], ...], float]:
        """Instant vector: sorted labels -> value."""
        found = self.api("query", query=expression)["result"]
        return {tuple(sorted(each["metric"].items())): float(each["value"][1]) for each in found}

    def value(self, expression: str) -> float | None:
        """The one value of an expression; None when it has none."""
        values = list(self.query(expression).values())
        assert len(values) < 2, (expression, values)
        return values[0] if values else None

    def wait(self, what: str, holds: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self._process.poll() is not None:
                pytest.fail("Prometheus has ended")
            try:
                if holds():
                    return
            except (HTTPError, OSError):  # it is still starting
                pass
            time.sleep(0.2)
        pytest.fail(f"waited in vain until {what}{self.seen()}")

    def wait_for(self, expression: str, value: float | None) -> None:
        self.wait(f"{expression} is {value}", lambda: self.value(expression) == value)

    def seen(self) -> str:
        """What helps to understand why something did not come."""
        return ""


class Live(Prometheus):
    """With the processes that it scrapes, and the store behind them."""

    def __init__(self, world: World, fleet: Fleet, address: str, process: "subprocess.Popen[bytes]") -> None:
        super().__init__(address, process)
        self.world = world
        self.fleet = fleet

    def seen(self) -> str:
        return f"; the last answers were {self.fleet.answers[-5:]}"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def write_configuration(folder: Path, target: str, token: str, alertmanager: str = "") -> Path:
    """The sample configuration with another target and shorter intervals, and a second scraper with a wrong token.

    `alertmanager` is where alerts go, host and port; nowhere when empty.
    """
    (folder / "rules").mkdir()
    for rules in RULES:  # long windows are evaluated every few minutes: not here
        text = re.sub(r"interval: [0-9]+m\b", f"interval: {SECONDS}s", rules.read_text(encoding="utf-8"))
        if rules.name == "canary.yml":  # the roadmap's alert waits for five minutes
            text = re.sub(r"for: [0-9]+m\b", f"for: {SECONDS}s", text)
        (folder / "rules" / rules.name).write_text(text, encoding="utf-8")
    (folder / "metrics-token").write_text(token, encoding="utf-8")
    (folder / "wrong-token").write_text("wrong", encoding="utf-8")
    given = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    given["global"] = dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), f"{SECONDS}s")
    given["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}] if alertmanager else []}
    (job,) = given["scrape_configs"]
    job |= {"scheme": "http", "static_configs": [{"targets": [target]}]}
    stranger = job | {
        "job_name": "stranger",
        "authorization": job["authorization"] | {"credentials_file": "wrong-token"},
    }
    given["scrape_configs"].append(stranger)
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(given), encoding="utf-8")
    return path


@contextmanager
def started(
    folder: Path, target: str, token: str, alertmanager: str = ""
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A Prometheus with the sample's configuration, ended at the end: its address and its process."""
    configuration = write_configuration(folder, target, token, alertmanager)
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [
            tool("prometheus"),
            f"--config.file={configuration}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={address}",
            "--log.level=error",
        ]
    )
    try:
        yield f"http://{address}", process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def live(folder: Path) -> Iterator[Live]:
    """Everything started, and everything that was started ended again."""
    with ExitStack() as stack:
        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line for each request to moto says nothing
        moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        moto.start()
        stack.callback(moto.stop)
        host, port = moto.get_host_and_port()
        stack.enter_context(patch.dict(os.environ, ENVIRONMENT | {"AWS_ENDPOINT_URL": f"http://{host}:{port}"}))
        world = World()
        fleet = Fleet(os.environ | {"PYTHONPATH": os.pathsep.join((str(LAYER), str(FUNCTIONS), str(ROOT)))})
        stack.callback(fleet.end)
        door = ThreadingHTTPServer(("127.0.0.1", 0), _door(fleet))
        thread = Thread(target=door.serve_forever)
        thread.start()
        stack.callback(thread.join)
        stack.callback(door.server_close)
        stack.callback(door.shutdown)
        address, process = stack.enter_context(started(folder, f"127.0.0.1:{door.server_port}", TOKEN))
        yield Live(world, fleet, address, process)
