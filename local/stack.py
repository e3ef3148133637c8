"""All parts together: AWS, functions, doors, queues, clock and the outside world."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from typing import Any

from local import aws as local_aws
from local import gateway, paths, startpage
from local.clock import Clock, run_scheduled
from local.emulator import Emulator, Invocation
from local.errors import LocalError
from local.inbox import server as inbox_server
from local.inbox.server import WEBHOOK_PATH, Inbox
from local.poller import Poller
from local.template import Schedule, Template, load

Say = Callable[[str], None]
BOT_TOKEN = "xoxb-local"  # noqa: S105 - the inbox's own


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a person or program finds things."""

    api: str
    inbox: str
    start: str


class Stack:
    """Built by `start`, ended by `stop`; in between everything is as in the template.

    Ports: the gateway's, then the inbox's, then the start page's. Port 0 takes free ones.
    """

    def __init__(self, port: int, say: Say, policy: str | None = None) -> None:
        self._port = port
        self._say = say
        self._policy = policy
        self._servers: list[ThreadingHTTPServer] = []
        self._pollers: list[Poller] = []
        self._emulators: dict[str, Emulator] = {}
        self._clock: Clock | None = None
        self.webhook_secret = local_aws.random_secret()
        self.metrics_token = local_aws.random_secret()
        self.inbox = Inbox(BOT_TOKEN)
        self.dead: list[str] = []
        self.aws: local_aws.Aws
        self.template: Template
        self.addresses: Addresses

    def start(self) -> None:
        """Raises LocalError with one sentence when something is missing or taken; what was started is ended."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        _need_built()
        ports = [self._port + offset if self._port else 0 for offset in range(3)]
        inbox = inbox_server.serve(ports[1], self.inbox)
        self._serve(inbox)
        inbox_url = f"http://127.0.0.1:{inbox.server_address[1]}"
        self.template = load(paths.TEMPLATE, {"SlackApiUrl": f"{inbox_url}/api/", "Stage": "local"})
        api = gateway.serve(ports[0], self.template.routes, self.invoke)
        self._serve(api)
        start = startpage.serve(ports[2], self)
        self._serve(start)
        self.addresses = Addresses(
            f"http://127.0.0.1:{api.server_address[1]}", inbox_url, f"http://127.0.0.1:{start.server_address[1]}"
        )
        self._say("AWS: moto, with the template's tables, queues and bus")
        self.aws = local_aws.start()
        local_aws.create(self.aws, self.template, self._wanted())
        self._put_secrets(inbox_url)
        for name, spec in self.template.functions.items():
            environment = self.aws.environments.get(name, {}) | local_aws.CREDENTIALS
            environment["AWS_ENDPOINT_URL"] = self.aws.endpoint
            self._emulators[name] = Emulator(spec, environment, paths.LOGS / f"{name}.log")
        self._say(f"Lambda: {len(self._emulators)} functions, each under the Runtime Interface Emulator at first use")
        sqs = self.aws.client("sqs")
        for index, source in enumerate(self.template.sources):
            self._pollers.append(Poller(source, self.aws.values[f"source{index}"], sqs, self.invoke, self._say))
        self._clock = Clock(self.template.schedules, self.run)
        for poller in self._pollers:
            poller.start()
        self._clock.start()

    def stop(self) -> None:
        """End everything, in the order in which work flows; safe at any point of the start."""
        if self._clock is not None:
            self._clock.stop()
        for poller in self._pollers:
            poller.stop()
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for emulator in self._emulators.values():
            emulator.stop()
        if hasattr(self, "aws"):
            self.aws.stop()
        self._servers, self._pollers, self._emulators, self._clock = [], [], {}, None

    def invoke(self, function: str, event: Any) -> Invocation:
        """Call a function by its logical id and wait."""
        return self._emulators[function].invoke(event)

    def run(self, schedule: Schedule) -> Invocation:
        """One run of a schedule, as the clock does it."""
        return run_scheduled(schedule, self.invoke, self.dead.append, self._say)

    def functions(self) -> Mapping[str, Emulator]:
        return self._emulators

    def drain(self, seconds: float = 60) -> None:
        """Wait until every queue is empty. Raises LocalError when they are not in time."""
        deadline = time.monotonic() + seconds
        while any(poller.waiting() for poller in self._pollers):
            if time.monotonic() > deadline:
                raise LocalError(f"the queues are not empty after {seconds:.0f} s; see {paths.LOGS}")
            time.sleep(0.05)

    def _serve(self, server: ThreadingHTTPServer) -> None:
        server.daemon_threads = True
        self._servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def _wanted(self) -> dict[str, Any]:
        return {f"source{index}": source.queue for index, source in enumerate(self.template.sources)}

    def _put_secrets(self, inbox_url: str) -> None:
        parameters = self.template.parameters
        self.aws.put_secret(parameters["GithubSecretParameter"], self.webhook_secret)
        self.aws.put_secret(parameters["MetricsTokenParameter"], self.metrics_token)
        self.aws.put_secret(parameters["SlackTokenParameter"], BOT_TOKEN)
        self.aws.put_secret(f"{parameters['SlackWebhookParameterPrefix']}default-webhook", inbox_url + WEBHOOK_PATH)
        if self._policy is not None:
            self.aws.put_secret(parameters["PolicyParameter"], self._policy)


def _need_built() -> None:
    for path in (paths.RUNTIME, *(folder for folder in (paths.BUILD / "layers" / "common",))):
        if not path.exists():
            raise LocalError(f"{os.path.relpath(path, paths.ROOT)} is missing; `make run` installs what is needed")
