"""Asynchronous invocations: retries as the template sets them, then the record in the failure destination.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from local.aws.stand_ins import function_arn
from local.errors import LocalError
from local.lambda_.emulator import Invocation
from local.template import FunctionSpec

PAUSE_SECONDS = 1  # before a retry; Lambda waits one minute, then two, but here a person waits


class Asynchronous:
    """`send` puts a text into the queue with an ARN."""

    def __init__(
        self,
        invoke: Callable[[str, Any], Invocation],
        send: Callable[[str, str], None],
        destinations: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self._invoke = invoke
        self._send = send
        self._destinations = destinations  # function -> ARN of a queue
        self._say = say
        self._ending = threading.Event()

    def __call__(self, spec: FunctionSpec, payload: Any, otherwise: str = "") -> Invocation:
        """The last attempt's outcome. `otherwise` is the ARN of a queue for failures of a function without its own."""
        for attempt in range(1, spec.retries + 2):
            try:
                result = self._invoke(spec.name, payload)
            except LocalError as error:
                result = Invocation(None, str(error))
            if not result.error or self._ending.is_set():
                return result
            self._say(f"{spec.name} failed, attempt {attempt}: {result.error}")
            if attempt <= spec.retries and self._ending.wait(PAUSE_SECONDS):
                return result
        if destination := self._destinations.get(spec.name, otherwise):
            self._send(destination, json.dumps(failure_record(spec, payload, result)))
        return result

    def end(self) -> None:
        """No more retries: the stack is about to end."""
        self._ending.set()


def failure_record(spec: FunctionSpec, payload: Any, result: Invocation) -> dict[str, Any]:
    """What Lambda sends to a destination when all attempts have failed."""
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": f"{function_arn(spec.name)}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": spec.retries + 1,
        },
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": result.payload if result.payload is not None else {"errorMessage": result.error},
    }
