"""Sandboxes: one is told of, stopped and resumed, one is kept by a click, one by its own word, one is not measured.

One is a single agent of agent-sandbox in a namespace that is not opted in.
"""

import html
import importlib.util
import json
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

from kaizen.policy.sections.sandboxes import SandboxPolicy
from kaizen.times import format_instant, utc_now
from local import paths
from local.demo.looking import need, post, scrape
from local.errors import LocalError
from local.html import cell, number, table
from local.outside.kubernetes import kinds, manifests
from local.outside.kubernetes.service import KubernetesService
from local.outside.prometheus.service import PrometheusService
from local.outside.slack.people import USER
from local.outside.slack.service import Slack
from local.stack import Stack

OPT_IN, OWNER, TEAM = {"kaizen.dev/reaper": "enabled"}, {"kaizen.dev/owner": USER}, {"kaizen.dev/team": "workshop"}
# One goes through all of it, one stays stopped, one is kept, and of one nobody knows the owner.
RESUMED, STOPPED, KEPT, UNOWNED = "checkout-preview", "image-spike", "search-spike", "old-workshop"
AGENTS, AGENT = "coding-agents", "refactoring"
SINGLE = f"{AGENTS}/{AGENT}"
BUSY, DARK, SCALED, BEATS = "load-test", "dark-lab", "autoscaled-shop", "batch-worker"
_IDLE = (RESUMED, STOPPED, KEPT, UNOWNED, SCALED, BEATS)
_AGE = timedelta(days=3)
_LONGEST_GRACE = 60  # seconds that a person watches


def play(stack: Stack, ended: threading.Event) -> None:
    """A fleet that has been idle for hours; then what the clock would do in half an hour, in seconds."""
    policy = stack.policy.sandboxes
    _fleet(stack.outside.of(KubernetesService))
    for name in (*_IDLE, BUSY):
        _measured(stack.outside.of(PrometheusService), policy, name, 1.7 if name == BUSY else 0.004)
    _agent_measured(stack.outside.of(PrometheusService), policy)
    _pods_measured(stack, policy)
    _beat(stack, BEATS, utc_now() + timedelta(hours=4) - timedelta(seconds=5))
    _run(stack, "rehearse")
    _run(stack)
    told = utc_now()
    _press(stack, KEPT, "keep_4h")
    # The receipt is rounded up to the second, and the message promises a little more than the grace.
    left = timedelta(seconds=policy.grace * 1.1 + 2) - (utc_now() - told)
    if ended.wait(left.total_seconds()):
        return
    _run(stack)
    _press(stack, RESUMED, "resume")
    stack.say("idle sandboxes: one was told of, stopped and resumed; one kept by a click, one busy by its own word")


def left_out(stack: Stack) -> str:
    policy = stack.policy.sandboxes
    if policy.mode != "live":
        return "the policy's [sandboxes] says dry-run"
    return "" if policy.grace <= _LONGEST_GRACE else "the policy's [sandboxes] leaves owners a real grace"


def _fleet(kubernetes: KubernetesService) -> None:
    """Namespaces that were made days ago."""
    clock = kubernetes.cluster.clock
    with kubernetes.cluster.lock:
        kubernetes.cluster.clock = lambda: clock() - _AGE
        for name in (*_IDLE, BUSY, DARK):
            notes = {} if name == UNOWNED else OWNER
            kubernetes.namespace(manifests.namespace(name, OPT_IN, notes))
            kubernetes.add(kinds.DEPLOYMENTS, name, manifests.replicated("web", 2, manifests.pod_spec("1", "2Gi")))
            kubernetes.add(kinds.STATEFUL_SETS, name, manifests.replicated("db", 1, manifests.pod_spec("2", "4Gi")))
        kubernetes.add(kinds.AUTOSCALERS, SCALED, manifests.autoscaler("web", "web"))
        kubernetes.namespace(manifests.namespace(AGENTS))
        agent = manifests.sandbox(AGENT, manifests.pod_spec("4", "8Gi"), labels=OPT_IN, annotations=TEAM)
        kubernetes.add(kinds.SANDBOXES, AGENTS, agent)
        kubernetes.cluster.clock = clock


def _measured(prometheus: PrometheusService, policy: SandboxPolicy, name: str, cpu: float) -> None:
    """What Prometheus knows of a sandbox, and of the namespace that always works."""
    for question, text in _questions(policy).items():
        value = _figures(policy, cpu)[question]
        prometheus.expression(text, {"namespace": name}, lambda _, value=value: value)  # type: ignore[misc]
        if question in ("canary", "canary_samples", "clusters") and name == BUSY:
            prometheus.expression(text, {"namespace": policy.canary}, lambda _, value=value: value)  # type: ignore[misc]


def _agent_measured(prometheus: PrometheusService, policy: SandboxPolicy) -> None:
    """The figures of its one pod, which has its name."""
    figures = _figures(policy, 0.002)
    questions: dict[str, str] = _module("sandbox_reaper", "queries").pod_queries(policy, [AGENTS])
    for question, text in questions.items():
        value = figures[question]
        prometheus.expression(text, {"namespace": AGENTS, "pod": AGENT}, lambda _, value=value: value)  # type: ignore[misc]


def _pods_measured(stack: Stack, policy: SandboxPolicy) -> None:
    """Every pod but those of the one that is not measured."""
    cluster, text = stack.outside.of(KubernetesService).cluster, _question_of_pods(policy)
    with cluster.lock:
        metas = [each["metadata"] for each in cluster.every(kinds.PODS) if each["metadata"]["namespace"] != DARK]
    for each in metas:
        place = {"namespace": each["namespace"], "pod": each["name"]}
        stack.outside.of(PrometheusService).expression(text, place, lambda _: 1.0)


def _figures(policy: SandboxPolicy, cpu: float) -> Mapping[str, float]:
    whole, level = policy.window / policy.scrape, 3.1 * 2**30
    known = {
        "cpu": cpu, "memory_high": level, "memory_low": level, "age": 14.0, "clusters": 1.0, "receive": 41.0,
        "transmit": 12.0, "canary": 0.21,
    }  # fmt: skip
    return {each: known.get(each, whole if each.endswith("_samples") else 0.0) for each in _questions(policy)}


def _questions(policy: SandboxPolicy) -> dict[str, str]:
    """The reaper's own texts: functions are not on this process's path."""
    found: dict[str, str] = _module("sandbox_reaper", "queries").queries(policy)
    return {name: text for name, text in found.items() if name != "measured"}


def _question_of_pods(policy: SandboxPolicy) -> str:
    return str(_module("sandbox_reaper", "queries").queries(policy)["measured"])


def _module(feature: str, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"_{feature}_{name}", paths.FUNCTIONS / feature / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _beat(stack: Stack, name: str, until: datetime) -> None:
    """As whoever works in it would: with the token of this one sandbox. Raises LocalError unless it is taken."""
    cluster = stack.outside.of(KubernetesService).cluster
    with cluster.lock:
        uid = cluster.get(kinds.NAMESPACES, "", name)["metadata"]["uid"]
    token = _module("sandbox_actions", "busy").token(uid, stack.secrets["busy"])
    body = json.dumps({"until": format_instant(until)}).encode()
    status, answer = post(f"{stack.addresses.api}/sandboxes/{uid}/busy", body, token)
    if status != 200:
        raise LocalError(f"the beat of {name} was answered with {status}: {answer!r}")


def _run(stack: Stack, what: str = "run") -> None:
    """One run, as the schedule starts it, or a dry one. Raises LocalError when it fails."""
    result = stack.invoke("SandboxReaper", {"do": what})
    if result.error:
        raise LocalError(f"SandboxReaper failed: {result.error}; see {stack.logs}/SandboxReaper.log")


def _press(stack: Stack, name: str, verb: str) -> None:
    message = _message(stack, name)
    (button,) = [each for each in _buttons(message) if each["action_id"] == f"sandboxes.{verb}"]
    answered = stack.outside.of(Slack).press(message["channel"], message["ts"], button["action_id"], button["value"])
    if answered.status != 200:
        raise LocalError(f"the press of {verb} was answered with {answered.status}: {answered.body}")
    stack.drain()


def _message(stack: Stack, name: str) -> dict[str, Any]:
    """The one message about a sandbox."""
    listed = stack.outside.of(Slack).workspace.listed()
    found = [each for each in listed if each["text"].partition("\n")[0].endswith(f": {name}")]
    need(len(found) == 1, f"{len(found)} messages about {name}")
    return found[0]


def _buttons(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [each for block in message["blocks"] if block["type"] == "actions" for each in block["elements"]]


def links(stack: Stack) -> Sequence[tuple[str, str]]:
    return ()


def card(stack: Stack, now: datetime) -> str:
    states = {each.labels["state"]: each.value for each in scrape(stack) if each.name == "kaizen_sandboxes"}
    rows = "".join(
        "<tr>" + cell("State", html.escape(state.lower().replace("_", " "))) + number("Sandboxes", int(count)) + "</tr>"
        for state, count in sorted(states.items())
        if count
    )
    outside = html.escape(stack.addresses.outside)
    more = f'<a href="{outside}/slack/">Their messages</a><a href="{outside}/kubernetes/">The cluster</a>'
    shown = table(("State", "Sandboxes"), rows, numbers=("Sandboxes",))
    return f"<article><h2>Sandboxes</h2>{shown}<nav>{more}</nav></article>"


def _sizes(stack: Stack, name: str) -> tuple[int, int]:
    cluster = stack.outside.of(KubernetesService).cluster
    with cluster.lock:
        web, db = cluster.get(kinds.DEPLOYMENTS, name, "web"), cluster.get(kinds.STATEFUL_SETS, name, "db")
    return web["spec"]["replicas"], db["spec"]["replicas"]


def _rehearsed(stack: Stack) -> str:
    """The report of the dry run, which was there before anybody was told."""
    reports = [each for each in stack.outside.of(Slack).workspace.listed() if "would stop" in each["text"]]
    need(len(reports) == 1, f"{len(reports)} reports")
    need(reports[0]["channel"] == stack.policy.sandboxes.channel, reports[0]["channel"])
    told = json.dumps(reports[0]["blocks"])
    need(all(name in told for name in (RESUMED, STOPPED, KEPT, UNOWNED, SINGLE)), told)
    need(not any(name in told for name in (BUSY, DARK, SCALED, BEATS)), told)
    return str(reports[0]["text"].replace("\n", ": "))


def _resumed(stack: Stack) -> str:
    message = _message(stack, RESUMED)
    need(message["text"].startswith("Sandbox resumed"), message["text"])
    need(_sizes(stack, RESUMED) == (2, 1), f"sizes {_sizes(stack, RESUMED)}")
    return "one message: told, stopped, and resumed as it was"


def _stopped(stack: Stack) -> str:
    message = _message(stack, STOPPED)
    need(message["text"].startswith("Sandbox stopped"), message["text"])
    need(_sizes(stack, STOPPED) == (0, 0), f"sizes {_sizes(stack, STOPPED)}")
    need("Resume" in json.dumps(message["blocks"]), "no button")
    return str(message["text"].splitlines()[1])


def _suspended(stack: Stack) -> str:
    """Told to a team's channel, and suspended by its mode."""
    message, cluster = _message(stack, SINGLE), stack.outside.of(KubernetesService).cluster
    need(message["text"].startswith("Sandbox stopped"), message["text"])
    need(message["channel"] == stack.policy.sandboxes.owners["workshop"], message["channel"])
    with cluster.lock:
        mode = cluster.get(kinds.SANDBOXES, AGENTS, AGENT)["spec"]["operatingMode"]
        pods = cluster.every(kinds.PODS, AGENTS)
    need((mode, pods) == ("Suspended", []), f"{mode}, {len(pods)} pods")
    return str(message["text"].splitlines()[1])


def _untouched(stack: Stack) -> str:
    """Kept by a click, in use by its own word or its figures, without any, or scaled by something else: all run on."""
    need(_message(stack, KEPT)["text"].startswith("Sandbox kept"), _message(stack, KEPT)["text"])
    texts = [each["text"] for each in stack.outside.of(Slack).workspace.listed()]
    for name in (KEPT, BUSY, DARK, SCALED, BEATS, UNOWNED):
        need(_sizes(stack, name) == (2, 1), f"{name} has the sizes {_sizes(stack, name)}")
    for name in (BUSY, DARK, SCALED, BEATS):
        need(not [each for each in texts if name in each], f"there is a message about {name}")
    need(not stack.outside.of(Slack).workspace.refused, f"refused: {stack.outside.of(Slack).workspace.refused}")
    return "kept by a click, in use, busy by its own word, not measured, scaled by something else: all run on"


def _metrics(stack: Stack) -> str:
    found = {(each.name, *each.labels.values()): each.value for each in scrape(stack)}
    need(found.get(("kaizen_sandbox_stops_total", "stopped")) == 3, "stops")
    need(found.get(("kaizen_sandbox_unknown",)) == 1, "unknown")
    need(found.get(("kaizen_sandbox_beats_total", "taken"), 0) >= 1, "beats")
    need("kaizen_sandbox_last_success_timestamp_seconds" in {name[0] for name in found}, "no whole run")
    return f"{found[('kaizen_sandboxes', 'ACTIVE')]:.0f} in use or unknown, 3 stops, 1 resume"


CHECKS = (
    ("a dry run tells what it would stop", _rehearsed),
    ("a sandbox told of, stopped and resumed", _resumed),
    ("a sandbox that stays stopped", _stopped),
    ("a single agent's Sandbox that is suspended", _suspended),
    ("sandboxes that are left alone", _untouched),
    ("sandboxes on /metrics", _metrics),
)
