"""The whole function: its event, its secrets, its door; and the command line over the same bucket."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from dashboard_snapshot import handler, parts
from dashboard_snapshot.command import DIFFERENT, SAME, USAGE, main
from dashboard_snapshot.request import RequestError
from dashboard_snapshot.snapshot import PartialRunError
from kaizen.policy import store as policy_store
from kaizen.runtime import clients, secrets
from local.outside.grafana.service import TOKEN, GrafanaService
from local.outside.slack.service import Slack
from tests.contract.dashboard_snapshot.snapshot_world import BUCKET, aws
from tests.contract.github.github_world import NO_APP
from tests.contract.outside_door import door
from tests.unit.dashboard_diff.dashboard_samples import dashboard, panel

REPORTS = "reports-token"
EVIL = '<script>alert(1)</script>"&'


class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = "test"

    def __init__(self, number: int) -> None:
        self.aws_request_id = f"{number:04x}-test"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


class Desk:
    """`grafana` is the double; runs are numbered."""

    def __init__(self, grafana: GrafanaService) -> None:
        self.grafana = grafana
        self.runs: list[str] = []

    def run(self, **event: Any) -> str:
        answer = handler.lambda_handler(event, Context(len(self.runs)))
        self.runs.append(answer["run"])
        return str(answer["run"])

    def get(self, token: str = REPORTS, accept: str = "text/html", **query: str) -> tuple[int, str, dict[str, str]]:
        event = {
            "headers": {"authorization": f"Bearer {token}", "accept": accept} if token else {"accept": accept},
            "queryStringParameters": query,
            "requestContext": {"http": {"method": "GET", "path": "/reports/dashboards"}, "requestId": "r"},
        }
        answer = handler.lambda_handler(event, Context(0))
        return answer["statusCode"], answer["body"], answer["headers"]


@pytest.fixture
def desk() -> Iterator[Desk]:
    grafana, slack = GrafanaService(), Slack()
    with aws(), door(grafana) as (there, _), door(slack) as (chat, _):
        prefix = slack.parameters(chat)["SlackApiUrl"]
        given = {
            "SNAPSHOTS_BUCKET": BUCKET, "METRICS_TABLE": "metrics", "SLACK_TABLE": "slack", "POLICY_PARAMETER": "/p",
            "EVENT_BUS_NAME": "bus",
            "GRAFANA_URL": f"{there}/grafana", "GRAFANA_TOKEN_PARAMETER": "/g", "REPORTS_TOKEN_PARAMETER": "/r",
            "API_URL_PARAMETER": "/api", "GIT_REF": "", "GITHUB_API_URL": "https://api.github.com",
            "GITHUB_TOKEN_PARAMETER": "/none", **NO_APP, "SLACK_TOKEN_PARAMETER": "/s", "SLACK_API_URL": prefix,
        }  # fmt: skip
        ssm = boto3.client("ssm")
        hook = "/kaizen/slack/default-webhook"
        chat_secrets = slack.secrets(chat, {
            "SlackTokenParameter": "/s", "SlackWebhookParameterPrefix": "/kaizen/slack/",
            "SlackSigningSecretParameter": "/x", "SlackSigningSecretPreviousParameter": "/y",
        })  # fmt: skip
        assert hook in chat_secrets
        for name, value in (
            {"/g": TOKEN, "/r": REPORTS, "/api": "https://api.example.org"} | dict(chat_secrets)
        ).items():
            ssm.put_parameter(Name=name, Value=value, Type="SecureString")
        with patch.dict(os.environ, given):
            forget()
            yield Desk(grafana)
            forget()


def forget() -> None:
    for cached in (handler.settings, handler.store):
        cached.cache_clear()
    clients.built.cache_clear()
    secrets._provider.cache_clear()
    policy_store.policy_store.cache_clear()


def edited(desk: Desk) -> tuple[str, str]:
    world = desk.grafana.world
    world.save(dashboard(panel(EVIL), title=EVIL, uid="evil"), "ana")
    first = desk.run(git_ref="v1")
    world.edit("evil", 0, "Orders", "rate(orders_total[9m])", "ben")
    return first, desk.run(git_ref="v2", deployed_ref="v1")


def test_a_run_is_what_the_event_says(desk: Desk) -> None:
    first, second = edited(desk)
    manifest = handler.store().run(second)
    assert (manifest.git_ref, manifest.deployed_ref, manifest.base) == ("v2", "v1", first)
    with pytest.raises(RequestError, match="is nothing that a run takes"):
        desk.run(gitref="v1")
    with patch.dict(os.environ, {"GIT_REF": "v9", "GRAFANA_URL": ""}):
        handler.settings.cache_clear()
        assert handler.lambda_handler({}, Context(9)) == {"run": "", "outcome": "off"}


def test_a_partial_run_fails_and_is_kept(desk: Desk) -> None:
    boto3.client("ssm").put_parameter(Name="/g", Value="glsa_old", Type="SecureString", Overwrite=True)
    with pytest.raises(PartialRunError, match="the token is wrong, expired or revoked"):
        desk.run()
    (key,) = [each["Key"] for each in boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert key.endswith("-partial.json.gz")


def test_a_renewed_token_is_read_anew(desk: Desk) -> None:
    boto3.client("ssm").put_parameter(Name="/g", Value="glsa_old", Type="SecureString", Overwrite=True)
    with pytest.raises(PartialRunError):
        desk.run()
    boto3.client("ssm").put_parameter(Name="/g", Value=TOKEN, Type="SecureString", Overwrite=True)
    assert desk.run()


def test_the_page_shows_two_runs_and_nothing_of_a_hostile_title_works(desk: Desk) -> None:
    first, second = edited(desk)
    status, text, headers = desk.get(**{"from": first, "to": second})
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "1 dashboard differs, edited in the UI" in text
    assert "last saved by ben" in text
    assert "rate(orders_total[9m])" in text.replace("<ins>", "").replace("</ins>", "")
    assert desk.get()[1] == text  # without runs: the newest, and what it was compared with
    status, text, _ = desk.get(**{"from": first, "to": second, "uid": "evil"})
    assert status == 200


def test_markdown_is_for_those_who_ask(desk: Desk) -> None:
    first, second = edited(desk)
    by_accept = desk.get(accept="text/markdown", **{"from": first, "to": second})
    assert by_accept[2]["content-type"] == "text/markdown; charset=utf-8"
    assert "### Grafana dashboards" in by_accept[1]
    assert desk.get(**{"from": first, "to": second, "format": "md"})[1] == by_accept[1]


def test_the_door_is_locked(desk: Desk) -> None:
    first, second = edited(desk)
    runs = {"from": first, "to": second}
    for token, query in (("", runs), ("wrong", runs), ("", runs | {"key": "x"}), ("", runs | {"key": ""})):
        assert desk.get(token, **query)[0] == 401
    link = parse_qs(urlsplit(parts.page(handler.settings(), first, second)).query)
    assert desk.get("", **{name: values[0] for name, values in link.items()})[0] == 200
    swapped = {"from": second, "to": first, "key": link["key"][0]}
    assert desk.get("", **swapped)[0] == 401
    assert REPORTS not in parts.page(handler.settings(), first, second)


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"from": "../runs"}, 400, "from is a run"),
        ({"to": "x"}, 400, "to is a run"),
        ({"format": "pdf"}, 400, "html or md"),
        ({"from": "20200101T000000Z-0000000"}, 404, "there is no run"),
        ({"uid": "nothing"}, 404, "does not differ"),
    ],
)
def test_bad_questions_are_named(desk: Desk, query: dict[str, str], status: int, words: str) -> None:
    edited(desk)
    found, text, _ = desk.get(**query)
    assert found == status
    assert words in json.loads(text)["detail"]


def test_no_run_yet(desk: Desk) -> None:
    assert desk.get()[0] == 404


def test_the_command_line_says_the_same(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = edited(desk)
    capsys.readouterr()
    assert main(["runs", "--bucket", BUCKET]) == SAME
    assert capsys.readouterr().out.splitlines() == [f"{second}  complete", f"{first}  complete"]
    assert main(["diff", first, second, "--bucket", BUCKET, "--exit-code"]) == DIFFERENT
    assert "changed " in capsys.readouterr().out
    assert main(["diff", first, second, "--bucket", BUCKET, "--format", "markdown"]) == SAME
    assert capsys.readouterr().out.strip() == desk.get(**{"from": first, "to": second, "format": "md"})[1].strip()
    assert main(["diff", first, "20200101T000000Z-0000000", "--bucket", BUCKET]) == USAGE
    assert main(["diff", first, second, "--bucket", "no-such-bucket"]) == USAGE


def test_an_export_keeps_what_the_folder_held_before(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = edited(desk)
    folder, bucket = tmp_path / "out", ["--bucket", BUCKET]
    assert main(["export", first, str(folder), *bucket]) == SAME
    (folder / "README.md").write_text("ours")
    assert main(["export", "latest", str(folder), "--git-ref", "v2.1", *bucket]) == SAME
    text = (folder / "diffs" / "evil.json.diff").read_text(encoding="utf-8")
    assert '+          "expr": "rate(orders_total[9m])"' in text
    assert [(folder / name).read_text() for name in (".git_ref", ".previous_git_ref")] == ["v2.1\n", "v1\n"]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert main(["export", second, str(folder), "--git-ref", "v2.1", *bucket]) == SAME
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert folder / "README.md" in before
    capsys.readouterr()
    (tmp_path / "mine.json").write_text("{}")
    assert main(["export", first, str(tmp_path), *bucket]) == USAGE
    assert "neither empty nor an export" in capsys.readouterr().err
    assert (tmp_path / "mine.json").read_text() == "{}"
