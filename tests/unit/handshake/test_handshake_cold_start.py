"""The handshake answers first of all, and often from a cold start: it carries no arrays."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
HEAVY = ("numpy", "cramjam", "slack_sdk", "prometheus_client", "feedgen", "lxml")
PROBE = f"""
import sys
import schema_handshake.handler
print(*(name for name in {HEAVY!r} if name in sys.modules))
"""


def test_importing_the_handler_imports_nothing_heavy() -> None:
    path = os.pathsep.join(map(str, (ROOT / "layers" / "common", ROOT / "functions")))
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
