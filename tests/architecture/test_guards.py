"""The guards of the root conftest.py, tried: each fails a test, and in words."""

import os
import socket

import boto3
import pytest
from hypothesis import settings

from kaizen.metrics.changes import add, set_gauge
from tests import effort


def test_no_connection_leaves_this_machine() -> None:
    with socket.socket() as probe:
        with pytest.raises(pytest.fail.Exception, match=r"connects to \('192\.0\.2\.1', 80\)"):
            probe.connect(("192.0.2.1", 80))
        with pytest.raises(pytest.fail.Exception, match=r"example\.org"):
            probe.connect_ex(("example.org", 80))
        with pytest.raises(pytest.fail.Exception, match=r"example\.org"):
            probe.connect(("127.0.0.1.example.org", 80))
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        with pytest.raises(pytest.fail.Exception, match=r"192\.0\.2\.1"):
            probe.sendto(b"", ("192.0.2.1", 53))
        with pytest.raises(pytest.fail.Exception, match=r"192\.0\.2\.1"):
            probe.sendto(b"", 0, ("192.0.2.1", 53))
    with pytest.raises(pytest.fail.Exception, match=r"example\.org"):
        socket.getaddrinfo("example.org", 80)


def test_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        server.accept()[0].close()


def test_credentials_are_nobodys() -> None:
    credentials = boto3.Session().get_credentials()
    assert credentials is not None
    assert (credentials.method, credentials.access_key) == ("env", "testing")
    assert "AWS_PROFILE" not in os.environ
    assert boto3.Session().available_profiles == []


def test_a_label_value_that_is_not_exported_cannot_be_booked() -> None:
    add("kaizen_webhook_deliveries_total", {"event": "issues", "result": "accepted"})
    with pytest.raises(pytest.fail.Exception, match="booked with event='release'"):
        add("kaizen_webhook_deliveries_total", {"event": "release", "result": "accepted"})
    set_gauge("kaizen_webhook_last_delivery_timestamp_seconds", {}, 1)


def test_no_test_has_a_deadline() -> None:
    assert settings().deadline is None
    assert settings().max_examples == effort.examples(100)
    assert settings.get_current_profile_name() == effort.PROFILE


@pytest.mark.parametrize(
    ("factor", "thorough", "tried"), [(0.1, 1000, 100), (0.1, 60, 10), (0.1, 4, 4), (1.0, 60, 60), (50.0, 60, 3000)]
)
def test_efforts(monkeypatch: pytest.MonkeyPatch, factor: float, thorough: int, tried: int) -> None:
    monkeypatch.setattr(effort, "FACTORS", {effort.PROFILE: factor})
    assert effort.examples(thorough) == tried
