"""The function against the double of GitHub and AWS in memory: one comment, whatever happens on the way to it."""

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest

from kaizen.times import utc_now
from local.outside.github.world import Comment, Identity
from local.outside.service import Request
from rule_lint import handler
from rule_lint.comment import MARKER
from tests.contract.github.github_world import APP_ID, INSTALLATION, NAME, SLUG
from tests.contract.review_world import Desk, desk_of, forget
from tests.unit.rule_lint.rule_samples import alert, content, record

FILE, OTHER = "prometheus/rules/a.yml", "prometheus/rules/b.yml"
GOOD = content(alert("A", "x > 5"))
BAD = content(alert("A", "x > 7"), alert("B", "x >"))
REVIEWS, FINDINGS = "kaizen_rule_lint_reviews_total", "kaizen_rule_lint_findings_total"


@pytest.fixture
def lint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("PROMETHEUS_URL", "")
    monkeypatch.setenv("PROMETHEUS_TOKEN_PARAMETER", "/kaizen/prometheus/token")
    with desk_of(handler, "RULE_LINT_DEAD_LETTER_QUEUE_URL", {FILE: GOOD, "src/main.py": "pass\n"}) as made:
        yield made


def test_what_the_change_brings_is_said_in_one_comment(lint: Desk) -> None:
    number = lint.open({FILE: BAD})
    assert lint.run(lint.event(number, "opened"))
    (comment,) = lint.comments(number)
    assert comment.body.startswith(MARKER)
    assert "**promql**" in comment.body
    assert "threshold 5 → 7" in comment.body
    head = lint.repository.pulls[number].head_sha
    assert f"https://github.com/{NAME}/blob/{head}/{FILE}#L" in comment.body
    assert lint.counted(REVIEWS) == {"created": 1}
    assert lint.counted(FINDINGS) == {"promql": 1}


def test_a_repeated_event_changes_nothing(lint: Desk) -> None:
    number = lint.open({FILE: BAD})
    for _ in range(2):
        assert lint.run(lint.event(number))
    assert len(lint.comments(number)) == 1
    assert lint.counted(REVIEWS) == {"created": 1, "unchanged": 1}


def test_the_load_set_is_all_watched_files_at_the_head(lint: Desk) -> None:
    lint.repository.commit("main", {OTHER: content(alert("B", "y > 5", "critical"))})
    number = lint.open({FILE: content(alert("A", "x > 5"), alert("W", "y > 9"))})
    lint.run(lint.event(number))
    (comment,) = lint.comments(number)
    assert "**inverted-ladder**" in comment.body
    assert "b.yml:" in comment.body


def test_faults_that_were_there_before_are_left_out(lint: Desk) -> None:
    lint.repository.commit("main", {OTHER: content(alert("C", "y >"))})
    number = lint.open({FILE: content(alert("A", "x > 7"))})
    lint.run(lint.event(number))
    (comment,) = lint.comments(number)
    assert "Nothing wrong" in comment.body
    assert "1 finding not of this pull request left out" in comment.body


def test_a_recording_rule_that_a_dashboard_still_reads_is_not_removed_unseen(lint: Desk) -> None:
    panel, rule = "docs/dashboards/shop.json", content(record("job:x:rate5m", "x"))
    lint.repository.commit("main", {OTHER: rule, panel: '{"expr": "sum(job:x:rate5m)"}'})
    number = lint.open({OTHER: None})
    lint.run(lint.event(number))
    (comment,) = lint.comments(number)
    assert "**removed**" in comment.body
    assert f"{panel}#L1" in comment.body
    unused = lint.open({OTHER: None, panel: "{}"})
    lint.run(lint.event(unused))
    assert "**removed**" not in lint.comments(unused)[0].body


def test_what_was_too_large_to_look_for_readers_in_is_said(lint: Desk) -> None:
    """A dashboard at the head, where a rule is gone; and the rules at the merge base, of which any may be gone."""
    panel, rule = "docs/dashboards/shop.json", content(record("job:x:rate5m", "x"))
    large = '{"expr": "sum(job:x:rate5m)", "pad": "' + "x" * 1_100_000 + '"}'
    lint.repository.commit("main", {OTHER: rule, panel: large})
    number = lint.open({OTHER: None})
    lint.run(lint.event(number))
    (comment,) = lint.comments(number)
    assert "Nothing wrong" not in comment.body
    assert "docs/dashboards/shop.json is larger than 1024 KiB and was not read" in comment.body.replace("\u200b", "")
    kept = lint.open({FILE: content(alert("A", "x > 7"))})  # nothing is gone: nobody needs the dashboard
    lint.run(lint.event(kept))
    assert "Nothing wrong" in lint.comments(kept)[0].body
    lint.repository.commit("main", {OTHER: rule + b"#" * 1_100_000, panel: None})
    smaller = lint.open({OTHER: content(record("job:y:rate5m", "y"))})
    lint.run(lint.event(smaller))
    assert "At the merge base: prometheus/rules/b.yml is larger" in lint.comments(smaller)[0].body.replace("\u200b", "")


def test_an_app_makes_a_check_run_with_each_finding_on_its_line(lint: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    lint.world.now = utc_now()  # the function signs by its own clock
    kms = boto3.client("kms")
    key = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["KeyId"]
    lint.world.service.world.app(APP_ID, SLUG, INSTALLATION, kms.get_public_key(KeyId=key)["PublicKey"])
    monkeypatch.setenv("GITHUB_APP_ID", str(APP_ID))
    monkeypatch.setenv("GITHUB_APP_INSTALLATION_ID", str(INSTALLATION))
    monkeypatch.setenv("GITHUB_APP_SIGNER", key)
    forget(handler)
    faults = [alert(f"B{number}", f"x{number} >") for number in range(51)]
    number = lint.open({FILE: content(alert("A", "x > 5"), *faults)})
    for _ in range(2):  # the second event brings nothing new
        assert lint.run(lint.event(number))
    (check,) = lint.repository.checks.values()
    assert (check.conclusion, check.head_sha) == ("failure", lint.repository.pulls[number].head_sha)
    assert len(check.annotations) == 51
    assert {each["path"] for each in check.annotations} == {FILE}
    assert len({each["start_line"] for each in check.annotations}) == 51
    assert len(lint.comments(number)) == 1
    lint.repository.push(number, {FILE: GOOD + b"\n"})
    assert lint.run(lint.event(number))
    assert [each.conclusion for each in lint.repository.checks.values()] == ["failure", "success"]


def test_the_base_is_where_both_come_from(lint: Desk) -> None:
    """What main has got since is none of this pull request's changes."""
    number = lint.open({FILE: content(alert("A", "x > 7"))})
    lint.repository.commit("main", {OTHER: content(alert("New", "y > 5"))})
    lint.repository.pulls[number] = replace(lint.repository.pulls[number], base_sha=lint.repository.branches["main"])
    lint.run(lint.event(number))
    assert "New" not in lint.comments(number)[0].body


def test_other_pull_requests_cost_two_requests(lint: Desk) -> None:
    number = lint.open({"src/main.py": "pass # more\n"})
    lint.run(lint.event(number))
    assert lint.comments(number) == []
    assert lint.counted(REVIEWS) == {"unwatched": 1}
    assert len(lint.world.heard) == 2


def test_nothing_to_say_makes_no_comment_but_puts_ours_right(lint: Desk) -> None:
    quiet = lint.open({FILE: GOOD + b"\n"})
    lint.run(lint.event(quiet))
    assert lint.comments(quiet) == []
    number = lint.open({FILE: BAD})
    lint.run(lint.event(number))
    for changes in ({FILE: GOOD + b"\n"}, {FILE: GOOD}):  # the last one leaves no watched file changed
        lint.repository.push(number, changes)
        lint.run(lint.event(number))
        (comment,) = lint.comments(number)
        assert "Nothing wrong" in comment.body
    assert lint.counted(REVIEWS) == {"silent": 1, "created": 1, "updated": 2}


def test_a_pasted_marker_is_not_ours(lint: Desk) -> None:
    number = lint.open({FILE: BAD})
    now = lint.world.now
    lint.repository.comments[999] = Comment(999, number, Identity("mallory"), f"{MARKER} mine", now, now)
    lint.run(lint.event(number))
    assert lint.repository.comments[999].body == f"{MARKER} mine"
    assert len(lint.comments(number)) == 2


def test_a_push_while_reading_is_read_before_anything_is_written(lint: Desk) -> None:
    number = lint.open({FILE: BAD})
    path = f"/git/trees/{lint.repository.pulls[number].head_sha}"

    def push(_: Request) -> None:
        lint.repository.push(number, {FILE: GOOD + b"\n"})

    lint.answering(path, push)
    assert lint.run(lint.event(number))
    assert lint.comments(number) == []


def test_two_pushes_that_race_leave_one_comment_of_the_later_head(lint: Desk) -> None:
    """The second run comes when the first has read the head for the last time: it leaves word, and ends."""
    number = lint.open({FILE: BAD})

    def second(_: Request) -> None:
        lint.repository.push(number, {FILE: content(alert("A", "x > 8"))})
        assert lint.run(lint.event(number))

    lint.answering(f"/issues/{number}/comments", second)
    assert lint.run(lint.event(number))
    (comment,) = lint.comments(number)
    assert "threshold 5 → 8" in comment.body
    assert lint.repository.pulls[number].head_sha[:7] in comment.body
    assert lint.counted(REVIEWS) == {"left": 1, "updated": 1}


def test_forks_are_served_and_files_are_only_read(lint: Desk) -> None:
    for fork in ("mallory/checkout", None):
        number = lint.open({FILE: BAD}, fork=fork)
        lint.run(lint.event(number))
        assert len(lint.comments(number)) == 1


def test_removed_and_renamed_files(lint: Desk) -> None:
    number = lint.open({FILE: None, "prometheus/rules/c.yml": GOOD})
    lint.run(lint.event(number))
    assert lint.comments(number) == []  # it moved
    number = lint.open({FILE: None})
    lint.run(lint.event(number))
    assert "removed" in lint.comments(number)[0].body


def test_old_faults_of_a_renamed_file_are_not_brought_by_the_move(lint: Desk) -> None:
    faults = [alert("B", "x > bool 5"), alert("C", "y >"), alert("D", "z > 5")]
    lint.repository.commit("main", {OTHER: content(*faults)})
    number = lint.open({OTHER: None, "prometheus/rules/c.yml": content(*faults)})
    lint.run(lint.event(number))
    assert lint.comments(number) == []


@pytest.mark.parametrize("trouble", [("500", "500"), ("429",), ("secondary",), ("html", "html"), ("502", "502")])
def test_what_passes_goes_back_to_the_queue(lint: Desk, trouble: tuple[str, ...]) -> None:
    number = lint.open({FILE: BAD})
    lint.world.service.trouble(*trouble)
    assert not lint.run(lint.event(number))
    assert lint.comments(number) == []
    assert lint.buried() == []
    assert lint.run(lint.event(number))  # the lease was let go
    assert len(lint.comments(number)) == 1


@pytest.mark.parametrize("trouble", ["403", "404", "422"])
def test_what_does_not_pass_is_a_dead_letter_and_never_a_success(lint: Desk, trouble: str) -> None:
    number = lint.open({FILE: BAD})
    lint.world.service.trouble(trouble)
    assert lint.run(lint.event(number))
    (fault,) = lint.buried()
    assert trouble in fault
    assert lint.counted(REVIEWS) == {"failed": 1}


def test_an_old_comment_says_that_it_is_old(lint: Desk) -> None:
    number = lint.open({FILE: BAD})
    lint.run(lint.event(number))
    told = lint.comments(number)[0].body
    lint.repository.push(number, {FILE: content(alert("A", "x > 9"))})
    lint.world.service.trouble("404")
    assert lint.run(lint.event(number))
    head = lint.repository.pulls[number].head_sha[:7]
    body = lint.comments(number)[0].body
    assert f"⚠️ **Not brought up to date** for `{head}`: GitHub answered 404" in body
    assert body.endswith(told)
    assert lint.run(lint.event(number))
    assert "Not brought up to date" not in lint.comments(number)[0].body


def test_a_message_that_is_no_event_is_a_dead_letter(lint: Desk) -> None:
    assert lint.run(lint.message({"detail-type": "github.push", "detail": {}}))
    assert lint.run(lint.message([]))
    assert len(lint.buried()) == 2


def test_without_a_token_nothing_is_claimed_to_be_good(lint: Desk) -> None:
    boto3.client("ssm").delete_parameter(Name="/kaizen/github/token")
    forget(handler)
    assert lint.run(lint.event(lint.open({FILE: BAD})))
    assert lint.counted(REVIEWS) == {"off": 1}
    assert lint.buried() == []


def test_other_actions_and_closed_ones_are_left_alone(lint: Desk) -> None:
    number = lint.open({FILE: BAD})
    lint.run(lint.event(number, "labeled"))
    lint.repository.pulls[number].state = "closed"
    lint.run(lint.event(number))
    assert lint.comments(number) == []
    assert lint.counted(REVIEWS) == {"ignored": 1, "closed": 1}


def test_files_that_are_too_large_are_named(lint: Desk) -> None:
    number = lint.open({FILE: content(alert("A", "x > 6")), OTHER: b"#" * (1024 * 1024 + 1)})
    lint.run(lint.event(number))
    (comment,) = lint.comments(number)
    assert "Nothing wrong" not in comment.body
    assert "b.yml" in comment.body
    assert "was not read" in comment.body
    number = lint.open({FILE: b"#" * (1024 * 1024 + 1)})
    lint.run(lint.event(number))
    assert "removed" not in lint.comments(number)[0].body
