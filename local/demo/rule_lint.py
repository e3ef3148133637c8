"""A pull request that changes Prometheus rules: its comment says what is wrong and what changes, and follows pushes."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from kaizen.github.comments import length
from kaizen.times import utc_now
from local.demo import pulls
from local.demo.looking import need, scrape
from local.outside.github.service import LOGIN, GithubService
from local.outside.github.world import Comment, Repository
from local.outside.prometheus.service import PrometheusService
from local.stack import Stack

REPOSITORY, REPOSITORY_ID = "example-org/platform", 640100
FILE, OTHER = "prometheus/rules/checkout.yml", "prometheus/rules/shop.yml"
_SHOP = """groups:
  - name: shop
    rules:
      - record: job:http_requests:rate5m
        expr: sum by (job) (rate(http_requests_total[5m]))
      - alert: ShopDown
        expr: up{job="shop"} == 0
        for: 5m
        labels: { severity: critical }
        annotations: { summary: The shop is down }
"""
_BEFORE = """groups:
  - name: checkout
    rules:
      - alert: HighLatency
        expr: histogram_quantile(0.99, sum by (le, job) (rate(checkout_seconds_bucket{job="checkout"}[5m]))) > 5
        for: 10m
        labels: { severity: warning }
        annotations: { summary: Checkouts take long }
      - alert: HighErrors
        expr: sum by (job) (rate(checkout_errors_total[5m])) > 10
        for: 5m
        labels: { severity: critical }
        annotations: { summary: Checkouts fail }
      - alert: ManyErrors
        expr: sum by (job) (rate(checkout_errors_total[5m])) > 2
        for: 5m
        labels: { severity: warning }
        annotations: { summary: Some checkouts fail }
      - alert: QueueStuck
        expr: checkout_queue_length > 1000
        for: 30m
        labels: { severity: warning }
"""
_AFTER = """groups:
  - name: checkout
    rules:
      - alert: HighLatency
        expr: histogram_quantile(0.99, sum by (le, job) (rate(checkout_seconds_bucket{job="checkout"}[5m]))) > 7
        for: 5m
        labels: { severity: warning }
        annotations: { summary: Checkouts take long }
      - alert: HighErrors
        expr: sum by (job) (rate(checkout_errors_total[5m])) > 10
        for: 5m
        labels: { severity: critical }
        annotations: { summary: Checkouts fail }
      - alert: ManyErrors
        expr: sum by (job) (rate(checkout_errors_total[5m])) > 20
        for: 5m
        labels: { severity: warning }
        annotations: { summary: Some checkouts fail }
      - alert: CheckoutDown
        expr: (up{job=~"checkout"} == 0
        for: 5m
        labels: { severity: critical }
      - record: job:http_requests:rate5m
        expr: sum by (job) (rate(http_requests_total[300s]))
"""
# What Prometheus knows of the last week: for each expression the minutes of each time that it held.
_LATENCY = 'histogram_quantile(0.99, sum by (le, job) (rate(checkout_seconds_bucket{job="checkout"}[5m])))'
_ERRORS = "sum by (job) (rate(checkout_errors_total[5m]))"
_HELD = {
    f"{_LATENCY} > 5": (23, 24, 24),
    f"{_LATENCY} > 6": (9,),
    f"{_LATENCY} > 7": (),
    f"{_ERRORS} > 2": (95, 40),
    f"{_ERRORS} > 20": (),
    "checkout_queue_length > 1000": (),
}
_MENDED = _BEFORE.replace("> 5\n", "> 7\n").replace("for: 10m", "for: 5m")


def play(stack: Stack, ended: threading.Event) -> None:
    prometheus, hour = stack.outside.of(PrometheusService), utc_now().replace(minute=0, second=0, microsecond=0)
    for expression, minutes in _HELD.items():
        prometheus.expression(expression, {"job": "checkout"}, _held(hour, minutes))
    number = _open(stack)
    pulls.tell(stack, REPOSITORY, REPOSITORY_ID, number, "opened", utc_now())
    stack.drain()
    stack.say(f"a pull request changes Prometheus rules: {len(_comments(stack, number))} comment says what is wrong")


def _held(hour: datetime, minutes: Sequence[int]) -> Callable[[float], float | None]:
    begins = [((hour - timedelta(days=1 + 2 * number)).timestamp(), each) for number, each in enumerate(minutes)]
    return lambda at: 30.0 if any(0 <= at - begin < each * 60 for begin, each in begins) else None


def left_out(stack: Stack) -> str:
    if not all(stack.policy.rule_lint.watches(path) for path in (FILE, OTHER)):
        return f"the policy does not watch {FILE}"
    return ""


def _repository(stack: Stack) -> Repository:
    world = stack.outside.of(GithubService).world
    return world.repository(REPOSITORY, {"README.md": "# Platform\n", FILE: _BEFORE, OTHER: _SHOP})


def _open(stack: Stack) -> int:
    return _repository(stack).pull_request("Tune the alerts of the checkout", {FILE: _AFTER}, branch="tune-alerts")


def _number(stack: Stack) -> int:
    return min(_repository(stack).pulls)


def _comments(stack: Stack, number: int) -> list[Comment]:
    return [each for each in _repository(stack).comments.values() if each.number == number]


def links(stack: Stack) -> Sequence[tuple[str, str]]:
    return ()


def card(stack: Stack, now: datetime) -> str:
    pulled = len(_repository(stack).pulls)
    results = {each.labels["result"]: int(each.value) for each in scrape(stack) if each.name == _REVIEWS and each.value}
    words = ", ".join(f"{name} {count}" for name, count in sorted(results.items())) or "none"
    return f"<article><h2>Rule reviews</h2><p>{pulled} pull request: {words}</p></article>"


_REVIEWS = "kaizen_rule_lint_reviews_total"


_REPLAYED = "was 3 firings, 41 min; would be 0"


def _commented(stack: Stack) -> str:
    (comment,) = _comments(stack, _number(stack))
    need(comment.author.login == LOGIN, comment.author.login)
    need(length(comment.body) < 65_536, length(comment.body))
    for words in ("inverted-ladder", "duplicate", "promql", "threshold 5 → 7", "for 10m → 5m", "QueueStuck", _REPLAYED):
        need(words in comment.body, f"no {words!r} in {comment.body}")
    return next(line for line in comment.body.splitlines() if line.startswith("🔴"))


def _followed(stack: Stack) -> str:
    """Two pushes race each other: one comment stands, and it is of the later head."""
    number, repository = _number(stack), _repository(stack)
    for content in (_AFTER.replace("> 7\n", "> 6\n"), _MENDED):
        repository.push(number, {FILE: content})
        pulls.tell(stack, REPOSITORY, REPOSITORY_ID, number, "synchronize", utc_now())
    stack.drain()
    (comment,) = _comments(stack, number)
    need("Nothing wrong" in comment.body, comment.body)
    need(repository.pulls[number].head_sha[:7] in comment.body, comment.body)
    found = {each.labels["result"] for each in scrape(stack) if each.name == _REVIEWS and each.value}
    need({"created", "updated"} <= found, found)
    return "the comment follows the last push"


CHECKS = (
    ("rules are reviewed", _commented),
    ("a push is followed", _followed),
)
