"""Which recording rules are behind the metrics that a change shows."""

import json

import pytest

from kaizen.dashboards import markdown, recorded
from kaizen.dashboards.files import FileDiff, file_diff
from kaizen.dashboards.markup import body
from kaizen.dashboards.sentences import plain
from tests.unit.dashboard_diff.dashboard_samples import dashboard, panel

RULES = b"""
groups:
  - name: orders
    rules:
      - record: job:orders:rate5m
        expr: sum by (job) (rate(orders_total[5m]))
      - {record: "job:share:ratio", expr: "job:orders:rate5m / on () group_left () all:orders:rate5m"}
      - alert: High
        expr: job:share:ratio > 1
"""
RESOURCE = b"""
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
spec: {groups: [{name: all, rules: [{record: all:orders:rate5m, expr: "sum(rate(shop_orders_total[5m]))"}]}]}
---
record: job:loop:sum
expr: job:loop:sum + job:loop:sum
---
record: job:odd:sum
expr: not ) PromQL
"""
KNOWN = recorded.rules(
    {"rules/a.yml": RULES, "rules/b.yml": RESOURCE, "rules/bad.yml": b"a: [", "rules/c.yml": b"\xff"}
)


def changed(before: str, after: str) -> FileDiff:
    contents = [json.dumps(dashboard(panel("Orders", each))).encode() for each in (before, after)]
    return file_diff("a.json", contents[0], contents[1])


def behind(before: str, after: str) -> list[str]:
    (found,) = recorded.explained([changed(before, after)], KNOWN)
    assert found.diff is not None
    return [plain(each) for each in found.diff.metrics.behind]


@pytest.mark.parametrize(("before", "after", "told"), [
    ("up", "job:orders:rate5m", "job:orders:rate5m is recorded at rules/a.yml:5 from orders_total"),
    ("job:orders:rate5m", "up", "job:orders:rate5m is recorded at rules/a.yml:5 from orders_total"),
    ("job:share:ratio", "max(job:share:ratio)",
     "job:share:ratio is recorded at rules/a.yml:7 from orders_total, shop_orders_total"),
    ("up", "job:loop:sum", "job:loop:sum is recorded at rules/b.yml:6: job:loop:sum + job:loop:sum"),
    ("up", "job:odd:sum", "job:odd:sum is recorded at rules/b.yml:9: not ) PromQL"),
    ("up", "job:new:sum", "job:new:sum is recorded by no rule here"),
])  # fmt: skip
def test_what_is_behind_a_recorded_metric(before: str, after: str, told: str) -> None:
    assert behind(before, after) == [told]


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert behind("job:gone:sum", "up") == []  # it may have been recorded elsewhere
    given = changed("up", "job:new:sum")
    assert recorded.explained([given], {}) == [given]  # no rules here at all: nothing follows from that
    assert recorded.wanted([changed("up", "down")]) == frozenset()


def test_it_stands_below_the_metrics() -> None:
    found = recorded.explained([changed("up", "job:orders:rate5m")], KNOWN)
    assert "`job:orders:rate5m` is recorded at `rules/a.yml:5` from `orders_total`" in markdown.write(found, whole="")
    assert "<code>job:orders:rate5m</code> is recorded at <code>rules/a.yml:5</code>" in body(found[0])
