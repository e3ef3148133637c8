"""Prometheus's own programs. A missing one fails the test: what nothing checks is not known to work."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.house import ROOT

PROMETHEUS = ROOT / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
_PACKAGES = {
    "promtool": "prometheus",
    "node": "nodejs",
    "prometheus": "prometheus",
    "amtool": "prometheus-alertmanager",
    "prometheus-alertmanager": "prometheus-alertmanager",
}


def tool(name: str) -> str:
    """The program's path."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is not installed: apt-get install {_PACKAGES[name]}", pytrace=False)
    return found


def run(name: str, *arguments: str | Path, text: str = "") -> str:
    """What the program prints; fails the test with it when the program is not content."""
    done = subprocess.run([tool(name), *map(str, arguments)], input=text, capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    assert done.returncode == 0, f"{name} {' '.join(map(str, arguments))}:\n{output}"
    return output
