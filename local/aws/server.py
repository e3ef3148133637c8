"""AWS on this machine: moto's server in this process."""

import logging
import threading
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import boto3
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from local.aws import answers, fifo, lookups, transactions
from local.aws.arrivals import Arrivals
from local.aws.iam.guard import OPERATOR, Guard
from local.aws.stand_ins import REGION
from local.errors import LocalError

_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
_ONLY_ONE = threading.Lock()
_CREDENTIALS = {
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}


def credentials(function: str) -> dict[str, str]:
    """Variables of a function's process: it signs with its own name, so that it is held to its own rights."""
    return {"AWS_ACCESS_KEY_ID": function} | _CREDENTIALS


@dataclass(slots=True)
class Aws:
    """The server, and what the template's values came to."""

    server: BaseWSGIServer
    endpoint: str
    guard: Guard
    environments: dict[str, dict[str, str]] = field(default_factory=dict)  # function -> variables
    values: dict[str, str] = field(default_factory=dict)  # queue ARNs by the keys that `create` was given
    physical: dict[str, str] = field(default_factory=dict)  # logical ids to physical ones
    writes_fail: threading.Event = field(default_factory=threading.Event)  # while set, DynamoDB writes nothing
    arrivals: Arrivals = field(default_factory=Arrivals)  # of messages in queues

    def client(self, service: str) -> Any:
        build: Any = boto3.client  # its typing knows the services one by one
        return build(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=OPERATOR,
            aws_secret_access_key="local",  # noqa: S106 - moto takes any
        )

    def put_secret(self, name: str, value: str) -> None:
        self.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        _ONLY_ONE.release()


class _AtomicTables:
    """moto, one DynamoDB request after the other: between threads its transactions tear, and AWS's do not.

    The other services go on side by side; a queue's long poll would hold up everything else.
    """

    def __init__(self, moto: Callable[..., Iterable[bytes]], fail: threading.Event, arrivals: Arrivals) -> None:
        self._moto, self._fail, self._arrivals, self._tables = moto, fail, arrivals, threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        service, _, call = target.partition(".")
        if not service.startswith("DynamoDB"):
            answer = self._moto(environ, start_response)
            self._arrivals.note(target)
            return answer
        if self._fail.is_set() and call.startswith(_WRITES):
            start_response("500 Internal Server Error", [("Content-Type", "application/x-amz-json-1.0")])
            return [b'{"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "as asked for"}']
        with self._tables:
            return list(self._moto(environ, start_response))


def let_go(now: datetime) -> None:
    """moto lists all that it ever made for its dashboard: each copy of a table, each object that is long gone."""
    reset_model_data()


def start() -> Aws:
    """An empty AWS on a free port of the loopback interface. Raises LocalError when this process has one already."""
    if not _ONLY_ONE.acquire(blocking=False):
        raise LocalError("this process has a stack already, and moto keeps one state per process")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line per AWS call helps nobody
    fifo.keep_order()
    transactions.copy_only_what_they_touch()
    answers.write_values_quickly()
    lookups.look_up_once()
    writes_fail, arrivals = threading.Event(), Arrivals()
    guard = Guard(_AtomicTables(DomainDispatcherApplication(create_backend_app), writes_fail, arrivals))
    server = make_server("127.0.0.1", 0, guard, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, name="aws", daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    # moto keeps its state per process, not per server: an earlier stack of this process is forgotten.
    urllib.request.urlopen(f"{endpoint}/moto-api/reset", data=b"").close()  # noqa: S310 - our own loopback address
    return Aws(server, endpoint, guard, writes_fail=writes_fail, arrivals=arrivals)
