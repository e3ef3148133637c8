"""Pairs of dashboards compared by us and by deepdiff in one run: time, memory, and how many differences each reports.

The dashboards are made here. Time is that of the processor, memory the peak of a process that does nothing else.
"""

import copy
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kaizen.dashboards.files import FileDiff, file_diff
from kaizen.dashboards.model import Json

MOST_SECONDS, MOST_MIB = 1.0, 300
ORDINARY = 40  # pairs


_STEPS = [{"color": "green", "value": None}, {"color": "red", "value": 80}]


def panel(number: int, y: int, queries: int = 2) -> Json:
    """As Grafana exports one."""
    style = {"lineWidth": 1, "fillOpacity": 10}
    defaults = {"unit": "s", "color": {"mode": "palette-classic"}, "custom": style,
                "thresholds": {"mode": "absolute", "steps": _STEPS}}  # fmt: skip
    legend = {"displayMode": "table", "placement": "right"}
    return {
        "id": number, "type": "timeseries", "title": f"Panel {number}", "pluginVersion": "11.0.0",
        "gridPos": {"x": number % 2 * 12, "y": y, "w": 12, "h": 8},
        "datasource": {"type": "prometheus", "uid": "$source"},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}},
        "targets": [{
            "refId": f"Q{index}", "legendFormat": "{{instance}}",
            "expr": f'sum by (instance) (rate(metric_{number}_{index}_total{{job="$job", code=~"5.."}}[5m])) '
                    f'/ sum by (instance) (rate(metric_{number}_total{{job="$job"}}[$__rate_interval]))',
        } for index in range(queries)],
    }  # fmt: skip


def dashboard(panels: list[Json], **more: Any) -> Json:
    variables = [{"name": "source", "type": "datasource", "query": "prometheus"},
                 {"name": "job", "type": "query", "query": "label_values(up, job)"}]  # fmt: skip
    return {
        "uid": "bench",
        "title": "Bench",
        "schemaVersion": 39,
        "panels": panels,
        "templating": {"list": variables},
    } | more


def ordinary(seed: int) -> tuple[Json, Json]:
    """Some dozens of panels, of which a few change; all are renumbered, as a save does it now and then."""
    chance = random.Random(seed)
    before = dashboard([panel(number, 8 * (number // 2)) for number in range(chance.randint(8, 60))])
    after = copy.deepcopy(before)
    for each in chance.sample(after["panels"], 3):
        each["targets"][0]["expr"] = each["targets"][0]["expr"].replace("[5m]", "[10m]")
    after["panels"].insert(0, panel(900, -8))
    for number, each in enumerate(after["panels"]):
        each["id"] = number + 100
        each["gridPos"]["y"] += 8
    return before, after


def many_panels() -> tuple[Json, Json]:
    before = dashboard([panel(number, 8 * (number // 2)) for number in range(1800)])
    after = copy.deepcopy(before)
    after["panels"].reverse()
    for number, each in enumerate(after["panels"]):
        each["id"], each["gridPos"]["y"] = number, 8 * number
        each["targets"][0]["expr"] = each["targets"][0]["expr"].replace("5m", f"{number + 1}m")
    return before, after


def alike() -> tuple[Json, Json]:
    """Nothing tells the panels apart."""
    before = dashboard(
        [{"type": "text", "title": "", "options": {"content": "x" * 400}, "gridPos": {"y": y}} for y in range(4500)]
    )
    return before, dashboard(before["panels"][:-1], title="Other")


def many_queries() -> tuple[Json, Json]:
    before = dashboard([panel(1, 0, queries=5_000)])
    after = copy.deepcopy(before)
    for each in after["panels"][0]["targets"]:
        each["refId"] += "x"
        each["expr"] = each["expr"].replace("[5m]", "[6m]")
    return before, after


def long_queries() -> tuple[Json, Json]:
    long = " + ".join(f'rate(m{index}_total{{job="$job"}}[5m])' for index in range(300))
    before = dashboard([panel(number, number) for number in range(200)])
    for number, each in enumerate(before["panels"]):
        each["targets"] = [{"refId": "A", "expr": f"{long} + {number}"}]
    after = copy.deepcopy(before)
    for each in after["panels"]:
        each["targets"][0]["expr"] = each["targets"][0]["expr"].replace("m7_total", "n7_total")
    return before, after


def many_variables() -> tuple[Json, Json]:
    listed = [
        {"name": f"v{index}", "type": "custom", "query": "a,b", "multi": False, "label": "x" * 1400}
        for index in range(2_000)
    ]
    before = dashboard([panel(1, 0)], templating={"list": listed})
    return before, dashboard([panel(1, 0)], templating={"list": [each | {"multi": True} for each in reversed(listed)]})


def many_overrides() -> tuple[Json, Json]:
    def rules(colour: str) -> list[Json]:
        shown = [{"id": "color", "value": {"fixedColor": colour}}]
        return [
            {"matcher": {"id": "byName", "options": f"s{index}"}, "properties": copy.deepcopy(shown)}
            for index in range(23_000)
        ]

    one, other = panel(1, 0), panel(1, 0)
    one["fieldConfig"]["overrides"], other["fieldConfig"]["overrides"] = rules("red"), rules("blue")
    return dashboard([one]), dashboard([other])


WORST: dict[str, Callable[[], tuple[Json, Json]]] = {
    "1,800 panels reversed": many_panels, "4,500 panels alike": alike, "5,000 queries": many_queries,
    "200 long queries": long_queries, "2,000 variables": many_variables, "23,000 overrides": many_overrides,
}  # fmt: skip


def ours(before: Json, after: Json) -> tuple[float, FileDiff]:
    """Seconds, from bytes to the diff."""
    one, other = (json.dumps(each).encode() for each in (before, after))
    start = time.process_time()
    found = file_diff("bench.json", one, other)
    return time.process_time() - start, found


def theirs(before: Json, after: Json) -> tuple[float, int]:
    """Seconds of deepdiff, JSON read included, and the leaves that it reports."""
    from deepdiff import DeepDiff  # only in the environment of benchmarks

    one, other = (json.dumps(each) for each in (before, after))
    start = time.process_time()
    found = DeepDiff(json.loads(one), json.loads(other))
    seconds = time.process_time() - start
    return seconds, sum(len(each) for each in found.values())


def worst(name: str) -> int:
    """One large pair in a process of its own: seconds and MiB as JSON."""
    before, after = WORST[name]()
    size = max(len(json.dumps(each)) for each in (before, after))
    seconds, found = ours(before, after)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert found.diff is not None, found.problems
    changes = sum(each.leaves for each in found.diff.changes)
    print(json.dumps({"size": size, "seconds": seconds, "mib": peak, "leaves": changes}))
    return 0


def main() -> int:
    print(f"{processor()}, Python {platform.python_version()}")
    pairs = [ordinary(seed) for seed in range(ORDINARY)]
    mine = [ours(*each) for each in pairs]
    peer = [theirs(*each) for each in pairs]
    leaves = sum(change.leaves for _, found in mine if found.diff is not None for change in found.diff.changes)
    print(f"{ORDINARY} ordinary pairs: median, most, leaves reported")
    for name, times, count in (
        ("ours", [seconds for seconds, _ in mine], leaves),
        ("deepdiff", [seconds for seconds, _ in peer], sum(count for _, count in peer)),
    ):
        print(f"  {name:9}{1000 * statistics.median(times):7.1f} ms {1000 * max(times):7.1f} ms {count:8,}")
    print("pairs of up to 3 MB, ours: time, memory, leaves")
    failed = 0
    for name in WORST:
        answer = subprocess.run([sys.executable, __file__, name], capture_output=True, check=True, text=True).stdout
        found = json.loads(answer)
        over = found["seconds"] > MOST_SECONDS or found["mib"] > MOST_MIB
        failed += over
        took = f"{found['seconds']:7.2f} s {found['mib']:5.0f} MiB {found['leaves']:8,}"
        print(f"  {name:23}{found['size'] / 1e6:5.1f} MB{took}{'  OVER' * over}")
    return 1 if failed else 0


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()} ({os.cpu_count()} cores)"


if __name__ == "__main__":
    sys.exit(worst(sys.argv[1]) if len(sys.argv) > 1 else main())
