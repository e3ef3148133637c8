"""All parts together: AWS, functions, doors, queues, clock and the outside world."""

import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kaizen.policy.document import parse
from kaizen.policy.store import DEFAULT_FILE
from local import own, paths
from local.aws import resources, server
from local.aws.iam import binding
from local.aws.lifecycle import Buckets
from local.aws.sweeper import Sweeper
from local.aws.ttl import Tables
from local.doors import gateway
from local.doors.clock import Clock, payload_of
from local.doors.poller import Poller
from local.doors.queues import Queues
from local.doors.scheduler import Scheduler
from local.doors.servers import Server
from local.errors import EndedError, LocalError
from local.lambda_.asynchronous import Asynchronous
from local.lambda_.emulator import Emulator, Invocation
from local.outside import world
from local.outside.world import World
from local.template import Schedule, Template, load
from tools import policy as policy_tool


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a person or program finds things."""

    api: str
    outside: str


class Stack:
    """Built by `start`, ended by `stop`; in between everything is as in the template.

    Ports: the gateway's, then the outside world's. Port 0 takes free ones. `notes` are for whoever drives the stack;
    it does not look at them itself.
    """

    aws: server.Aws
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
        self._background: list[Poller | Clock | Scheduler | Sweeper] = []  # in the order in which they are to end
        self._emulators: dict[str, Emulator] = {}
        self._asynchronous: Asynchronous | None = None
        self.secrets = own.made()
        self.outside = World()
        self.notes: dict[str, Any] = {}

    def start(self, ended: threading.Event | None = None) -> None:
        """Raises LocalError with one sentence when something is missing or taken; what was started is ended.

        Leaves off with EndedError soon after `ended` is set.
        """
        try:
            for step in self._steps():
                if ended is not None and ended.is_set():
                    raise EndedError
                step()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything; safe at any point of the start. Work that is on its way is not waited for."""
        if self._asynchronous is not None:
            self._asynchronous.end()
        ends = [each.stop for each in self._background] + [each.end for each in self._emulators.values()]
        with ThreadPoolExecutor(len(ends) or 1) as pool:  # together: each may take seconds
            for ended in [pool.submit(end) for end in ends]:
                if error := ended.exception():  # the others are ended all the same
                    self.say(f"something did not end in order: {error!r}")
        for door in self._servers:
            door.end()
        if hasattr(self, "aws"):
            self.aws.stop()
            del self.aws
        self._servers, self._background, self._emulators = [], [], {}

    def invoke(self, function: str, event: Any) -> Invocation:
        """Call a function by its logical id and wait. Raises LocalError when there is none, or it cannot be run."""
        if function not in self._emulators:
            raise LocalError(f"there is no function {function}")
        return self._emulators[function].invoke(event)

    def warm(self, ended: threading.Event) -> None:
        """Start every function, so that nobody waits for it later; leaves off when `ended` is set.

        Says which one does not start; its first call tells the same again.
        """
        for name, emulator in self._emulators.items():
            if ended.is_set():
                return
            try:
                emulator.warm()
            except Exception as error:  # noqa: BLE001 - at the end, what is being started is taken away
                if not ended.is_set():
                    self.say(f"{name} does not start: {error}")

    def run(self, schedule: Schedule) -> Invocation:
        """One run of a schedule, as the clock does it: with retries, and a dead letter in the end."""
        return self.invoke_later(schedule.function, payload_of(schedule))

    def invoke_later(self, function: str, payload: Any, dead_letters: str = "") -> Invocation:
        """An asynchronous invocation, to its last retry; `dead_letters` is for a function without a queue of its own.

        Raises LocalError when there is no such function.
        """
        if self._asynchronous is None or function not in self.template.functions:
            raise LocalError(f"there is no function {function}")
        return self._asynchronous(self.template.functions[function], payload, dead_letters)

    def functions(self) -> Mapping[str, Emulator]:
        return self._emulators

    def drain(self, seconds: float = 180) -> None:
        """Wait until every queue with a consumer is empty. Raises LocalError when they are not in time."""
        deadline = time.monotonic() + seconds
        while waiting := {name: count for name, count in self.queues.waiting().items() if count}:
            if time.monotonic() > deadline:
                raise LocalError(f"after {seconds:.0f} s there are still messages in {waiting}; see {self.logs}")
            time.sleep(0.1)

    def _steps(self) -> Iterator[Callable[[], None]]:
        """What starts it, in parts that take a second or two at most."""
        yield _need_built
        yield self._open_doors
        yield self._start_aws
        yield self._create_resources
        yield self._start_functions
        yield self._begin

    def _open_doors(self) -> None:
        # The doors first: a port that is taken is the fault that people meet most.
        outside = self._bound(world.serve(self._port + 1 if self._port else 0, self.outside))
        given = self.outside.parameters(outside.address) | {"Stage": "local"}
        self.template = load(paths.TEMPLATE, given)
        api = self._bound(gateway.serve(self._port, self.template.routes, self.invoke, self.say))
        self.addresses = Addresses(api.address, outside.address)
        self.outside.meet(api.address)

    def _begin(self) -> None:
        clock = Clock(self.template.schedules, self.run)
        scheduler = Scheduler(self.aws.client("scheduler"), self.invoke_later, self.queues.send, self.say)
        self._background = [clock, scheduler, self._sweeper(), *self._background]
        for door in self._servers:
            door.start()
        for each in self._background:
            each.start()

    def _sweeper(self) -> Sweeper:
        physical, template = self.aws.physical, self.template
        buckets = Buckets(self.aws.client("s3"), {physical[name]: each for name, each in template.lifecycles.items()})
        lifetimes = {physical[name]: each for name, each in template.lifetimes.items()}
        tables = Tables(self.aws.client("dynamodb"), lifetimes)
        sweeps = {
            "the lifecycle of the buckets": buckets.sweep,
            "the tables' time to live": tables.sweep,
            "letting go of what moto tracks": server.let_go,
        }
        return Sweeper(sweeps, self.say)

    def _bound(self, door: Server) -> Server:
        self._servers.append(door)
        return door

    def _start_aws(self) -> None:
        self.aws = server.start()

    def _create_resources(self) -> None:
        wanted = {f"source {index}": source.queue for index, source in enumerate(self.template.sources)}
        wanted |= {f"failed {name}": each.on_failure for name, each in self.template.functions.items()}
        wanted |= binding.wanted(self.template)
        resources.create(self.aws, self.template, {key: value for key, value in wanted.items() if value is not None})
        self._hold_to_rights()
        parameters = self.template.parameters
        named = {parameters[name]: self.secrets[each] for each, name in own.OWN.items() if name in parameters}
        named |= self.outside.secrets(self.addresses.outside, parameters)
        named[own.api_url(parameters)] = self.addresses.api
        for name, value in named.items():
            self.aws.put_secret(name, value)
        if self._policy is not None:  # as `make policy` does it
            policy_tool.put(self.aws, parameters["PolicyParameter"], self.aws.physical["PolicyBucket"], self._policy)
        self.outside.prepare(self.aws.client, parameters)
        self.say("AWS: moto, with the template's tables, queues, bus and bucket")

    def _hold_to_rights(self) -> None:
        """Functions may do what their statements in the template allow, and nothing else."""
        statements = binding.statements(self.template, self.aws.values)
        self.aws.guard.bind(statements, binding.keys(self.template, self.aws.physical))

    def _start_functions(self) -> None:
        for name, spec in self.template.functions.items():
            environment = self.aws.environments.get(name, {}) | server.credentials(name)
            environment["AWS_ENDPOINT_URL"] = self.aws.endpoint
            self._emulators[name] = Emulator(spec, environment, self.logs / f"{name}.log")
        self.say(f"Lambda: {len(self._emulators)} functions, each under the Runtime Interface Emulator")
        sqs, values = self.aws.client("sqs"), self.aws.values
        pollers = [
            Poller(source, values[f"source {index}"], sqs, self.invoke, self.say, self.aws.arrivals)
            for index, source in enumerate(self.template.sources)
        ]
        self._background += pollers
        self.queues = Queues(sqs, self.aws.physical, [poller.url for poller in pollers])
        failed = {name: values[f"failed {name}"] for name in self.template.functions if f"failed {name}" in values}
        self._asynchronous = Asynchronous(self.invoke, self.queues.send, failed, self.say)


def _need_built() -> None:
    for path in (paths.RUNTIME, paths.BUILD / "layers" / "common", paths.emulator(platform.machine())):
        if not path.exists():
            raise LocalError(f"{os.path.relpath(path, paths.ROOT)} is missing; `make run` installs what is needed")
