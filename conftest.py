"""Guards of every test: nobody's credentials, no network, no label value that the exporter would not know of."""

import os
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import settings

from kaizen.metrics import changes
from kaizen.metrics.catalogue import Metric
from tests.effort import PROFILE, examples

# Whatever the shell of a person says about AWS is forgotten before any test module is imported.
for _name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[_name]
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

# No deadline: a test must not fail because the machine is busy.
settings.register_profile(PROFILE, deadline=None, max_examples=examples(100))
settings.load_profile(PROFILE)

_CONNECT, _CONNECT_EX = socket.socket.connect, socket.socket.connect_ex
_SERIES_KEY = changes.series_key


def _guard(address: Any) -> None:
    """Fails the test, past every `except Exception`, when the address is not on this machine."""
    host = address[0] if isinstance(address, tuple) else ""  # a path of a local socket is no tuple
    if host and host not in ("localhost", "::1") and not str(host).startswith("127."):
        pytest.fail(f"a test connects to {address}: only this machine is allowed", pytrace=True)


def _connect(self: socket.socket, address: Any) -> None:
    _guard(address)
    _CONNECT(self, address)


def _connect_ex(self: socket.socket, address: Any) -> int:
    _guard(address)
    return _CONNECT_EX(self, address)


def _series_key(metric: Metric, labels: Mapping[str, str], shard_by: str = "") -> str:
    """What is booked must be exported at 0 before: `increase()` does not see a counter that is born above 0."""
    key = _SERIES_KEY(metric, labels, shard_by)
    for label, known in metric.values.items():
        if labels[label] not in known:
            pytest.fail(f"{metric.name} is booked with {label}={labels[label]!r}, which its `values` do not list")
    return key


@pytest.fixture(scope="session", autouse=True)
def guards() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _connect)
        patch.setattr(socket.socket, "connect_ex", _connect_ex)
        patch.setattr(changes, "series_key", _series_key)
        yield
