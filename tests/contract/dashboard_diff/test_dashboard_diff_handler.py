"""The function against the double of GitHub and AWS in memory: one comment, whatever happens on the way to it."""

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import boto3
import pytest

from dashboard_diff import handler
from dashboard_diff.comment import MARKER
from kaizen.dashboards import Dashboard, Diff, compare, files
from local.outside.github.world import Comment, Identity
from local.outside.service import Reply, Request
from tests.contract.review_world import Desk, desk_of
from tests.unit.dashboard_diff.dashboard_samples import Json, dashboard, edited, panel

FILE, OTHER = "grafana/dashboards/checkout.json", "docs/dashboards/shop.json"
BASE = dashboard(panel("Orders"))
CHANGED = edited(BASE, "panels.0.targets.0.expr", "rate(orders_total[10m])")


def content(given: Json) -> str:
    return json.dumps(given, indent=2)


def counted(desk: Desk) -> dict[str, int]:
    return desk.counted("kaizen_dashboard_diff_reviews_total")


@pytest.fixture
def desk() -> Iterator[Desk]:
    files: dict[str, str | bytes | None] = {FILE: content(BASE), "src/main.py": "pass\n"}
    given = {"REPORTS_BUCKET": "reports", "API_URL_PARAMETER": "/kaizen/test/api-url", "PROMETHEUS_URL": "",
             "PROMETHEUS_TOKEN_PARAMETER": "/kaizen/prometheus/token"}  # fmt: skip
    with patch.dict(os.environ, given), desk_of(handler, "DASHBOARD_DIFF_DEAD_LETTER_QUEUE_URL", files) as made:
        yield made


def test_what_changes_is_said_in_one_comment(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    assert desk.run(desk.event(number, "opened"))
    (comment,) = desk.comments(number)
    assert comment.body.startswith(MARKER)
    assert "window `5m` → `10m`" in comment.body
    assert desk.repository.pulls[number].head_sha[:7] in comment.body
    assert desk.run(desk.event(number))
    assert len(desk.comments(number)) == 1
    assert counted(desk) == {"created": 1, "unchanged": 1}


def test_a_push_that_takes_it_back_says_no_changes(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    desk.run(desk.event(number))
    for given in (content(edited(BASE, "version", 5)), content(BASE)):  # the last one leaves no dashboard changed
        desk.repository.push(number, {FILE: given})
        desk.run(desk.event(number))
        (comment,) = desk.comments(number)
        assert "**No changes" in comment.body
    assert counted(desk) == {"created": 1, "updated": 2}


def test_other_pull_requests_cost_two_requests(desk: Desk) -> None:
    number = desk.open({"src/main.py": "pass # more\n", "dashboards/x.json": "{}"})
    desk.run(desk.event(number))
    assert desk.comments(number) == []
    assert counted(desk) == {"unwatched": 1}
    assert len(desk.world.heard) == 2


def test_every_changed_file_whatever_became_of_it(desk: Desk) -> None:
    large = edited(BASE, "description", "x" * 1_200_000)
    desk.repository.commit("main", {OTHER: content(large), "docs/dashboards/old.json": content(BASE)})
    number = desk.open({
        FILE: None, "grafana/dashboards/renamed.json": content(CHANGED),
        OTHER: content(edited(large, "panels.0.title", "Sales")), "docs/dashboards/old.json": None,
        "docs/dashboards/broken.json": "{", "docs/dashboards/new.json": content(dashboard(panel("New"), uid="new")),
    }, renames={"grafana/dashboards/renamed.json": FILE})  # fmt: skip
    assert desk.run(desk.event(number))
    body = desk.comments(number)[0].body
    assert f"`grafana/dashboards/renamed.json` (was `{FILE}`)" in body
    assert "window `5m` → `10m`" in body
    assert "**`Orders`** → **`Sales`**: renamed" in body
    assert "the dashboard is removed" in body
    assert "Not a dashboard: now, it is not JSON" in body
    assert "🆕 dashboard **`Checkout`** added" in body
    assert any("/git/blobs/" in line for line in desk.world.lines())


def test_a_file_that_cannot_be_compared_leaves_the_others(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def fault(before: Dashboard | None, after: Dashboard | None) -> Diff:
        if after is not None and after.title == "Odd":
            raise TypeError("unhashable type: 'list'")
        return compare(before, after)

    number = desk.open({FILE: content(CHANGED), OTHER: content(edited(BASE, "title", "Odd"))})
    with patch.object(files, "compare", fault):
        assert desk.run(desk.event(number))
    body = desk.comments(number)[0].body
    assert "window `5m` → `10m`" in body
    assert "Not compared: the comparison failed with TypeError" in body
    assert "1 of 2 dashboards not compared" in body
    assert OTHER in caplog.text


def test_a_dashboard_that_is_gone_here_and_new_there_is_the_same(desk: Desk) -> None:
    """GitHub tells of no rename where the file was written anew as well."""
    new = "docs/dashboards/anew.json"
    number = desk.open({FILE: None, new: json.dumps(CHANGED, separators=(",", ":"))})
    assert desk.run(desk.event(number))
    body = desk.comments(number)[0].body
    assert f"`{new}` (was `{FILE}`)" in body
    assert "🟡 **1 panel changed; nothing breaks" in body
    number = desk.open({FILE: None, new: content(edited(CHANGED, "uid", "another"))})
    assert desk.run(desk.event(number))
    assert "the dashboard is removed" in desk.comments(number)[0].body


def test_the_base_is_where_both_come_from(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    desk.repository.commit("main", {FILE: content(edited(BASE, "title", "On main"))})
    desk.repository.pulls[number] = replace(desk.repository.pulls[number], base_sha=desk.repository.branches["main"])
    desk.run(desk.event(number))
    assert "On main" not in desk.comments(number)[0].body


def test_forks_are_served_and_pasted_markers_are_not_ours(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)}, fork="mallory/checkout")
    now = desk.world.now
    desk.repository.comments[999] = Comment(999, number, Identity("mallory"), f"{MARKER} mine", now, now)
    desk.run(desk.event(number))
    assert desk.repository.comments[999].body == f"{MARKER} mine"
    assert len(desk.comments(number)) == 2


def test_a_head_that_moves_meanwhile_is_compared_again(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    newer = content(edited(BASE, "panels.0.title", "Sales"))

    def push(request: Request) -> None:
        desk.repository.push(number, {FILE: newer})

    desk.answering(f"/contents/{FILE}", push)
    desk.run(desk.event(number))
    (comment,) = desk.comments(number)
    assert "**`Orders`** → **`Sales`**: renamed" in comment.body
    assert desk.repository.pulls[number].head_sha[:7] in comment.body
    assert counted(desk) == {"created": 1}


def test_who_comes_second_leaves_it_to_the_first(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})

    def second(request: Request) -> None:
        assert desk.run(desk.event(number))

    desk.answering(f"/contents/{FILE}", second)
    desk.run(desk.event(number))
    assert len(desk.comments(number)) == 1
    assert counted(desk) == {"left": 1, "unchanged": 1}


STAGES = ("pull", "files", "compare", "contents", "blob", "list", "post")
CUT = b'{"type": "file", "sha": "'


def path_of(stage: str, desk: Desk, number: int) -> str:
    """How the address ends of what is asked at a stage."""
    head = desk.repository.pulls[number].head_sha
    return {
        "pull": f"/pulls/{number}", "files": f"/pulls/{number}/files", "compare": f"...{head}",
        "contents": f"/contents/{FILE}", "blob": "", "list": f"/issues/{number}/comments",
        "post": f"/issues/{number}/comments",
    }[stage]  # fmt: skip


def failing(desk: Desk, number: int, stage: str, status: int, body: bytes, times: int) -> None:
    """One stage answers so, the first times that it is asked."""
    answer = desk.world.service.answer
    done: list[str] = []

    def watched(request: Request) -> Reply:
        hit = "/git/blobs/" in request.path if stage == "blob" else request.path.endswith(path_of(stage, desk, number))
        if stage in ("list", "post"):
            hit = hit and request.method == ("GET" if stage == "list" else "POST")
        if hit and len(done) < times:
            done.append(stage)
            return Reply(status, body)
        return answer(request)

    desk.world.service.answer = watched  # type: ignore[method-assign]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(("status", "body", "times"), [
    (429, b'{"message": "slow down"}', 1), (500, b"{}", 2), (502, b"<html>", 2), (200, CUT, 1),
])  # fmt: skip  # 5xx are asked for once more at once
def test_what_may_pass_goes_back_to_the_queue(desk: Desk, stage: str, status: int, body: bytes, times: int) -> None:
    number = opened_large(desk)
    # What is written is not written twice at once: GitHub may have done it.
    failing(desk, number, stage, status, body, 1 if stage == "post" else times)
    assert not desk.run(desk.event(number))
    assert desk.comments(number) == []
    assert desk.buried() == []
    assert desk.run(desk.event(number))
    assert len(desk.comments(number)) == 1


@pytest.mark.parametrize("half", [True, False])
def test_content_that_is_cut_short_is_asked_for_again(desk: Desk, half: bool) -> None:
    number = desk.open({FILE: content(CHANGED)})
    whole = content(CHANGED).encode()
    cut = base64.b64encode(whole[: len(whole) // 2] if half else b"").decode()
    answer = {"type": "file", "sha": "a" * 40, "size": len(whole), "encoding": "base64", "content": cut}
    failing(desk, number, "contents", 200, json.dumps(answer).encode(), 1)
    assert not desk.run(desk.event(number))
    assert desk.comments(number) == []
    assert desk.run(desk.event(number))
    assert len(desk.comments(number)) == 1


def test_a_list_of_no_files_is_no_success(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    failing(desk, number, "files", 200, b"[]", 1)
    assert not desk.run(desk.event(number))
    assert desk.comments(number) == []


def test_half_a_surrogate_pair_does_not_keep_the_comment_away(desk: Desk) -> None:
    number = desk.open({FILE: json.dumps(edited(BASE, "panels.0.title", "Orders\ud800"))})
    assert desk.run(desk.event(number))
    (comment,) = desk.comments(number)
    assert "Orders\\ud800" in comment.body


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("status", [403, 404, 422])
def test_what_no_retry_cures_is_a_dead_letter_at_once(desk: Desk, stage: str, status: int) -> None:
    number = opened_large(desk)
    failing(desk, number, stage, status, b'{"message": "no"}', 1)
    assert desk.run(desk.event(number))
    assert desk.comments(number) == []
    assert desk.buried() == [f"GitHub answered {status}: no"]
    assert counted(desk) == {"failed": 1}


@pytest.mark.parametrize("stage", ["pull", "files", "compare", "contents", "blob"])
@pytest.mark.parametrize("status", [403, 404, 422])
def test_an_old_comment_says_that_it_is_old(desk: Desk, stage: str, status: int) -> None:
    number = opened_large(desk)
    assert desk.run(desk.event(number))
    told = desk.comments(number)[0].body
    for title in ("Sales", "More sales"):  # twice: there is one such line
        desk.repository.push(number, {FILE: content(edited(CHANGED, "description", title + "y" * 1_200_000))})
        failing(desk, number, stage, status, b'{"message": "*no* @team"}', 1)
        assert desk.run(desk.event(number))
        head = desk.repository.pulls[number].head_sha[:7]
        reason = f"GitHub answered {status}: \\*no\\* @\u200bteam"
        line = f"⚠️ **Not brought up to date** for `{head}`: {reason}"
        assert desk.comments(number)[0].body == f"<!-- kaizen:remark -->\n{line}\n\n{told}"
    assert len(desk.buried()) == 2
    assert desk.run(desk.event(number))
    (comment,) = desk.comments(number)
    assert comment.body.startswith(MARKER)
    assert head in comment.body


def test_a_comment_of_this_head_is_not_called_old(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    desk.run(desk.event(number))
    told = desk.comments(number)[0].body
    failing(desk, number, "files", 403, b"{}", 1)
    assert desk.run(desk.event(number))
    assert desk.comments(number)[0].body == told


def test_where_the_comment_may_not_be_written_the_dead_letter_stays(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    desk.run(desk.event(number))
    told = desk.comments(number)[0].body
    desk.repository.push(number, {FILE: content(edited(CHANGED, "title", "Sales"))})
    failing(desk, number, "files", 403, b'{"message": "no"}', 1)
    failing(desk, number, "list", 403, b'{"message": "not this"}', 1)
    assert desk.run(desk.event(number))
    assert desk.comments(number)[0].body == told
    assert desk.buried() == ["GitHub answered 403: no"]


def opened_large(desk: Desk) -> int:
    """A pull request with a version above 1 MB, which is read as a blob."""
    return desk.open({FILE: content(edited(CHANGED, "description", "x" * 1_200_000))})


def test_what_is_not_ours(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    assert desk.run(desk.event(number, "labeled"))
    desk.repository.pulls[number].state = "closed"
    assert desk.run(desk.event(number))
    assert desk.run(desk.message({"detail-type": "github.push", "detail": {}}))
    assert counted(desk) == {"ignored": 1, "closed": 1, "failed": 1}
    assert desk.comments(number) == []


def test_without_a_token_it_is_off(desk: Desk) -> None:
    number = desk.open({FILE: content(CHANGED)})
    boto3.client("ssm").delete_parameter(Name="/kaizen/github/token")
    assert desk.run(desk.event(number))
    assert counted(desk) == {"off": 1}


def test_recorded_metrics_are_traced_to_the_rules_at_the_head(desk: Desk) -> None:
    rules = "groups: [{name: a, rules: [{record: 'job:orders:rate5m', expr: 'sum(rate(orders_total[5m]))'}]}]"
    changed = edited(BASE, "panels.0.targets.0.expr", "job:orders:rate5m")
    number = desk.open({FILE: content(changed), "prometheus/rules/orders.yml": rules})
    desk.run(desk.event(number))
    told = "`job:orders:rate5m` is recorded at `prometheus/rules/orders.yml:1` from `orders_total`"
    assert told in desk.comments(number)[0].body
