"""A real Alertmanager with the sample's configuration, between a Prometheus, our door, Slack and the pager."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import yaml

from kaizen.times import format_instant, utc_now
from tests.rules.live import free_port
from tests.rules.tools import PROMETHEUS, tool


@dataclass(frozen=True, slots=True)
class Ways:
    """Where notifications go: our door with its token, Slack's webhook, the pager with the key of an integration."""

    door: str
    token: str
    slack: str
    pager: str
    routing_key: str


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """A running one; `address` is host and port."""

    address: str

    def state(self, name: str, deployment: int) -> str:
        """Alertmanager's state of an alert: active or suppressed; empty when it has none."""
        query = urlencode([("filter", f"alertname={name}"), ("filter", f"deployment={deployment}")])
        with urlopen(f"http://{self.address}/api/v2/alerts?{query}", timeout=10) as answer:
            found = json.load(answer)
        return str(found[0]["status"]["state"]) if found else ""

    def silence(self, deployment: int) -> None:
        """Nobody hears of a deployment's alerts."""
        now = utc_now()
        matcher = {"name": "deployment", "value": str(deployment), "isRegex": False}
        silence = {
            "matchers": [matcher], "startsAt": format_instant(now), "endsAt": format_instant(now + timedelta(hours=1)),
            "createdBy": "a test", "comment": "the schedule is to page alone",
        }  # fmt: skip
        body = json.dumps(silence).encode()
        headers = {"content-type": "application/json"}
        with urlopen(Request(f"http://{self.address}/api/v2/silences", body, headers), timeout=10) as answer:
            assert answer.status == 200


def _configuration(ways: Ways) -> str:
    """The sample's, without its pauses."""
    text = (PROMETHEUS / "alertmanager.yml").read_text(encoding="utf-8")
    assert "https://kaizen.example.com/alerts" in text
    text = text.replace("https://kaizen.example.com/alerts", ways.door)
    text = re.sub(r"group_wait: \w+", "group_wait: 0s", text)
    text = re.sub(r"(group_interval|repeat_interval): \w+", r"\1: 1s", text)
    return yaml.safe_dump(yaml.safe_load(text) | {"global": {"pagerduty_url": ways.pager}})


@contextmanager
def alertmanager(folder: Path, ways: Ways) -> Iterator[Alertmanager]:
    """Started with its files in the folder, and ended at the end."""
    (folder / "alerts-token").write_text(ways.token, encoding="utf-8")
    (folder / "slack-webhook-url").write_text(ways.slack, encoding="utf-8")
    (folder / "pagerduty-routing-key").write_text(ways.routing_key, encoding="utf-8")
    path = folder / "alertmanager.yml"
    path.write_text(_configuration(ways), encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    command = [
        tool("prometheus-alertmanager"),
        f"--config.file={path}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ]
    # It complains each second that nobody takes its heartbeat.
    with (
        (folder / "alertmanager.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as process,
    ):
        try:
            yield Alertmanager(address)
        finally:
            process.terminate()
