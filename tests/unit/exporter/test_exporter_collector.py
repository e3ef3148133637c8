"""Rows become an exposition that independent parsers read, with every series from the start."""

import json
import math
from dataclasses import replace
from itertools import accumulate, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

import kaizen
from kaizen.metrics.catalogue import CATALOGUE, Metric
from kaizen.metrics.rows import Series
from kaizen.mttr import window
from kaizen.policy import Policy, parse
from kaizen.runtime.http import reply
from metrics_exporter.collector import KaizenCollector, Reading, family_name
from metrics_exporter.own import OWN
from tests.effort import examples
from tests.unit.exporter.samples import POLICY, body, exposed, key, reading, rows

FORMS = ("text", "openmetrics")
GROUPS = list(product(POLICY.component_names, POLICY.severity_names))
WRITTEN = "2026-03-01T00:00:00Z"
API = {"component": "api", "severity": "sev1"}


@pytest.mark.parametrize("form", FORMS)
def test_everything_is_there_before_anything_happened(form: str) -> None:
    found = exposed(reading(), form)
    for component, severity in GROUPS:
        labels = {"component": component, "severity": severity}
        assert found[key("kaizen_mttr_seconds_sum", **labels)] == 0
        assert found[key("kaizen_mttr_seconds_count", **labels)] == 0
        assert math.isnan(found[key("kaizen_mttr_seconds", quantile="0.5", **labels)])
        assert math.isnan(found[key("kaizen_mttr_seconds", quantile="0.9", **labels)])
        assert found[key("kaizen_ticket_duration_seconds_bucket", le="+Inf", **labels)] == 0
        for resolution in ("completed", "not_planned", "duplicate", "transferred", "deleted"):
            assert found[key("kaizen_tickets_closed_total", resolution=resolution, **labels)] == 0
        for outcome in ("met", "breached"):
            assert found[key("kaizen_sla_tickets_total", outcome=outcome, **labels)] == 0
    assert found[key("kaizen_store_up")] == 1
    assert found[key("kaizen_build_info", version=kaizen.__version__, build="")] == 1
    assert found[key("kaizen_scrape_duration_seconds")] == 0.25


def test_no_counter_is_born_above_0() -> None:
    """Every counter, summary and histogram of the catalogue starts with its series."""
    for metric in CATALOGUE.values():
        if metric.kind != "gauge":
            assert metric.initial(POLICY), metric.name


def test_what_says_something_by_its_absence_is_absent() -> None:
    names = {name for name, _ in exposed(reading())}
    for metric in CATALOGUE.values():
        if "timestamp" in metric.name:
            assert metric.name not in names


def test_targets_are_the_policys() -> None:
    found = {
        labels: value for (name, labels), value in exposed(reading()).items() if name == "kaizen_sla_target_seconds"
    }
    expected = {}
    for severity in POLICY.severity_names:
        target = POLICY.target(severity)
        if target is not None:
            expected[(("clock", target.clock), ("severity", severity))] = target.seconds
    assert found == expected
    assert len(expected) == 5


def test_a_severity_without_a_target_has_none() -> None:
    policy = replace(POLICY, unknown_target=None)
    found = exposed(reading(policy=policy))
    assert not [
        labels for name, labels in found if name == "kaizen_sla_target_seconds" and ("severity", "unknown") in labels
    ]


def test_quantiles_stand_next_to_their_label_set() -> None:
    lines = body(reading(windows=[window("api", "sev1", [60, 120, 600], [])]), "openmetrics").splitlines()
    start = lines.index('kaizen_mttr_seconds{component="api",quantile="0.5",severity="sev1"} 120.0')
    assert lines[start + 1] == 'kaizen_mttr_seconds{component="api",quantile="0.9",severity="sev1"} 504.0'
    assert lines[start + 2] == 'kaizen_mttr_seconds_count{component="api",severity="sev1"} 0.0'
    assert lines[start + 3] == 'kaizen_mttr_seconds_sum{component="api",severity="sev1"} 0.0'


def test_created_is_when_the_row_was_first_written() -> None:
    stored = rows(
        ("kaizen_mttr_seconds", Series(API, total=60, observations=1, created_at="2026-03-01T00:00:00Z")),
        ("kaizen_tickets_opened_total", Series(API, 3, created_at="2026-03-02T00:00:00Z")),
        ("kaizen_tickets_open", Series(API, 2, created_at="2026-03-02T00:00:00Z")),
    )
    found = exposed(reading(stored))
    assert found[key("kaizen_mttr_seconds_created", **API)] == 1772323200
    assert found[key("kaizen_tickets_opened_created", **API)] == 1772409600
    assert not [name for name, _ in found if name == "kaizen_tickets_open_created"]  # a gauge is not created
    assert len([name for name, _ in found if name.endswith("_created")]) == 2  # unknown for what was never written


def test_a_row_that_the_policy_no_longer_knows_stays() -> None:
    """A counter that vanished would come back as a reset."""
    gone = {"component": "gone", "severity": "sev9"}
    found = exposed(reading(rows(("kaizen_mttr_seconds", Series(gone, total=60, observations=1)))))
    assert found[key("kaizen_mttr_seconds_sum", **gone)] == 60


def test_a_route_that_left_the_policy_is_not_missed() -> None:
    name = "kaizen_digest_last_success_timestamp_seconds"
    stored = rows((name, Series({"route": "default"}, 1_700_000_000)), (name, Series({"route": "gone"}, 1_600_000_000)))
    found = {labels: value for (each, labels), value in exposed(reading(stored)).items() if each == name}
    assert found == {(("route", "default"),): 1_700_000_000}


def test_registering_does_not_collect() -> None:
    class Counting(KaizenCollector):
        collected = 0

        def collect(self):  # type: ignore[no-untyped-def]
            Counting.collected += 1
            return super().collect()

    for auto_describe in (False, True):
        CollectorRegistry(auto_describe=auto_describe).register(Counting(reading()))
    assert Counting.collected == 0


def test_two_scrapes_share_nothing() -> None:
    first = body(reading(rows(("kaizen_tickets_open", Series(API, 2)))), "text")
    assert body(reading(), "text") != first
    assert body(reading(rows(("kaizen_tickets_open", Series(API, 2)))), "text") == first


def test_names_are_told_apart() -> None:
    """Two families of one name would be refused by every reader."""
    names = [family_name(metric) for metric in (*CATALOGUE.values(), *OWN)]
    assert len(names) == len(set(names))


# Label values as a policy may name them, and worse: rows outlive the policy that named them.
_VALUES = st.sampled_from(["api", "sev1", "unknown"]) | st.text(st.characters(codec="utf-8"), max_size=12)


@st.composite
def _series(draw: st.DrawFn, metric: Metric) -> Series:
    buckets = draw(st.lists(st.integers(0, 50), min_size=len(metric.buckets) + 1, max_size=len(metric.buckets) + 1))
    observations = sum(buckets) if metric.kind == "histogram" else draw(st.integers(0, 10**9))
    return Series(
        labels={name: draw(_VALUES) for name in metric.labels},
        value=draw(st.integers(0, 2**53)),
        total=draw(st.integers(0, 2**53)),
        observations=observations,
        buckets=buckets,
        created_at=draw(st.sampled_from(["", "2026-03-01T00:00:00Z"])),
    )


@st.composite
def _readings(draw: st.DrawFn) -> Reading:
    metrics = draw(st.lists(st.sampled_from(sorted(CATALOGUE)), max_size=6))
    stored = rows(*((name, draw(_series(CATALOGUE[name]))) for name in metrics))
    seconds = draw(st.lists(st.integers(0, 10**8), max_size=5))
    return reading(stored, [window("api", "sev1", seconds, [])])


@settings(max_examples=examples(40))
@given(_readings())
def test_both_parsers_read_what_was_stored(given_reading: Reading) -> None:
    text, openmetrics = (exposed(given_reading, form) for form in FORMS)
    assert text.keys() == openmetrics.keys()
    assert all(text[each] == openmetrics[each] or math.isnan(text[each]) for each in text)
    for name, series in given_reading.rows.items():
        metric = CATALOGUE[name]
        if name in ("kaizen_sla_target_seconds", "kaizen_digest_last_success_timestamp_seconds"):
            continue  # these follow the policy, whatever is stored
        for each in series.values():
            if metric.kind in ("counter", "gauge"):
                assert openmetrics[key(name, **each.labels)] == each.value
                continue
            assert openmetrics[key(f"{name}_sum", **each.labels)] == each.total
            assert openmetrics[key(f"{name}_count", **each.labels)] == each.observations
            if metric.kind == "histogram":
                bounds = [*(f"{bound}.0" for bound in metric.buckets), "+Inf"]
                for bound, count in zip(bounds, accumulate(each.buckets), strict=True):
                    assert openmetrics[key(f"{name}_bucket", le=bound, **each.labels)] == count


def largest_policy() -> Policy:
    """As much as a policy may hold, with the longest names."""
    components = "\n".join(f'{number:02d}{"x" * 61} = ["{number}"]' for number in range(50))
    severities = "\n".join(f'[severities.{number}{"y" * 62}]\nlabels = ["{number}"]' for number in range(9))
    feed = '[feed]\ndomain = "example.org"\ndate = 2026-01-01'
    return parse(f"[components]\n{components}\n{severities}\n{feed}")


def full(metric: Metric, values: tuple[str, ...]) -> Series:
    """A series that has counted much."""
    counts = [10**5] * (len(metric.buckets) + 1)
    return Series(dict(zip(metric.labels, values, strict=True)), 1e9, 1e9, 10**6, counts, WRITTEN)


@pytest.mark.parametrize("form", FORMS)
def test_the_largest_policy_fits_in_a_response(form: str) -> None:
    """Lambda answers with at most 6 MB of JSON; unzipped, since not every scraper takes gzip."""
    policy = largest_policy()
    groups = [
        {"component": component, "severity": severity}
        for component in policy.component_names
        for severity in policy.severity_names
    ]
    assert len(groups) == 52 * 10
    stored = rows(
        *((metric.name, full(metric, values)) for metric in CATALOGUE.values() for values in metric.initial(policy))
    )
    windows = [window(each["component"], each["severity"], [123_456, 234_567], []) for each in groups]
    response = reply(200, body(reading(stored, windows, policy), form))
    assert len(json.dumps(response).encode()) < 6_000_000
