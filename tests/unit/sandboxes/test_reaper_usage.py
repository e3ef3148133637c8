"""Three values: idle is the one that must be proven."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.prometheus.client import LONGEST_EXPRESSION
from kaizen.prometheus.results import Matrix, Notes, Result, Sample, Scalar, Vector
from sandbox_reaper import protection
from sandbox_reaper.backend import Sandbox
from sandbox_reaper.owners import may, owner_of
from sandbox_reaper.queries import pod_queries, queries
from sandbox_reaper.usage import OddAnswerError, Readings, Usage, by_place, judged
from tests.unit.sandboxes.sandbox_world import LIVE, OWNER, T0, World, idle_figures, sandbox

HERE = sandbox("shop")
ASKED_AT = datetime.fromtimestamp(0, UTC)
ASKED = sorted(idle_figures(LIVE).keys() - {"pods", "canary", "canary_samples"})


def usage(changed: dict[str, float | None] | None = None, **other: Any) -> Usage:
    world = World(**other)
    figures = idle_figures(LIVE) | (changed or {})
    world.figures["shop"] = {name: value for name, value in figures.items() if value is not None}
    return judged(HERE, HERE.changed_at, world.take(T0), LIVE)


def test_idle_is_proven_by_every_figure() -> None:
    assert usage().value == "idle"


@pytest.mark.parametrize("missing", [*ASKED, "pods"])
def test_any_missing_figure_is_unknown(missing: str) -> None:
    assert usage({missing: None}).value == "unknown"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"cpu": 0.03}, "cpu"),
        ({"receive": 2000.0}, "receive"),
        ({"transmit": 1000.0}, "transmit"),
        ({"disk": 4096.0}, "disk"),
        ({"memory_high": 2.0**30 + 64 * 2**20}, "memory"),
        ({"cpu": 0.5, "cpu_samples": None, "age": None}, "cpu"),  # a peak that was seen was there
    ],
)
def test_a_peak_is_work(changed: dict[str, float | None], why: str) -> None:
    found = usage(changed)
    assert (found.value, found.why) == ("active", why)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"cpu_samples": 227.0}, "coverage"),
        ({"disk_samples": 100.0}, "coverage"),
        ({"receive_samples": 480.0}, "coverage"),  # samples come more often than the policy says: a gap could hide
        ({"age": 400.0}, "stale"),
        ({"age": -300.0}, "stale"),
        ({"pods": 1.0}, "pods"),
        ({"cpu": -1.0}, "missing"),
        ({"clusters": 2.0}, "clusters"),  # a namesake in another cluster
    ],
)
def test_what_is_not_measured_whole_is_unknown(changed: dict[str, float | None], why: str) -> None:
    found = usage(changed)
    assert (found.value, found.why) == ("unknown", why)


def test_the_canary_and_the_source_speak_for_all() -> None:
    assert usage(canary=0.0).why == "canary"
    assert usage(fault="Prometheus: 503").why == "source"


@pytest.mark.parametrize(
    ("changed", "value", "why"),
    [
        ({"gpus": 1}, "unknown", "gpu"),
        ({"host_network": ("proxy-1",)}, "unknown", "host_network"),
        ({"changed_at": T0 - timedelta(minutes=119)}, "active", "touched"),
        ({"changed_at": T0 + timedelta(minutes=3)}, "unknown", "clock"),
    ],
)
def test_what_the_list_says_counts_too(changed: dict[str, Any], value: str, why: str) -> None:
    world = World()
    world.figures["shop"] = idle_figures(LIVE)
    here = replace(HERE, **changed)
    found = judged(here, here.changed_at, world.take(T0), LIVE)
    assert (found.value, found.why) == (value, why)


@pytest.mark.parametrize(("minutes", "value"), [(240, "active"), (1, "active"), (-119, "active"), (-120, "idle")])
def test_a_sandbox_is_in_use_by_its_own_word(minutes: int, value: str) -> None:
    world = World()
    world.figures["shop"] = idle_figures(LIVE)
    busy = T0 + timedelta(minutes=minutes)
    assert judged(HERE, HERE.changed_at, world.take(T0), LIVE, busy).value == value
    dark = judged(HERE, HERE.changed_at, Readings(T0, fault="x"), LIVE, busy)
    assert dark.value == ("active" if value == "active" else "unknown")


@given(st.dictionaries(st.sampled_from(ASKED), st.none() | st.floats(0, 1e9), max_size=4))
def test_idle_never_without_the_proof(changed: dict[str, float | None]) -> None:
    found = usage(changed)
    if found.value == "idle":
        assert all(found.figures[f"{each}_samples"] >= 0.95 * 240 for each in LIVE.signals)
        assert found.figures["cpu"] < LIVE.cpu


@pytest.mark.parametrize(
    "answer",
    [
        Scalar(0, 1),
        Matrix(()),
        Vector((), histograms=1),
        Vector((Sample({"namespace": "a"}, 0, 1),), notes=Notes(warnings=("a store is away",))),
        Vector((), notes=Notes(partial=True)),
        Vector((Sample({"namespace": "a"}, 0, 1), Sample({"namespace": "a"}, 0, 2))),
        Vector((Sample({"namespace": "a", "pod": "b"}, 0, 1),)),
        Vector((Sample({"namespace": "a"}, -5 * 3600, 1),)),  # out of the cache of something in between
        Vector((Sample({"namespace": "a"}, 61, 1),)),
    ],
)
def test_odd_answers_are_no_answers(answer: Result) -> None:
    with pytest.raises(OddAnswerError):
        by_place(answer, ["namespace"], ASKED_AT)


def test_values_that_are_none_are_left_out() -> None:
    answer = Vector((Sample({"namespace": "a"}, 0, float("nan")), Sample({"namespace": "b"}, 60, 2)))
    found = by_place(answer, ["namespace"], ASKED_AT)
    assert found == {"b": 2}


def test_the_number_of_questions_is_constant() -> None:
    assert len(queries(LIVE)) == 16
    assert judged(HERE, HERE.changed_at, Readings(T0, fault="x"), LIVE).value == "unknown"


@pytest.mark.parametrize(
    ("given", "exempt"),
    [
        ({"kaizen.dev/exempt": "true"}, True),
        ({"kaizen.dev/exempt": "perhaps"}, True),
        ({"kaizen.dev/exempt": "false"}, False),
        ({"kaizen.dev/exempt-until": "2026-03-02"}, True),
        ({"kaizen.dev/exempt-until": "2026-03-01"}, False),
        ({"kaizen.dev/exempt-until": "2026-03-02T08:59:59Z"}, False),
        ({"kaizen.dev/exempt-until": "2026-03-02T10:00:00"}, True),  # no time zone: nobody knows when
        ({"kaizen.dev/exempt-until": "soon"}, True),
    ],
)
def test_exemptions(given: dict[str, str], exempt: bool) -> None:
    assert bool(protection.exempt(replace(HERE, annotations=given), T0)) is exempt


@pytest.mark.parametrize("name", ["kube-system", "default", "prod", "production-eu", "mine"])
def test_protected_names(name: str) -> None:
    assert protection.protected(name, ("mi*",))
    assert not protection.protected("shop", ("mi*",))


@pytest.mark.parametrize(
    ("annotations", "labels", "target", "known"),
    [
        ({"kaizen.dev/owner": OWNER}, {"team": "web"}, OWNER, True),
        ({"kaizen.dev/owner": "ana"}, {}, "U0ANA000", True),
        ({"kaizen.dev/owner": "nobody"}, {"team": "web"}, "C0WEB000", True),
        ({}, {"owner": "ana"}, "U0ANA000", True),
        ({}, {"team": "other"}, "C0ALL000", False),
    ],
)
def test_the_chain_of_owners(annotations: dict[str, str], labels: dict[str, str], target: str, known: bool) -> None:
    here = replace(HERE, annotations=annotations, labels=labels)
    found = owner_of(here, {"ana": "U0ANA000", "web": "C0WEB000"}, "C0ALL000")
    assert (found.target, found.known) == (target, known)
    assert may(found, target if found.person else "U0ANYONE", "" if found.person else target)
    assert not may(found, "U0OTHER0", "D0OTHER0")


AGENT = sandbox("agents/coder", pods=("uid-1",), measured=("agents/coder",))


def agents(pods: dict[str, dict[str, float | None]]) -> Readings:
    """Figures of a namespace that works hard, and of some pods in it that do nothing but what is given."""
    world = World(figures={"agents": idle_figures(LIVE) | {"cpu": 7.0}})
    for pod, changed in pods.items():
        figures = idle_figures(LIVE, pods=1) | changed
        world.figures[f"agents/{pod}"] = {name: value for name, value in figures.items() if value is not None}
    return world.take(T0)


@pytest.mark.parametrize(
    ("changed", "value", "why"),
    [
        ({}, "idle", "idle"),
        ({"cpu": 0.03}, "active", "cpu"),
        ({"memory_high": 2.0**31}, "active", "memory"),
        ({"disk_samples": 100.0}, "unknown", "coverage"),
        ({"age": 400.0}, "unknown", "stale"),
        ({"pods": None}, "unknown", "pods"),
        *(({name: None}, "unknown", None) for name in ASKED),
    ],
)
def test_a_single_sandbox_is_judged_by_its_own_pod(changed: dict[str, float | None], value: str, why: str) -> None:
    """Whatever else its namespace does, and whatever another pod in there does."""
    found = judged(AGENT, AGENT.changed_at, agents({"coder": changed, "other": {"cpu": 3.0}}), LIVE)
    assert (found.value, found.why) == (value, why or found.why)


def test_a_single_sandbox_without_a_measured_pod_is_unknown() -> None:
    cases: list[tuple[Sandbox, dict[str, dict[str, float | None]]]] = [
        (AGENT, {}),
        (replace(AGENT, pods=(), measured=()), {"coder": {}}),
        (replace(AGENT, pods=("uid-1", "uid-2"), measured=("agents/coder", "agents/second")), {"coder": {}}),
    ]
    for here, pods in cases:
        assert judged(here, here.changed_at, agents(pods), LIVE).value == "unknown"


def test_pods_of_one_sandbox_count_together() -> None:
    here = replace(AGENT, pods=("uid-1", "uid-2"), measured=("agents/coder", "agents/second"))
    found = judged(here, here.changed_at, agents({"coder": {"cpu": 0.02}, "second": {"cpu": 0.02, "age": 30.0}}), LIVE)
    assert (found.value, found.why) == ("active", "cpu")
    assert (found.figures["cpu"], found.figures["age"]) == (0.04, 30.0)
    assert found.figures["cpu_samples"] == LIVE.window / LIVE.scrape


def test_answers_by_pod() -> None:
    pod = {"namespace": "a", "pod": "p"}
    found = by_place(Vector((Sample(pod, 0, 1), Sample({"namespace": "a"}, 0, 2))), ["namespace", "pod"], ASKED_AT)
    assert found == {"a/p": 1}
    with pytest.raises(OddAnswerError, match="more than one value for a pod"):
        by_place(Vector((Sample(pod, 0, 1), Sample(pod, 0, 2))), ["namespace", "pod"], ASKED_AT)


def test_questions_about_pods_are_those_about_namespaces() -> None:
    found = pod_queries(LIVE, ["b", "a"])
    assert set(found) == set(queries(LIVE)) - {"canary", "canary_samples", "measured"}
    assert all('namespace=~"a|b"' in text and "by (namespace,pod)" in text for text in found.values())


@pytest.mark.parametrize("number", [1, 200, 300, 2000, 20_000])
def test_questions_about_pods_stay_short_and_are_as_many_for_any_fleet(number: int) -> None:
    """No question is longer than Prometheus's client sends; where the names do not fit, all pods are asked about."""
    names = [f"team-{each:05}-agents-of-somebody" for each in range(number)]
    asked = pod_queries(LIVE, names)
    assert len(asked) == len(pod_queries(LIVE, names[:1])) == 13
    assert all(len(text.encode()) < LONGEST_EXPRESSION for text in asked.values())
    assert all(("namespace=~" in text) == (number <= 200) for text in asked.values())


def test_what_the_policy_demands_stands_in_every_selector() -> None:
    policy = replace(LIVE, matchers={"cluster": "eu-1", "job": "kubelet"})
    for text in (*queries(policy).values(), *pod_queries(policy, ["a"]).values()):
        assert text.count('{cluster="eu-1",job="kubelet",') == text.count("{")


@pytest.mark.parametrize("names", [("shop/other-1", "shop/other-2"), ("shop/shop-1",), ()])
def test_figures_of_other_pods_than_the_listed_ones_prove_nothing(names: tuple[str, ...]) -> None:
    """Those of a namesake in another cluster, or of a part of the pods."""
    world = World()
    world.figures["shop"] = idle_figures(LIVE)
    readings = world.take(T0)
    found = judged(
        HERE,
        HERE.changed_at,
        replace(readings, figures={**readings.figures, "measured": dict.fromkeys(names, 1.0)}),
        LIVE,
    )
    assert (found.value, found.why) == ("unknown", "pods")


def test_a_canary_of_two_clusters_speaks_for_none() -> None:
    world = World()
    world.figures |= {"shop": idle_figures(LIVE)}
    readings = world.take(T0)
    mixed = {**readings.figures, "clusters": {"shop": 1.0, LIVE.canary: 2.0}}
    found = judged(HERE, HERE.changed_at, replace(readings, figures=mixed), LIVE)
    assert (found.value, found.why) == ("unknown", "canary")


@pytest.mark.parametrize("name", ["kube-system/x", "default/x", "production/x", "lab/prod-x", "lab/default"])
def test_a_part_of_a_name_protects(name: str) -> None:
    assert protection.protected(name)
    assert not protection.protected("lab/x")
    assert protection.protected("lab/x", ["lab"])


def test_the_strictest_exemption_holds() -> None:
    dates = [{"kaizen.dev/exempt-until": each} for each in ("2026-12-31", "2027-01-31")]
    assert protection.exemptions(dates) == dates[1]
    assert protection.exemptions([*dates, {"kaizen.dev/exempt-until": "soon"}])["kaizen.dev/exempt-until"] == "soon"
    marks = [{"kaizen.dev/exempt": each} for each in ("false", "1", "no")]
    assert protection.exemptions(marks) == marks[1]
    assert protection.exemptions([{"kaizen.dev/exempt": "false"}]) == {}


@pytest.mark.parametrize(
    ("label", "annotation"),
    [
        ({"kaizen.dev/exempt": "true"}, {"kaizen.dev/exempt": "false"}),
        ({"kaizen.dev/exempt": "false"}, {"kaizen.dev/exempt": "true"}),
        ({"kaizen.dev/exempt-until": "2027-01-31"}, {"kaizen.dev/exempt-until": "2026-01-01"}),
        ({"kaizen.dev/exempt-until": "2026-03-02T23:30:00Z"}, {"kaizen.dev/exempt-until": "2026-03-01"}),
        ({"kaizen.dev/exempt-until": "(soon)"}, {"kaizen.dev/exempt-until": "2026-01-01"}),
        ({"kaizen.dev/exempt-until": ""}, {}),
    ],
)
def test_a_label_and_an_annotation_that_differ_exempt_by_the_stricter(
    label: dict[str, str], annotation: dict[str, str]
) -> None:
    assert protection.exempt(replace(HERE, labels=label, annotations=annotation), T0)
