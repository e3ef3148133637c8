"""The example clients as an integrator runs them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.examples.stream_server import Served, served

EXAMPLES = Path(__file__).parents[3] / "examples"
CLIENTS = ("follow.py", "follow.mjs")


def command(name: str) -> list[str]:
    script = EXAMPLES / name
    if script.suffix == ".py":
        return [sys.executable, str(script)]
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is not installed: the JavaScript client cannot be tested without it (Debian package nodejs)")
    return [node, str(script)]


def run(client: list[str], stream: Served, polls: int) -> subprocess.CompletedProcess[str]:
    with served(stream) as url:
        return run_at(client, url, polls)


def run_at(client: list[str], url: str, polls: int) -> subprocess.CompletedProcess[str]:
    """Without our folders on the path: the client stands alone."""
    given = ["--url", url, "--stream", "toy", "--polls", str(polls), "--interval", "0.001"]
    return subprocess.run(
        [*client, *given], capture_output=True, text=True, check=False, timeout=600, env={"PATH": "/usr/bin"}
    )
