"""docs/metrics.md says what the code says."""

import re

import pytest

from docs import metrics_page
from kaizen.metrics.catalogue import CATALOGUE, Kind, Metric
from metrics_exporter.own import OWN

COMMAND = "PYTHONPATH=layers/common:functions:. .venv/bin/python -m docs.metrics_page"


def test_the_page_is_up_to_date() -> None:
    page = metrics_page.PAGE.read_text(encoding="utf-8")
    assert metrics_page.renewed(page) == page, f"docs/metrics.md is out of date; write it anew: {COMMAND}"
    assert COMMAND in page


def test_every_metric_is_in_one_table_with_its_type_and_meaning() -> None:
    """Read from the page, not through the code that wrote it."""
    page = metrics_page.PAGE.read_text(encoding="utf-8")
    for metric in (*CATALOGUE.values(), *OWN):
        (row,) = re.findall(rf"^\| `{metric.name}` \|.*$", page, re.MULTILINE)
        assert f"| {metric.kind} |" in row
        assert metric.help in row
        assert all(f"`{label}`" in row for label in metric.labels)


def test_a_metric_that_is_in_no_table_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    stray = Metric("stray_total", "counter", "A stray one.")
    monkeypatch.setattr(metrics_page, "METRICS", (*metrics_page.METRICS, stray))
    page = metrics_page.PAGE.read_text(encoding="utf-8")
    with pytest.raises(metrics_page.PageError, match="stray_total is in 0 tables"):
        metrics_page.renewed(
            page.replace(
                "<!-- metrics * -->", "<!-- metrics kaizen_policy_ kaizen_store_ kaizen_scrape_ kaizen_build_ -->"
            )
        )
    with pytest.raises(metrics_page.PageError, match="kaizen_mttr_seconds is in 2 tables"):
        metrics_page.renewed(
            page.replace("<!-- metrics kaizen_tickets_ ", "<!-- metrics kaizen_mttr_ kaizen_tickets_ ")
        )


@pytest.mark.parametrize(
    ("name", "kind", "unit"),
    [
        ("kaizen_mttr_seconds", "summary", "s"),
        ("kaizen_webhook_last_delivery_timestamp_seconds", "gauge", "Unix time, s"),
        ("canary_deployment_start_time", "gauge", "Unix time, s"),
        ("kaizen_tickets_opened_total", "counter", "tickets"),
        ("bytes_saved_total", "counter", "bytes"),
        ("phase_savings_ratio", "gauge", "ratio"),
        ("kaizen_store_up", "gauge", "0 or 1"),
        ("phase_resync_total", "counter", "number"),
    ],
)
def test_units_follow_from_names(name: str, kind: Kind, unit: str) -> None:
    assert metrics_page.unit(Metric(name, kind, "")) == unit
