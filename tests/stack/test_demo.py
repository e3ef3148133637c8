"""`make demo` from outside: the whole of both loops, with a living stream of 100,000 oscillators."""

import subprocess

from local.demo import FEATURES
from tests.stack.test_processes import local


def test_every_step_holds() -> None:
    done: subprocess.CompletedProcess[str] = local("demo", "--port", "0", seconds=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "100000 oscillators are simulated live" in done.stdout
    for name, _ in (step for feature in FEATURES for step in feature.CHECKS):
        assert f"✓ {name}: " in done.stdout
    assert "all steps hold" in done.stdout
