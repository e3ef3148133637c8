"""Guards of every test: nobody's credentials, no network, no label value that the exporter would not know of.

And no message to Slack that another library's rules refuse, beside those of our own double.
"""

import gc
import os
import re
import socket
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import settings

from kaizen.metrics import changes
from kaizen.metrics.catalogue import Metric
from local.outside.slack import rules, workspace
from tests import block_kit
from tests.effort import FACTORS, PROFILE, examples

# Whatever the shell of a person says about AWS, and every secret in it, is forgotten before a test module is imported.
_SECRET = re.compile(r"AWS_|.*(TOKEN|SECRET|PASSWORD|API_KEY)", re.IGNORECASE)
for _name in [name for name in os.environ if _SECRET.match(name) and not name.endswith("_CONTRACT_TOKEN")]:
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
for _profile in FACTORS:
    settings.register_profile(_profile, deadline=None, max_examples=examples(100, _profile))
settings.load_profile(PROFILE)


def pytest_collection_finish() -> None:
    """What is loaded by now stays, so the collector need not walk through it again and again: a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


_CONNECT, _CONNECT_EX, _SENDTO = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto
_LOOK_UP = socket.getaddrinfo
_SERIES_KEY = changes.series_key


def _guard(address: Any) -> None:
    """Fails the test, past every `except Exception`, when the address is not on this machine."""
    host = str(address[0] or "") if isinstance(address, tuple) else ""  # a path of a local socket is no tuple
    if host and host not in ("localhost", "::1", "0.0.0.0") and not re.fullmatch(r"127(\.\d{1,3}){3}", host):  # noqa: S104
        pytest.fail(f"a test connects to {address}: only this machine is allowed", pytrace=True)


def _connect(self: socket.socket, address: Any) -> None:
    _guard(address)
    _CONNECT(self, address)


def _connect_ex(self: socket.socket, address: Any) -> int:
    _guard(address)
    return _CONNECT_EX(self, address)


def _sendto(self: socket.socket, data: Any, *given: Any) -> int:
    _guard(given[-1])
    return _SENDTO(self, data, *given)


def _look_up(host: Any, *given: Any, **more: Any) -> Any:
    """A name that is looked up leaves the machine, too."""
    _guard((host.decode() if isinstance(host, bytes) else host,))
    return _LOOK_UP(host, *given, **more)


def _series_key(metric: Metric, labels: Mapping[str, str], shard_by: str = "") -> str:
    """What is booked must be exported at 0 before: `increase()` does not see a counter that is born above 0."""
    key = _SERIES_KEY(metric, labels, shard_by)
    for label, known in metric.values.items():
        if labels[label] not in known:
            pytest.fail(f"{metric.name} is booked with {label}={labels[label]!r}, which its `values` do not list")
    return key


_doubted: list[str] = []


def _refusal(message: Mapping[str, Any], *, charts: bool = True) -> rules.Refusal | None:
    found = rules.refusal(message, charts=charts)
    if found is None:
        _doubted.extend(block_kit.faults(message.get("blocks") or []))
    return found


@pytest.fixture(scope="session", autouse=True)
def guards() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _connect)
        patch.setattr(socket.socket, "connect_ex", _connect_ex)
        patch.setattr(socket.socket, "sendto", _sendto)
        patch.setattr(socket, "getaddrinfo", _look_up)
        patch.setattr(changes, "series_key", _series_key)
        patch.setattr(workspace, "refusal", _refusal)
        yield


@pytest.fixture(autouse=True)
def second_opinion() -> Iterator[None]:
    """Told when the test is over: the double answers in a thread of its own."""
    yield
    told, _doubted[:] = list(_doubted), []
    assert not told, f"Slack would refuse what our double took: {told}"
