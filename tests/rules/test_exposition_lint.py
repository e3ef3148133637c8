"""`promtool check metrics` on what the function really answers, with every series filled."""

from itertools import product

import pytest

from kaizen.metrics.catalogue import CATALOGUE
from kaizen.metrics.changes import add, observe, set_gauge
from kaizen.mttr import window
from tests.contract.exporter_world import content, exporter_world
from tests.rules.tools import run

VALUES = {"component": ("api", "web"), "severity": ("sev1",), "route": ("default",)}


def test_promtool_accepts_every_metric() -> None:
    with exporter_world() as world:
        for metric in CATALOGUE.values():
            known = {**VALUES, **metric.values}
            for values in product(*(known.get(label, (f"some {label}",)) for label in metric.labels)):
                labels = dict(zip(metric.labels, values, strict=True))
                if metric.kind in ("summary", "histogram"):
                    world.write([observe(metric.name, labels, 90)])
                elif metric.kind == "counter":
                    world.write([add(metric.name, labels)])
                else:
                    world.write([set_gauge(metric.name, labels, 1_772_443_800)])
        world.write(windows=[window("api", "sev1", [90], []), window("*", "*", [90], [])])
        text = content(world.get(accept="text/plain")).decode()
    for name in CATALOGUE:
        assert f"\n{name}" in text
    assert run("promtool", "check", "metrics", text=text) == ""


def test_promtool_would_say_so() -> None:
    """The check finds planted faults, so that its silence means something."""
    planted = "# HELP kaizen_wait_minutes Waiting.\n# TYPE kaizen_wait_minutes gauge\nkaizen_wait_minutes 1\n"
    with pytest.raises(AssertionError, match="kaizen_wait_minutes"):
        run("promtool", "check", "metrics", text=planted)
