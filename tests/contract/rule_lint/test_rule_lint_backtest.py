"""Changed alerts replayed by the double of Prometheus: what a comment says of them, and that nothing fails a review."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from kaizen.policy.store import DEFAULT_FILE
from kaizen.prometheus.results import Matrix
from kaizen.times import utc_now
from local.outside.prometheus.service import TOKEN, PrometheusService
from local.outside.service import Request
from rule_lint import handler
from rule_lint.changes import changes
from rule_lint.command import main
from rule_lint.files import read
from rule_lint.lint import DEFAULT
from rule_lint.replaying import MOST, PATIENCE, Replayer
from rule_lint.severities import Ranks
from tests.contract.prometheus_door import Prometheus, served
from tests.contract.review_world import Desk, desk_of, forget
from tests.unit.rule_lint.rule_samples import alert, content, record

FILE, NAME = "prometheus/rules/a.yml", "/kaizen/prometheus/token"
BEFORE, AFTER = alert("A", "x > 5", wait="1m"), alert("A", "x > 7", wait="1m")


def now_and_then(minutes: int) -> Callable[[float], float | None]:
    """True three times in a week, for so many minutes each."""
    hour = utc_now().replace(minute=0, second=0, microsecond=0)
    begins = [(hour - timedelta(days=days)).timestamp() for days in (1, 3, 5)]
    return lambda at: 9.0 if any(0 <= at - each < minutes * 60 for each in begins) else None


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    service = PrometheusService()
    service.expression("x > 5", {"job": "a"}, now_and_then(14))
    service.expression("x > 6", {"job": "a"}, now_and_then(14))
    service.expression("x > 7", {}, lambda at: None)
    with served(service) as made:
        yield made


@pytest.fixture
def lint(prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("PROMETHEUS_URL", prometheus.address)
    monkeypatch.setenv("PROMETHEUS_TOKEN_PARAMETER", NAME)
    with desk_of(handler, "RULE_LINT_DEAD_LETTER_QUEUE_URL", {FILE: content(BEFORE)}) as made:
        yield made


def commented(lint: Desk, rules: bytes, **more: str | None) -> str:
    number = lint.open({FILE: rules}, **more)
    assert lint.run(lint.event(number))
    (comment,) = lint.comments(number)
    return comment.body


def test_a_changed_alert_before_and_after(lint: Desk, prometheus: Prometheus) -> None:
    text = commented(lint, content(AFTER))
    assert "\\\n  **Over the last 7 days:** was 3 firings, 39 min; would be 0\n" in text  # on a line of its own
    assert [each.path.rpartition("/")[2] for each in prometheus.heard] == ["query_range"] * 2
    assert all(b"timeout=5s" in each.body and b"step=60.000" in each.body for each in prometheus.heard)


def test_new_and_removed_alerts_and_one_expression_is_asked_once(lint: Desk, prometheus: Prometheus) -> None:
    text = commented(lint, content(alert("B", "x > 6", "critical", wait="2m")))
    removed, new = text.index("**`A`** removed"), text.index("**`B`** new")
    assert removed < text.index("**Over the last 7 days:** was 3 firings, 39 min\n") < new
    assert new < text.index("**Over the last 7 days:** would be 3 firings, 36 min\n")
    assert len(prometheus.heard) == 2
    assert "was 3 firings, 39 min; would be 3 firings, 36 min" in commented(lint, content(BEFORE | {"for": "2m"}))
    assert len(prometheus.heard) == 3
    text = commented(lint, content(BEFORE | {"annotations": {"summary": "words alone"}}))
    assert "7 days" not in text
    assert len(prometheus.heard) == 3


@pytest.mark.parametrize(
    ("trouble", "words", "asked"),
    [
        ("503", "Prometheus does not answer", 1),
        ("401", "Prometheus refuses the token", 1),
        ("timeout", "it takes Prometheus longer than 5 s", 2),
        ("execution", "Prometheus cannot evaluate it", 2),
        ("warnings", "the answer of Prometheus may not be whole", 2),
        ("partial", "the answer of Prometheus may not be whole", 2),
        ("html", "what answers is no Prometheus", 2),
    ],
)
def test_what_goes_wrong_is_said_in_words_and_the_review_stands(
    lint: Desk, prometheus: Prometheus, trouble: str, words: str, asked: int
) -> None:
    prometheus.service.trouble(trouble, trouble)
    text = commented(lint, content(AFTER))
    assert f"**Over the last 7 days:** could not be replayed: {words}\n" in text
    assert "threshold 5 → 7" in text
    assert len(prometheus.heard) == asked  # who is away, or refuses the token, is not asked again
    assert lint.buried() == []


def test_only_one_side_may_be_known(lint: Desk) -> None:
    text = commented(lint, content(alert("A", "y > 5")))  # the double does not know this expression: `bad_data`
    assert "was 3 firings, 39 min; what it would be could not be replayed: Prometheus refuses the expression" in text


def test_the_token_goes_along_and_never_in_the_clear(
    lint: Desk, prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch
) -> None:
    prometheus.service.secrets("", {"PrometheusTokenParameter": NAME})
    boto3.client("ssm").put_parameter(Name=NAME, Value=TOKEN, Type="SecureString")
    assert "was 3 firings" in commented(lint, content(AFTER))
    monkeypatch.setenv("PROMETHEUS_URL", "http://prometheus.internal:9090")
    forget(handler)
    assert "the address of Prometheus, or the token for it, is not usable" in commented(lint, content(AFTER))


def test_without_a_prometheus_it_is_said_once(
    lint: Desk, prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMETHEUS_URL", "")
    forget(handler)
    text = commented(lint, content(AFTER, alert("B", "x > 5", "critical")))
    assert text.count("not replayed") == 1
    assert "no Prometheus is set" in text
    assert "7 days" not in text


def test_expressions_of_forks_are_asked_by_the_policy_alone(lint: Desk, prometheus: Prometheus) -> None:
    for fork in ("mallory/checkout", None):
        text = commented(lint, content(AFTER), fork=fork)
        assert "the policy keeps those of forks from Prometheus" in text
    assert prometheus.heard == []
    default = DEFAULT_FILE.read_text(encoding="utf-8")
    policy = default.replace("[rule_lint]", "[rule_lint]\nreplay_forks = true\n", 1)
    boto3.client("ssm").put_parameter(Name="/kaizen/policy", Value=policy, Type="String")
    forget(handler)
    assert "was 3 firings" in commented(lint, content(AFTER), fork="mallory/checkout")


def test_a_push_during_the_replay_is_read_before_anything_is_written(lint: Desk, prometheus: Prometheus) -> None:
    number = lint.open({FILE: content(AFTER)})
    answer = prometheus.service.answer
    pushed: list[bool] = []

    def push(request: Request) -> object:
        if not pushed:
            pushed.append(True)
            lint.repository.push(number, {FILE: content(alert("A", "x > 8", wait="1m"))})
        return answer(request)

    prometheus.service.answer = push  # type: ignore[method-assign, assignment]
    assert lint.run(lint.event(number))
    (comment,) = lint.comments(number)
    assert "threshold 5 → 8" in comment.body
    assert lint.counted("kaizen_rule_lint_reviews_total") == {"created": 1}


@dataclass
class Counting:
    """A Prometheus that knows nothing, and takes its time."""

    takes: timedelta = timedelta(0)
    now: datetime = datetime(2026, 11, 20, 12, 34, tzinfo=UTC)
    asked: list[str] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    def query_range(self, expression: str, start: datetime, end: datetime, step: timedelta) -> Matrix:
        self.asked.append(expression)
        assert (end - start) / step < 11_000
        self.now += self.takes
        return Matrix(())


def replayed(asked: Counting, before: bytes, after: bytes) -> tuple[list[str], str]:
    one, other = read("r.yml", before), read("r.yml", after)
    found = changes([one], [other], Ranks(DEFAULT.severities))
    done = Replayer(lambda: asked, asked.clock).replay(found, other.rules)
    return [each.replay for each in done.changes], done.left_out


def test_no_more_alerts_than_are_bound_are_asked_for() -> None:
    rules = content(*(alert(f"A{number}", f"x{number} > 5") for number in range(MOST + 3)))
    asked = Counting()
    said, left_out = replayed(asked, content(), rules)
    assert len(asked.asked) == MOST
    assert said == ["would be 0 firings"] * MOST + [""] * 3
    assert left_out == f"3 more changed alerts not replayed: {MOST} at most"


def test_when_the_time_is_over_nothing_more_is_asked() -> None:
    rules = content(*(alert(f"A{number}", f"x{number} > 5") for number in range(8)))
    asked = Counting(takes=PATIENCE / 4)
    said, _ = replayed(asked, content(), rules)
    assert len(asked.asked) == 4
    assert said == ["would be 0 firings"] * 4 + ["could not be replayed: there was no time left"] * 4


def test_what_the_past_cannot_tell_is_not_asked() -> None:
    asked = Counting()
    rules = [
        record("job:x:rate5m", "rate(x[5m])"),
        record("x:sum", "sum(job:x:rate5m)"),
        alert("A", "x:sum > 5"),
        alert("B", "x @ end() > 5"),
        alert("C", "sum_over_time(x[5m:1m] @ start()) > 5"),
        alert("D", "y >"),
    ]
    said, _ = replayed(asked, content(rules[1]), content(*rules))
    assert said == [
        "",
        "could not be replayed: it reads x:sum, which this change records otherwise",
        "could not be replayed: @ start() and @ end() mean another time in a replay",
        "could not be replayed: @ start() and @ end() mean another time in a replay",
        "could not be replayed: its expression could not be read",
    ]
    assert asked.asked == []
    said, _ = replayed(asked, content(*rules[:3]), content(*rules[:2], alert("A", "x:sum > 7")))
    assert said == ["0 firings, before and after"]


def test_the_command(prometheus: Prometheus, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, rule in (("old.yml", BEFORE), ("new.yml", AFTER)):
        (tmp_path / name).write_bytes(content(rule))
    old, new, where = str(tmp_path / "old.yml"), str(tmp_path / "new.yml"), ["--prometheus", prometheus.address]
    assert main(["backtest", new, *where, "--before", old]) == 0
    assert capsys.readouterr().out == f"{new}:6: A: was 3 firings, 39 min; would be 0\n"
    assert main(["backtest", old, *where]) == 0
    assert capsys.readouterr().out == f"{old}:6: A: would be 3 firings, 39 min\n"
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    prometheus.service.secrets("", {"PrometheusTokenParameter": NAME})
    assert main(["backtest", old, *where]) == 1
    assert "refuses the token" in capsys.readouterr().out
    assert main(["backtest", old, *where, "--token-file", str(tmp_path / "token")]) == 0
    assert main(["backtest", old, "--prometheus", "prometheus:9090"]) == 2
    assert main(["backtest", old, *where, "--token-file", str(tmp_path / "none")]) == 2


def test_the_command_replays_what_reads_a_recorded_series(
    prometheus: Prometheus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without older files nothing is known to be new: what an alert reads was there."""
    path, older, where = tmp_path / "rules.yml", tmp_path / "old.yml", ["--prometheus", prometheus.address]
    prometheus.service.expression("job:x:max > 5", {"job": "a"}, now_and_then(14))
    path.write_bytes(content(record("job:x:max", "max by (job) (x)"), alert("A", "job:x:max > 5", wait="1m")))
    assert main(["backtest", str(path), *where]) == 0
    assert "A: would be 3 firings, 39 min" in capsys.readouterr().out
    older.write_bytes(b"groups: []")
    assert main(["backtest", str(path), *where, "--before", str(older)]) == 1
    assert "it reads job:x:max, which this change records otherwise" in capsys.readouterr().out
