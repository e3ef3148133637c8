"""The benchmarks still run: they drive real handlers through doubles of their own, which fall behind unnoticed.

Small numbers, and no bar of time: what they read or call must be right, how long it takes is for `make bench`.
"""

import json
import os
import subprocess
import sys

from tests.architecture.house import ROOT

SMALLER = {
    "digest": "OPEN=20, CLOSED=300, ROUNDS=1",
    "scrape": "FEW=300, MANY=3_000, OPEN=20, ROUNDS=1",
    "feed": "CLOSED=2_000, ROUNDS=1",
}
MAIN = {"digest": "given.main(['--json'])", "scrape": "given.main(['--json'])", "feed": "given.main()"}


def run(program: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: benchmarks turn logs off and count calls in every client."""
    path = os.pathsep.join(str(ROOT / each) for each in ("layers/common", "functions", "."))
    environment = os.environ | {"PYTHONPATH": path}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def small(name: str) -> str:
    """The output of one benchmark, its numbers made small. Its exit code is of its bars, and bars are of time."""
    done = run(f"from benchmarks import {name} as given\nvars(given).update(dict({SMALLER[name]}))\n{MAIN[name]}")
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


def test_the_digest_reads_open_tickets_alone() -> None:
    found = json.loads(small("digest"))
    assert found["base_read"] == found["grown_read"] > 20


def test_a_scrape_reads_as_much_whatever_the_history() -> None:
    found = json.loads(small("scrape"))
    assert 0 < found["base_read"] <= found["grown_read"] <= 1.1 * found["base_read"]


def test_the_feed_reads_as_much_whatever_the_history() -> None:
    rows = [line.split() for line in small("feed").splitlines()[2:]]
    assert len(rows) == 3
    assert all(row[-1] == row[-2] for row in rows), rows


def test_no_step_makes_more_calls_than_its_bar() -> None:
    """Calls of AWS and their cost are counted, so these bars hold on any machine."""
    few = "given.responses.VIEWERS, given.responses.MINUTES = 2, 2"
    done = run(f"import sys\nfrom benchmarks import aws_calls as given\n{few}\nsys.exit(given.main())")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(bar held)" in done.stdout
