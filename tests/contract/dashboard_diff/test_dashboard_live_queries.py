"""Changed queries asked of the double of Prometheus: what the comment says of them, and that nothing fails a review."""

import gzip
import json
from collections.abc import Iterator

import boto3
import pytest

from dashboard_diff import handler
from dashboard_diff.querying import FORK, MOST
from kaizen.policy.store import DEFAULT_FILE
from local.outside.prometheus.service import PrometheusService
from tests.contract.prometheus_door import Prometheus, served
from tests.contract.review_world import Desk, desk_of, forget
from tests.unit.dashboard_diff.dashboard_samples import Json, dashboard, edited, panel

FILE, NAME, BUCKET, API = "grafana/dashboards/a.json", "/kaizen/prometheus/token", "reports", "https://api.example.test"
QUERY = "panels.0.targets.0.expr"
BASE = dashboard(panel("Orders", 'rate(orders_total{job="$job"}[5m])'))
BASE["templating"]["list"].append({"name": "job", "type": "query", "query": "label_values(up, job)"})


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    service = PrometheusService()
    service.expression("rate(orders_total[5m])", {"job": "a"}, lambda at: at % 7)
    service.expression("rate(orders_total[1m])", {"job": "a"}, lambda at: -(at % 5))
    service.expression("rate(gone_total[5m])", {}, lambda at: None)
    with served(service) as made:
        yield made


@pytest.fixture
def desk(prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    given = {"PROMETHEUS_URL": prometheus.address, "PROMETHEUS_TOKEN_PARAMETER": NAME, "REPORTS_BUCKET": BUCKET,
             "API_URL_PARAMETER": "/kaizen/test/api-url"}  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with desk_of(handler, "DASHBOARD_DIFF_DEAD_LETTER_QUEUE_URL", {FILE: json.dumps(BASE)}) as made:
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        boto3.client("ssm").put_parameter(Name="/kaizen/test/api-url", Value=API, Type="String")
        yield made


def commented(desk: Desk, given: Json, **more: str | None) -> str:
    number = desk.open({FILE: json.dumps(given)}, **more)
    assert desk.run(desk.event(number))
    (comment,) = desk.comments(number)
    return comment.body


def reported(body: str) -> str:
    name = body.partition(f"({API}/reviews/")[2][:32]
    found = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"reviews/{name}")["Body"].read()
    return gzip.decompress(found).decode()


def test_both_sides_of_a_changed_query_are_drawn(desk: Desk, prometheus: Prometheus) -> None:
    body = commented(desk, edited(BASE, QUERY, 'rate(orders_total{job="$job"}[1m])'))
    assert "window `5m` → `1m`; 1 series in 6 h" in body
    page = reported(body)
    assert "1 line before, 1 line after" in page
    assert '<path class="old"' in page
    assert '<path class="new"' in page
    assert len(prometheus.heard) == 2
    assert all(b"timeout=5s" in each.body and b"step=120.000" in each.body for each in prometheus.heard)


def test_what_is_told_as_broken_is_not_asked(desk: Desk, prometheus: Prometheus) -> None:
    broken = edited(BASE, QUERY, "rate(orders_total[5m]")
    body = commented(desk, broken | {"panels": [*broken["panels"], panel("New", "rate(gone_total[5m]", number=2, y=8)]})
    assert body.count("is no PromQL") == 2
    assert "asked" not in body
    assert prometheus.heard == []


def test_an_alarm_stands_on_a_line_of_its_own(desk: Desk) -> None:
    body = commented(desk, edited(BASE, QUERY, "rate(gone_total[5m])"))
    (line,) = [each for each in body.splitlines() if "no series" in each]
    assert line.startswith("  **⚠️ returns no series now")
    assert line.endswith("blank**")
    assert '<p class="words"><b>⚠️ returns no series now' in reported(body)


def test_a_query_that_gives_nothing_is_said_to_be_blank(desk: Desk) -> None:
    body = commented(desk, edited(BASE, QUERY, "rate(gone_total[5m])"))
    assert "⚠️ returns no series now, and gave some before the change: this panel will be blank" in body
    assert "🔴 **1 panel will be blank (in all: 1 panel changed)**" in body
    assert '<span class="state bad">goes blank</span>' in reported(body)
    more = panel("Gone", "rate(gone_total[5m])", number=2, y=8)
    body = commented(desk, BASE | {"panels": [*BASE["panels"], more]})
    assert "⚠️ returns no series now: this panel will be blank" in body
    body = commented(desk, edited(BASE | {"panels": [*BASE["panels"], more]}, "uid", "other"))
    assert "🔴 **1 thing breaks, 1 panel will be blank (in all: 1 panel added)**" in body


def test_a_panel_is_blank_where_all_that_it_draws_is(desk: Desk) -> None:
    def asked(*exprs: str, hide: bool = False) -> Json:
        listed = [{"refId": name, "expr": expr} for name, expr in zip("ABC", exprs, strict=False)]
        return edited(BASE, "panels.0.targets", [listed[0], *(each | {"hide": hide} for each in listed[1:])])

    gone, kept = "rate(gone_total[5m])", BASE["panels"][0]["targets"][0]["expr"]
    body = commented(desk, asked(gone, "gone_total"))
    assert body.count("this panel will be blank") == 2
    assert "1 panel will be blank" in body
    for first, second in ((kept, gone), (gone, "rate(orders_total[5m])")):
        body = commented(desk, asked(first, second))
        assert body.count("what it draws will be blank") == 1
        assert "panel will be blank" not in body
    body = commented(desk, asked(gone, "rate(orders_total[5m])", hide=True))
    assert body.count("this panel will be blank") == 1
    body = commented(desk, asked(kept, gone, hide=True))  # nobody sees it
    assert "⚠️ returns no series now" in body
    assert "blank" not in body


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("503", "Prometheus does not answer"),
        ("401", "Prometheus refuses the token"),
        ("timeout", "it takes Prometheus longer than 5 s"),
        ("partial", "the answer of Prometheus may not be whole"),
        ("html", "what answers is no Prometheus"),
    ],
)
def test_what_goes_wrong_is_said_in_words_and_the_review_stands(
    desk: Desk, prometheus: Prometheus, trouble: str, words: str
) -> None:
    prometheus.service.trouble(trouble, trouble)
    body = commented(desk, edited(BASE, QUERY, 'rate(orders_total{job="$job"}[1m])'))
    assert f"could not be asked: {words}" in body
    assert "window `5m` → `1m`" in body
    assert len(prometheus.heard) == 1  # the old query is not worth asking then
    assert desk.buried() == []


def test_queries_of_forks_are_asked_only_where_the_policy_says_so(desk: Desk, prometheus: Prometheus) -> None:
    changed = edited(BASE, QUERY, 'rate(orders_total{job="$job"}[1m])')
    body = commented(desk, changed, fork="mallory/a")
    assert FORK.split(":")[0] in body
    assert prometheus.heard == []
    put_policy(desk, "ask_forks = true")
    assert "1 series in 6 h" in commented(desk, changed, fork="mallory/b")
    assert len(prometheus.heard) == 2


def put_policy(desk: Desk, line: str) -> None:
    default = DEFAULT_FILE.read_text(encoding="utf-8")
    policy = default.replace("[dashboard_diff]", f"[dashboard_diff]\n{line}\n", 1)
    boto3.client("ssm").put_parameter(Name="/kaizen/policy", Value=policy, Type="String", Tier="Advanced")
    forget(handler)


@pytest.mark.parametrize("source", [{"type": "prometheus", "uid": "thanos-infra"}, "Infra"])
@pytest.mark.parametrize("own", [False, True])
def test_another_data_source_may_be_another_prometheus(desk: Desk, source: object, own: bool) -> None:
    def of(text: str) -> Json:
        """The data source is the panel's, or the query's own."""
        place = "panels.0.targets.0.datasource" if own else "panels.0.datasource"
        return edited(edited(BASE, place, source), QUERY, text)

    body = commented(desk, of("rate(gone_total[5m])"))
    assert "no series in the Prometheus that was asked" in body
    assert "blank" not in body
    assert "⚠️" not in body
    assert "1 series in 6 h in the Prometheus that was asked" in commented(desk, of("rate(orders_total[1m])"))
    new = panel("Gone", "rate(gone_total[5m])", number=2, y=8, datasource=source)
    body = commented(desk, BASE | {"panels": [*BASE["panels"], new]})
    assert "nothing breaks (changed queries were not asked)" in body
    assert "blank" not in body
    put_policy(desk, 'data_sources = ["other", "thanos-infra", "Infra"]')
    body = commented(desk, of("rate(gone_total[5m])"))
    assert "returns no series now, and gave some before the change: this panel will be blank" in body


def test_the_default_data_source_is_the_one_that_is_asked(desk: Desk) -> None:
    given = edited(edited(BASE, "panels.0.datasource", ...), QUERY, "rate(gone_total[5m])")
    assert "this panel will be blank" in commented(desk, given)


def test_few_are_asked_and_the_rest_is_counted(desk: Desk, prometheus: Prometheus) -> None:
    new = [panel(f"P{n}", f"unknown_{n}_total", number=n + 10, y=8 * n + 8) for n in range(MOST + 3)]
    body = commented(desk, BASE | {"panels": [*BASE["panels"], *new]})
    assert len(prometheus.heard) == MOST
    assert f"3 more queries not asked: {MOST} at most" in body
    assert body.count("⚠️ returns no series now: this panel will be blank") == MOST


def test_what_is_no_promql_is_not_asked(desk: Desk, prometheus: Prometheus) -> None:
    body = commented(desk, edited(edited(BASE, "panels.0.datasource", {"type": "loki", "uid": "x"}), QUERY, '{a="b"}'))
    assert "could not be asked" not in body
    for text in ("rate($metric[5m])", "rate(gone_total[5m] @ ${__to})"):
        assert "no telling for every value of its variables" in commented(desk, edited(BASE, QUERY, text))
    assert prometheus.heard == []
