"""The reaper's questions on a real Prometheus with back-filled history of everything that looks idle and is not."""

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from kaizen.prometheus.client import Prometheus
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import secret
from sandbox_reaper.source import take
from sandbox_reaper.usage import Readings, Usage, judged
from tests.rules.live import PATIENCE, free_port
from tests.rules.tools import run, tool
from tests.unit.sandboxes.sandbox_world import LIVE, T0, sandbox

HOURS, SCRAPE = 5, 30
START = T0 - timedelta(hours=HOURS)
CPU, MEMORY = "container_cpu_usage_seconds_total", "container_memory_working_set_bytes"
RECEIVE, TRANSMIT = "container_network_receive_bytes_total", "container_network_transmit_bytes_total"
DISK = "container_fs_writes_bytes_total"


@dataclass(frozen=True)
class Span:
    """Minutes before the end: samples are there in `shown`, and a core works in `busy`."""

    shown: tuple[tuple[float, float], ...] = ((HOURS * 60, 0),)
    busy: tuple[float, float] = (0, 0)
    rate: float = 0.0


def history(
    namespace: str, pod: str, span: Span = Span(), container_id: str = "a", more: str = ""
) -> Iterator[tuple[str, str]]:
    """(metric, line) of one pod: its container's rows, its network row, and the rows of the whole pod beside them.

    `more` are labels from outside the cluster, as `cluster="eu",`.
    """
    place = f'{more}namespace="{namespace}",pod="{pod}"'
    box = f'{place},container="app",id="{container_id}",cpu="total",device="/dev/sda"'
    whole, pause, net = f'{place},container=""', f'{place},container="POD"', f'{place},container="",interface="eth0"'
    used = 0.0
    for step in range(HOURS * 3600 // SCRAPE + 1):
        left = HOURS * 60 - step * SCRAPE / 60
        if span.busy[0] >= left > span.busy[1]:
            used += SCRAPE * 1.0
        used += SCRAPE * span.rate
        if not any(begin >= left >= end for begin, end in span.shown):
            continue
        at = int(START.timestamp()) + step * SCRAPE
        yield CPU, f"{CPU}{{{box}}} {used} {at}"
        yield CPU, f"{CPU}{{{whole}}} {used * 3 + step} {at}"  # the pod's own row, which must not count as well
        yield CPU, f"{CPU}{{{pause}}} {step} {at}"
        yield MEMORY, f"{MEMORY}{{{box}}} 1.5e9 {at}"
        yield MEMORY, f"{MEMORY}{{{whole}}} {1.5e9 + step * 1e6} {at}"
        yield RECEIVE, f"{RECEIVE}{{{net}}} {step * 100} {at}"
        yield TRANSMIT, f"{TRANSMIT}{{{net}}} {step * 100} {at}"
        yield DISK, f"{DISK}{{{box}}} {step} {at}"


ALL = ((HOURS * 60, 0),)
PODS = {
    "idle": [("idle-1", Span()), ("idle-2", Span())],
    "burst": [("burst-1", Span(busy=(90, 88.5))), ("burst-2", Span())],
    "silent": [("silent-1", Span(((HOURS * 60, 90),))), ("silent-2", Span(((HOURS * 60, 90),)))],
    "gap": [("gap-1", Span(((HOURS * 60, 70), (60, 0)))), ("gap-2", Span())],
    "leap": [("leap-1", Span(((HOURS * 60, 60), (54.5, 0)), busy=(59.5, 55))), ("leap-2", Span())],
    "blink": [("blink-1", Span(((HOURS * 60, 60), (56, 0)))), ("blink-2", Span())],
    "half": [("half-1", Span())],
    "kube-system": [("dns-1", Span(rate=0.1))],
}


def openmetrics() -> str:
    lines: dict[str, list[str]] = {name: [] for name in (CPU, MEMORY, RECEIVE, TRANSMIT, DISK)}
    for namespace, pods in PODS.items():
        for pod, span in pods:
            for metric, line in history(namespace, pod, span):
                lines[metric].append(line)
    # A container that was restarted an hour ago: two series, one after the other.
    for metric, line in (
        *history("restart", "restart-1", Span(((HOURS * 60, 60),)), "a"),
        *history("restart", "restart-1", Span(((59, 0),)), "b"),
    ):
        lines[metric].append(line)
    for pod, missing in (("part-1", ()), ("part-2", (RECEIVE, TRANSMIT, DISK)), ("void-1", ()), ("void-2", (MEMORY,))):
        for metric, line in history(pod.partition("-")[0], pod):
            lines[metric] += [line] if metric not in missing else []
    # Two replicas of one Prometheus, each blind for the same hour, in which a core works for 40 minutes.
    for replica in ("a", "b"):
        blind = Span(shown=((HOURS * 60, 90), (31, 0)), busy=(80, 40))
        for metric, line in history("twice", "twice-1", blind, more=f'replica="{replica}",'):
            lines[metric].append(line)
        for metric, line in history("pair", "pair-1", more=f'replica="{replica}",'):
            lines[metric].append(line)
    # The namesake of another cluster is idle, and nothing of ours is measured; then one whose pods are namesakes, too.
    for metric, line in history("name", "theirs-1", more='cluster="theirs",'):
        lines[metric].append(line)
    for cluster in ("ours", "theirs"):
        span = Span(rate=0.5) if cluster == "ours" else Span()
        for metric, line in history("both", "both-1", span, more=f'cluster="{cluster}",'):
            lines[metric].append(line)
        for metric, line in history("calm", "calm-1", more=f'cluster="{cluster}",'):
            lines[metric].append(line)
    kinds = {MEMORY: "gauge"}
    text = []
    for metric, found in lines.items():
        # Without a type, the name need not end as OpenMetrics wants it of a counter.
        text += [f"# TYPE {metric} {kinds.get(metric, 'unknown')}", *dict.fromkeys(found)]
    return "\n".join([*text, "# EOF", ""])


@pytest.fixture(name="ask", scope="module")
def _ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Readings]]:
    """The figures of that history under a policy, with those of each pod of some namespaces."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "history.om").write_text(openmetrics(), encoding="utf-8")
    (folder / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    run("promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "history.om", folder / "data")
    port = free_port()
    process = subprocess.Popen(
        [
            tool("prometheus"), f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}", "--storage.tsdb.retention.time=50y",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/-/ready", process)
        prometheus = Prometheus(f"http://127.0.0.1:{port}", Outbound(), None, secret)
        yield lambda policy, within=(): take(lambda: prometheus, policy, T0 + timedelta(seconds=LIVE.lag), within)
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def readings(ask: Callable[..., Readings]) -> Readings:
    return ask(LIVE, ["burst", "half", "restart", "silent"])


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, "Prometheus has ended"
        try:
            with urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail("Prometheus did not start")


def usage(readings: Readings, name: str, pods: int) -> Usage:
    names = tuple(f"{name}/{name}-{number}" for number in range(1, pods + 1))
    here = sandbox(name, pods=tuple(f"uid-{number}" for number in range(pods)), measured=names)
    return judged(here, here.changed_at, readings, LIVE)


def test_every_question_is_answered(readings: Readings) -> None:
    assert readings.fault == ""
    assert all(readings.figures.values()), {name: len(each) for name, each in readings.figures.items()}


@pytest.mark.parametrize(
    ("name", "pods", "value", "why"),
    [
        ("idle", 2, "idle", "idle"),
        ("restart", 1, "idle", "idle"),
        ("burst", 2, "active", "cpu"),  # T2: 90 s of one core are 0.0125 on average over the window
        ("silent", 2, "unknown", "coverage"),  # T1: gone from every rate of now
        ("gap", 2, "unknown", "coverage"),  # T3: ten minutes are missing in the midst, the newest sample is fresh
        ("leap", 2, "unknown", "coverage"),  # 4.5 minutes of a core in a gap of 5.5, which is in no rate
        ("blink", 2, "idle", "idle"),  # four minutes are spanned by every rate
        ("half", 2, "unknown", "pods"),  # one of its pods is not measured
        ("nowhere", 1, "unknown", "missing"),
        ("part", 2, "unknown", "pods"),  # one of its pods has neither network nor disk rows
        ("void", 2, "unknown", "pods"),  # one of its pods has no memory rows
        ("pair", 1, "idle", "idle"),  # two replicas, each whole
        ("twice", 1, "unknown", "coverage"),  # the samples of two replicas do not make one whole window
        ("name", 1, "unknown", "pods"),  # a namesake in another cluster
        ("both", 1, "active", "cpu"),
        ("calm", 1, "unknown", "clusters"),
    ],
)
def test_what_looks_idle(readings: Readings, name: str, pods: int, value: str, why: str) -> None:
    found = usage(readings, name, pods)
    assert (found.value, found.why) == (value, why), found


@pytest.mark.parametrize(
    ("pod", "value", "why"),
    [
        ("burst/burst-1", "active", "cpu"),
        ("burst/burst-2", "idle", "idle"),  # beside the one that works
        ("restart/restart-1", "idle", "idle"),
        ("silent/silent-1", "unknown", "coverage"),
        ("half/half-2", "unknown", "missing"),
        ("idle/idle-1", "unknown", "missing"),  # in a namespace that was not asked about
    ],
)
def test_single_pods(readings: Readings, pod: str, value: str, why: str) -> None:
    here = sandbox(pod, pods=("uid-1",), measured=(pod,))
    found = judged(here, here.changed_at, readings, LIVE)
    assert (found.value, found.why) == (value, why), found


def test_the_peak_of_a_burst_and_the_age_of_silence(readings: Readings) -> None:
    assert readings.of("cpu", "burst") == pytest.approx(0.3, abs=0.04)
    assert readings.of("age", "silent") == pytest.approx(90 * 60, abs=60)
    assert readings.of("memory_samples", "silent") == pytest.approx(60, abs=2)
    assert readings.of("cpu_samples", "silent") is None  # as of everything with so long a gap


def test_rows_of_whole_pods_do_not_count_as_well(readings: Readings) -> None:
    """T14: with them, CPU and memory of the idle one would rise without end."""
    assert readings.of("cpu", "idle") == 0.0
    assert readings.of("memory_high", "idle") == readings.of("memory_low", "idle") == 3.0e9
    assert readings.of("receive", "idle") == pytest.approx(2 * 100 / SCRAPE, rel=0.05)


def test_another_scrape_interval_than_the_policy_says_is_seen(readings: Readings) -> None:
    """Samples every 30 s where one a minute is expected would hide a gap of an hour."""
    here = sandbox("idle")
    found = judged(here, here.changed_at, readings, replace(LIVE, scrape=60))
    assert (found.value, found.why) == ("unknown", "coverage")


def test_a_policy_that_names_a_cluster_sees_that_one_alone(readings: Readings, ask: Callable[..., Readings]) -> None:
    theirs = ask(replace(LIVE, matchers={"cluster": "theirs"}))
    assert theirs.of("cpu", "both") == 0.0
    assert (theirs.of("clusters", "calm"), readings.of("clusters", "calm")) == (1.0, 2.0)
    assert set(theirs.figures["measured"]) == {"name/theirs-1", "both/both-1", "calm/calm-1"}
