"""All parts together: AWS, functions, doors, queues, clock and the outside world."""

import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kaizen.policy.document import parse
from kaizen.policy.store import DEFAULT_FILE
from local import aws as local_aws
from local import gateway, paths, startpage
from local.asynchronous import Asynchronous
from local.clock import Clock, payload_of
from local.emulator import Emulator, Invocation
from local.errors import LocalError
from local.inbox import server as inbox_server
from local.inbox.workspace import WEBHOOK_PATH, Workspace
from local.lifecycle import Buckets
from local.poller import Poller
from local.queues import Queues
from local.servers import Server
from local.source import Source
from local.sweeper import Sweeper
from local.template import Schedule, Template, load
from local.ttl import Tables
from local.viewer import Viewer

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

    aws: local_aws.Aws
    template: Template
    addresses: Addresses
    queues: Queues

    def __init__(
        self, port: int, say: Callable[[str], None], policy: str | None = None, logs: Path = paths.LOGS
    ) -> None:
        """`policy` is the text of the policy in SSM; None leaves the layer's default in force."""
        self._port = port
        self.say = say
        self._policy = policy
        self.policy = parse(DEFAULT_FILE.read_text(encoding="utf-8") if policy is None else policy)
        self.logs = logs
        self._servers: list[Server] = []
        self._pollers: list[Poller] = []
        self._emulators: dict[str, Emulator] = {}
        self._clock: Clock | None = None
        self._sweeper: Sweeper | None = None
        self._asynchronous: Asynchronous | None = None
        self.source: Source | None = None
        self.viewer: Viewer | None = None
        self.webhook_secret = local_aws.random_secret()
        self.metrics_token = local_aws.random_secret()
        self.producer_token = local_aws.random_secret()
        self.inbox = Workspace(BOT_TOKEN)

    def start(self) -> None:
        """Raises LocalError with one sentence when something is missing or taken; what was started is ended."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything, in the order in which work flows; safe at any point of the start."""
        for outside in (self.source, self.viewer):
            if outside is not None:
                outside.stop()
        self.source = self.viewer = None
        if self._asynchronous is not None:
            self._asynchronous.end()
        if self._clock is not None:
            self._clock.stop()
        if self._sweeper is not None:
            self._sweeper.stop()
        for poller in self._pollers:
            poller.stop()
        for server in self._servers:
            server.end()
        for emulator in self._emulators.values():
            emulator.stop()
        if hasattr(self, "aws"):
            self.aws.stop()
            del self.aws
        self._servers, self._pollers, self._emulators = [], [], {}
        self._clock = self._sweeper = None

    def invoke(self, function: str, event: Any) -> Invocation:
        """Call a function by its logical id and wait. Raises LocalError when there is none, or it cannot be run."""
        if function not in self._emulators:
            raise LocalError(f"there is no function {function}")
        return self._emulators[function].invoke(event)

    def run(self, schedule: Schedule) -> Invocation:
        """One run of a schedule, as the clock does it: with retries, and a dead letter in the end."""
        assert self._asynchronous is not None
        return self._asynchronous(self.template.functions[schedule.function], payload_of(schedule))

    def functions(self) -> Mapping[str, Emulator]:
        return self._emulators

    def drain(self, seconds: float = 60) -> None:
        """Wait until every queue with a consumer is empty. Raises LocalError when they are not in time."""
        deadline = time.monotonic() + seconds
        while waiting := {name: count for name, count in self.queues.waiting().items() if count}:
            if time.monotonic() > deadline:
                raise LocalError(f"after {seconds:.0f} s there are still messages in {waiting}; see {self.logs}")
            time.sleep(0.05)

    def _start(self) -> None:
        _need_built()
        ports = [self._port + offset if self._port else 0 for offset in range(3)]
        # The doors first: a port that is taken is the fault that people meet most.
        inbox = self._bound(inbox_server.serve(ports[1], self.inbox))
        self.template = load(paths.TEMPLATE, {"SlackApiUrl": f"{inbox.address}/api/", "Stage": "local"})
        api = self._bound(gateway.serve(ports[0], self.template.routes, self.invoke, self.say))
        start = self._bound(startpage.serve(ports[2], self))
        self.addresses = Addresses(api.address, inbox.address, start.address)
        self._clock = Clock(self.template.schedules, self.run)
        self._start_aws(inbox.address)
        self._start_functions()
        self._sweeper = self._background()
        for server in self._servers:
            server.start()
        for poller in self._pollers:
            poller.start()
        self._clock.start()
        self._sweeper.start()

    def _background(self) -> Sweeper:
        physical, template = self.aws.physical, self.template
        buckets = Buckets(self.aws.client("s3"), {physical[name]: each for name, each in template.lifecycles.items()})
        lifetimes = {physical[name]: each for name, each in template.lifetimes.items()}
        tables = Tables(self.aws.client("dynamodb"), lifetimes)
        sweeps = {
            "the lifecycle of the buckets": buckets.sweep,
            "the tables' time to live": tables.sweep,
            "letting go of what moto tracks": local_aws.let_go,
        }
        return Sweeper(sweeps, self.say)

    def _bound(self, server: Server) -> Server:
        self._servers.append(server)
        return server

    def _start_aws(self, inbox_url: str) -> None:
        self.aws = local_aws.start()
        wanted = {f"source {index}": source.queue for index, source in enumerate(self.template.sources)}
        wanted |= {f"failed {name}": each.on_failure for name, each in self.template.functions.items()}
        local_aws.create(self.aws, self.template, {key: value for key, value in wanted.items() if value is not None})
        parameters = self.template.parameters
        self.aws.put_secret(parameters["GithubSecretParameter"], self.webhook_secret)
        self.aws.put_secret(parameters["MetricsTokenParameter"], self.metrics_token)
        self.aws.put_secret(parameters["ProducerTokenParameter"], self.producer_token)
        self.aws.put_secret(parameters["SlackTokenParameter"], BOT_TOKEN)
        self.aws.put_secret(f"{parameters['SlackWebhookParameterPrefix']}default-webhook", inbox_url + WEBHOOK_PATH)
        if self._policy is not None:
            self.aws.put_secret(parameters["PolicyParameter"], self._policy)
        self.say("AWS: moto, with the template's tables, queues, bus and bucket")

    def _start_functions(self) -> None:
        for name, spec in self.template.functions.items():
            environment = self.aws.environments.get(name, {}) | local_aws.CREDENTIALS
            environment["AWS_ENDPOINT_URL"] = self.aws.endpoint
            self._emulators[name] = Emulator(spec, environment, self.logs / f"{name}.log")
        self.say(f"Lambda: {len(self._emulators)} functions, each under the Runtime Interface Emulator at first use")
        sqs, values = self.aws.client("sqs"), self.aws.values
        for index, source in enumerate(self.template.sources):
            self._pollers.append(Poller(source, values[f"source {index}"], sqs, self.invoke, self.say))
        self.queues = Queues(sqs, self.aws.physical, [poller.url for poller in self._pollers])
        failed = {name: values[f"failed {name}"] for name in self.template.functions if f"failed {name}" in values}
        self._asynchronous = Asynchronous(self.invoke, self.queues.send, failed, self.say)


def _need_built() -> None:
    for path in (paths.RUNTIME, paths.BUILD / "layers" / "common", paths.emulator(platform.machine())):
        if not path.exists():
            raise LocalError(f"{os.path.relpath(path, paths.ROOT)} is missing; `make run` installs what is needed")
