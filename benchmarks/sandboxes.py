"""10,000 sandboxes decided in one run of the reaper, beside 1,000: seconds, memory, and how much is asked for.

    PYTHONPATH=layers/common:functions:. python -m benchmarks.sandboxes [--json]

The whole run: the API server's lists page by page and Prometheus's answers are read from their JSON, every sandbox is
judged and decided, rows and decisions are turned into items as they are stored, the report of the dry run is made. No
time passes on a network. Each size has a process of its own, so that its peak is its own. Three in ten are idle, one in
twenty is not measured, the others are in use; the second run is the one that comes every five minutes.
"""

import json
import os
import platform
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kaizen.metrics.changes import Change
from kaizen.policy.sections.sandboxes import SandboxPolicy
from kaizen.prometheus.client import Prometheus
from kaizen.runtime.outbound import Answer
from kaizen.storage.items import to_item
from sandbox_reaper import report
from sandbox_reaper.kubernetes.client import PAGE, Client
from sandbox_reaper.kubernetes.reader import KubernetesReader
from sandbox_reaper.plain import to_plain
from sandbox_reaper.queries import MEASURED, queries
from sandbox_reaper.replay import kept
from sandbox_reaper.restore import Record
from sandbox_reaper.run import Run
from sandbox_reaper.source import take
from sandbox_reaper.state import Owner, Receipt, Request, Row

FLEET, FEW = 10_000, 1_000
MOST_SECONDS, MOST_MEGABYTES = 30.0, 512.0
POLICY = SandboxPolicy(mode="dry-run", channel="C0SANDBOXES")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_PODS = 2  # of each Deployment
_CONTAINER = {
    "name": "main", "image": "registry.example/team/app@sha256:" + "0" * 64, "imagePullPolicy": "IfNotPresent",
    "env": [{"name": f"SETTING_{number}", "value": "some value of a usual length"} for number in range(12)],
    "resources": {"requests": {"cpu": "500m", "memory": "512Mi"}}, "ports": [{"containerPort": 8080}],
}  # fmt: skip


def name(number: int) -> str:
    return f"sandbox-{number:05}"


def idle(number: int) -> bool:
    return number % 10 < 3


def measured(number: int) -> bool:
    return number % 20 != 19


class Cluster:
    """Answers lists as an API server does; a namespace has one Deployment with two pods."""

    def __init__(self, fleet: int) -> None:
        self.fleet = fleet
        self.requests = 0

    def __call__(self, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        assert (method, body) == ("GET", None)
        self.requests += 1
        parts = urlsplit(address)
        begin = int(parse_qs(parts.query).get("continue", ["0"])[0])
        what = parts.path.rpartition("/")[2]
        number = {"namespaces": self.fleet, "deployments": self.fleet, "pods": _PODS * self.fleet}.get(what, 0)
        end = min(begin + PAGE, number)
        items = [self._item(what, each) for each in range(begin, end)]
        meta = {"resourceVersion": "1"} | ({"continue": str(end)} if end < number else {})
        page = {"kind": "List", "apiVersion": "v1", "metadata": meta, "items": items}
        return Answer(200, {"date": format_datetime(NOW, usegmt=True)}, json.dumps(page).encode())

    def _item(self, what: str, number: int) -> dict[str, Any]:
        place = name(number // (_PODS if what == "pods" else 1))
        made = {"creationTimestamp": "2026-02-01T00:00:00Z", "resourceVersion": "1", "generation": 1}
        if what == "namespaces":
            notes = {"kaizen.dev/owner": f"U0OWNER{number % 500:03}"}
            labels = {"kaizen.dev/reaper": "enabled"}
            return {"metadata": made | {"name": place, "uid": f"n-{place}", "labels": labels, "annotations": notes}}
        spec = {"containers": [_CONTAINER], "nodeName": "node-1", "serviceAccountName": "default"}
        if what == "deployments":
            template = {"metadata": {"labels": {"app": "web"}}, "spec": spec}
            meta = made | {"namespace": place, "name": "web", "uid": f"d-{place}"}
            return {"metadata": meta, "spec": {"replicas": _PODS, "template": template}}
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-6d4", "uid": f"r-{place}"}
        labels = {"app": "web", "pod-template-hash": "6d4"}
        meta = made | {"namespace": place, "name": f"web-6d4-{number % _PODS}", "uid": f"p-{number}", "labels": labels}
        status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}] * 4}
        return {"metadata": meta | {"ownerReferences": [owner | {"controller": True}]}, "spec": spec, "status": status}


class Metrics:
    """Answers each question of the reaper as Prometheus does: one element for each namespace, or for each pod."""

    def __init__(self, fleet: int) -> None:
        self.fleet = fleet
        self.asked: list[str] = []
        self._questions = {text: question for question, text in queries(POLICY).items()}

    def __call__(self, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        assert body is not None
        form = parse_qs(body.decode())
        text, at = form["query"][0], float(form["time"][0])
        self.asked.append(text)
        question = self._questions[text]
        found = [{"metric": place, "value": [at, str(value)]} for place, value in self._values(question)]
        answer = {"status": "success", "data": {"resultType": "vector", "result": found}}
        return Answer(200, {"content-type": "application/json"}, json.dumps(answer).encode())

    def _values(self, question: str) -> Iterator[tuple[dict[str, str], float]]:
        whole = POLICY.window / POLICY.scrape
        if question.startswith("canary") or question == "clusters":
            yield {"namespace": POLICY.canary}, {"canary_samples": whole, "clusters": 1.0}.get(question, 0.2)
        if question.startswith("canary"):
            return
        known = {"memory_high": 2.0**30, "memory_low": 2.0**30, "age": 15.0, "clusters": 1.0}
        for number in range(self.fleet):
            if not measured(number):
                continue
            if question == MEASURED:
                yield from (({"namespace": name(number), "pod": f"web-6d4-{each}"}, 1.0) for each in range(_PODS))
                continue
            value = whole if question.endswith("_samples") else known.get(question, 0.001)
            yield {"namespace": name(number)}, 0.7 if question == "cpu" and not idle(number) else value


class Store:
    """Rows in memory, turned into items as for DynamoDB."""

    def __init__(self) -> None:
        self.kept: dict[str, Row] = {}
        self.written = 0

    def rows(self) -> Mapping[str, Row]:
        return self.kept

    def requests(self, uid: str = "") -> Mapping[str, Sequence[Request]]:
        return {}

    def save(self, row: Row, changes: Iterable[Change], now: datetime) -> Row:
        to_item(to_plain(row))
        self.written += 1
        self.kept[row.uid] = row
        return row

    def forget(self, row: Row) -> None:
        del self.kept[row.uid]

    def keep_record(self, record: Record) -> Record | None:
        raise AssertionError("a dry run stops nothing")

    def record(self, uid: str, stop_id: str) -> Record | None:
        return None

    def history(self) -> Mapping[int, float]:
        return {int(NOW.timestamp()) // 1800: 0.3}


class Board:
    def channel(self, owner: Owner) -> str:
        raise AssertionError("a dry run tells nobody")

    def show(self, row: Row) -> Receipt:
        raise AssertionError("a dry run tells nobody")


class Token:
    def token(self, *, fresh: bool = False) -> str:
        return "token"


def measure(fleet: int) -> dict[str, Any]:
    """Two runs in this process. Raises AssertionError where they decide anything else than what is the case."""
    cluster, metrics, store = Cluster(fleet), Metrics(fleet), Store()
    prometheus = Prometheus("http://prometheus.example", metrics, None, lambda name, fresh=False: "")
    client = Client("https://kubernetes.example", Token(), cluster, lambda seconds: None)
    clock = [NOW]
    times, processor, written = [], [], []
    for _ in range(2):
        metrics.asked.clear()
        cluster.requests = store.written = 0
        start, used = perf_counter(), process_time()
        run = Run(
            reader=KubernetesReader(client), writer=None, resumer=_NoResumer(), store=store, board=Board(),
            take=lambda at, within: take(lambda: prometheus, POLICY, at, within), policy=POLICY, switch=lambda: True,
            clock=lambda: clock[0], left=lambda: 1.0,
        )  # fmt: skip
        done = run.go()
        items = sum(1 for each in kept(done, "policy") if to_item({"kept": each.text()}))
        report.message(done, POLICY)
        report.gauges(done)
        report.counts(done)
        times.append(perf_counter() - start)
        processor.append(process_time() - used)
        written.append(store.written)
        clock[0] += timedelta(seconds=60)
        values = Counter(visit.usage.value for visit in done.visits)
        dark = sum(not measured(number) for number in range(fleet))
        still = sum(idle(number) and measured(number) for number in range(fleet))
        assert values == {"idle": still, "unknown": dark, "active": fleet - still - dark}, values
        assert not done.faults, done.faults
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "sandboxes": fleet, "first_s": round(times[0], 2), "next_s": round(times[1], 2),
        "processor_s": round(max(processor), 2), "peak_mb": round(peak, 1), "queries": len(metrics.asked),
        "lists": cluster.requests, "rows_written": written, "decisions_kept": items,
    }  # fmt: skip


class _NoResumer:
    def resume(self, *_: Any) -> Any:
        raise AssertionError("a dry run brings nothing back")


def _apart(fleet: int) -> dict[str, Any]:
    """In a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sandboxes", "--only", str(fleet)]
    done = subprocess.run(command, capture_output=True, check=True, cwd=Path(__file__).parents[1])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main() -> int:
    if "--only" in sys.argv:
        print(json.dumps(measure(int(sys.argv[sys.argv.index("--only") + 1]))))
        return 0
    few, many = _apart(FEW), _apart(FLEET)
    good = {
        "seconds": max(many["first_s"], many["next_s"]) <= MOST_SECONDS,
        "megabytes": many["peak_mb"] <= MOST_MEGABYTES,
        "queries": many["queries"] == few["queries"],
    }
    if "--json" in sys.argv:
        print(json.dumps({"runs": [few, many], "bars_met": good}))
        return 0 if all(good.values()) else 1
    print(
        f"{_processor()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; "
        f"Python {platform.python_version()}"
    )
    print("sandboxes   first run   next run   processor   peak       queries   lists   rows written")
    for each in (few, many):
        print(
            f"{each['sandboxes']:>9} {each['first_s']:>9.2f} s {each['next_s']:>8.2f} s {each['processor_s']:>9.2f} s "
            f"{each['peak_mb']:>6.0f} MB {each['queries']:>10} {each['lists']:>7}   {each['rows_written']}"
        )
    print(
        f"bars: {MOST_SECONDS:.0f} s, {MOST_MEGABYTES:.0f} MB, as many queries: {'met' if all(good.values()) else good}"
    )
    return 0 if all(good.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
