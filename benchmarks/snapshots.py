"""A thousand dashboards kept in one run: peak memory and time of the function's part, requests to Grafana and to S3.

    PYTHONPATH=layers/common:functions:. python -m benchmarks.snapshots

Grafana's double answers over HTTP from another process; S3 is a dictionary. A first run stores everything, the second
one finds nothing new and stores a manifest. The memory bar is that of the issue; seconds are only printed, since the
double needs most of them.
"""

import io
import json
import os
import platform
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.dashboard_files import dashboard, panel
from dashboard_snapshot.drifting import Drifting
from dashboard_snapshot.drifttelling import DriftTelling
from dashboard_snapshot.grafana import AT_ONCE, Grafana
from dashboard_snapshot.model import run_id
from dashboard_snapshot.snapshot import Order, Snapshot
from dashboard_snapshot.store import SnapshotStore
from kaizen.github.client import Github
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy
from kaizen.runtime.outbound import Outbound
from local.outside.grafana.service import TOKEN, GrafanaService
from tests.contract.outside_door import door

DASHBOARDS, PANELS = 1000, 40
MOST_MIB = 512
START = datetime(2026, 11, 28, 14, tzinfo=UTC)


class Bucket:
    """As much of S3 as the store uses."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.calls: Counter[str] = Counter()

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803 - boto3's names
        self.calls["put"] += 1
        self.objects[Key] = Body

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.calls["get"] += 1
        return {"Body": io.BytesIO(self.objects[Key])}

    def get_paginator(self, _: str) -> "Bucket":
        return self

    def paginate(self, *, Prefix: str, StartAfter: str = "", **_: Any) -> list[dict[str, Any]]:  # noqa: N803
        self.calls["list"] += 1
        names = sorted(name for name in self.objects if name.startswith(Prefix) and name > StartAfter)
        return [{"Contents": [{"Key": name} for name in names]}]


def _same(at: datetime) -> datetime:
    return at


def measure(address: str) -> dict[str, Any]:
    """Two runs in this process, which does nothing else."""
    bucket: Any = Bucket()
    store, policy = SnapshotStore(bucket, "snapshots"), DashboardSnapshotPolicy()
    asked: Counter[str] = Counter()
    lock, outbound = threading.Lock(), Outbound(read=60, connections=AT_ONCE)

    def send(method: str, address: str, headers: Any, body: bytes | None = None) -> Any:
        with lock:
            asked["grafana"] += 1
        return outbound(method, address, headers, body)

    def github() -> Github:
        raise AssertionError("the policy names no repository")

    def nobody(*_: Any, **__: Any) -> None:
        raise AssertionError("there is nothing to tell")

    runs = []
    for hour in range(2):
        now = START + timedelta(hours=hour)
        asked.clear()
        bucket.calls.clear()
        began, used = time.perf_counter(), time.process_time()
        made = Snapshot(
            grafana=Grafana(address, send, "/t", lambda name, fresh=False: TOKEN, time.sleep, lambda: 600.0),
            store=store, address=address, mention="", most_gone=0.2, also=policy.also, in_time=lambda: True,
            tell=nobody, told_of=lambda subject: False, page=lambda older, newer: "", count=lambda changes: None,
            clock=partial(_same, now), drifting=Drifting(github, store, policy, lambda: True, lambda _: False),
            drift_telling=DriftTelling(store, policy, address, nobody, lambda subject: False, nobody),
        ).run(Order(run_id(now, "abcd"), now, ("", "")))  # fmt: skip
        assert (made.complete, len(made.entries)) == (True, made.found), made.reasons
        runs.append({
            "seconds": round(time.perf_counter() - began, 1), "processor_s": round(time.process_time() - used, 1),
            "dashboards": len(made.entries), "grafana": asked["grafana"], "puts": bucket.calls["put"],
        })  # fmt: skip
    stored = sum(map(len, bucket.objects.values()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - stored / 2**20  # S3 is not in the function
    return {"runs": runs, "stored_mib": round(stored / 2**20, 1), "peak_mib": round(peak, 1)}


def main() -> int:
    if "--only" in sys.argv:
        print(json.dumps(measure(sys.argv[sys.argv.index("--only") + 1])))
        return 0
    service = GrafanaService()
    size = 0
    for number in range(DASHBOARDS):
        model = dashboard([panel(PANELS * number + each, 8 * each) for each in range(PANELS)]) | {
            "uid": f"d{number}", "title": f"Dashboard {number}",
        }  # fmt: skip
        size += len(json.dumps(model))
        service.world.save(model, "ana")
    with door(service) as (address, _):
        command = [sys.executable, "-m", "benchmarks.snapshots", "--only", f"{address}/grafana"]
        done = subprocess.run(command, capture_output=True, check=True, cwd=Path(__file__).parents[1], text=True)
    found = json.loads(done.stdout)
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    print(f"{names[0] if names else platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print(f"{DASHBOARDS} dashboards of {size // DASHBOARDS // 1024} KiB; {AT_ONCE} requests at once")
    for name, run in zip(("first", "next"), found["runs"], strict=True):
        print(
            f"{name} run: {run['seconds']} s, {run['processor_s']} s of processor ours; {run['dashboards']} kept, "
            f"{run['grafana']} requests to Grafana, {run['puts']} objects written"
        )
    good = found["peak_mib"] <= MOST_MIB and found["runs"][1]["puts"] == 1
    print(f"stored {found['stored_mib']} MiB; peak {found['peak_mib']} MiB, bar {MOST_MIB}")
    print("bars met" if good else "bars NOT met")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
