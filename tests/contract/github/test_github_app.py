"""A GitHub App whose key lies in KMS (moto's): the double checks the JWT by the key's public half."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from kaizen.github import access
from kaizen.github.access import GithubSettings
from kaizen.github.checks import Annotation, Report, create
from kaizen.github.errors import ForbiddenError, NotFoundError, UnauthorizedError, UnprocessableError
from kaizen.github.kms import SigningError
from kaizen.runtime.settings import SettingsError
from local.outside.github.world import Hook
from tests.contract.github.github_world import APP_ID, INSTALLATION, NAME, SLUG, THE_APP, US, World, github
from webhook_sweep import hooks

EXCHANGE = f"POST /app/installations/{INSTALLATION}/access_tokens"


@pytest.fixture
def world() -> Iterator[World]:
    with github() as made:
        yield made


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        build: Any = boto3.client
        yield build("kms", region_name="eu-west-1")


@pytest.fixture
def key(kms: Any, world: World) -> str:
    key_id = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["KeyId"]
    world.service.world.app(APP_ID, SLUG, INSTALLATION, kms.get_public_key(KeyId=key_id)["PublicKey"])
    return str(key_id)


def report(annotations: int) -> Report:
    remarks = tuple(
        Annotation("rules/a.yml", line, line, "warning", f"remark {line}") for line in range(1, annotations + 1)
    )
    return Report("kaizen/rules", "neutral", "Rules", "What was found", annotations=remarks)


def test_an_installation_token_is_kept_until_shortly_before_it_expires(world: World, kms: Any, key: str) -> None:
    client = world.by_app(kms, key)
    number = world.repository.pull_request("A change", {"a": "b"})
    for _ in range(3):
        client.get(f"/repos/{NAME}/pulls/{number}")
    assert world.lines().count(EXCHANGE) == 1
    world.pass_time(timedelta(minutes=54))
    client.get(f"/repos/{NAME}/pulls/{number}")
    assert world.lines().count(EXCHANGE) == 1
    world.pass_time(timedelta(minutes=1))
    client.get(f"/repos/{NAME}/pulls/{number}")
    assert world.lines().count(EXCHANGE) == 2


def test_a_token_that_is_revoked_is_replaced(world: World, kms: Any, key: str) -> None:
    client = world.by_app(kms, key)
    number = world.repository.pull_request("A change", {"a": "b"})
    client.get(f"/repos/{NAME}/pulls/{number}")
    world.service.world.tokens.clear()
    client.get(f"/repos/{NAME}/pulls/{number}")
    assert world.lines().count(EXCHANGE) == 2


@pytest.mark.parametrize(("annotations", "requests"), [(0, 1), (1, 1), (50, 1), (51, 2), (150, 3), (151, 4)])
def test_annotations_go_fifty_at_a_time(world: World, kms: Any, key: str, annotations: int, requests: int) -> None:
    head = world.repository.branches["main"]
    made = create(world.by_app(kms, key), NAME, head, report(annotations))
    assert made.requests == requests
    check = world.repository.checks[made.check_run_id]
    assert [each["start_line"] for each in check.annotations] == list(range(1, annotations + 1))
    assert (check.status, check.conclusion, check.head_sha) == ("completed", "neutral", head)
    # Until the last request it stands open: nobody sees a verdict with half of its reasons.
    bodies = [each.body for each in world.heard if "check-runs" in each.path]
    assert [b'"conclusion"' in body for body in bodies] == [False] * (requests - 1) + [True]


def test_what_github_refuses_of_a_check(world: World, kms: Any, key: str) -> None:
    with pytest.raises(UnprocessableError, match="No commit found"):
        create(world.by_app(kms, key), NAME, "0" * 40, report(1))
    with pytest.raises(ForbiddenError, match="GitHub App"):
        create(world.by_token(), NAME, world.repository.branches["main"], report(1))
    head = {"name": "a", "head_sha": world.repository.branches["main"]}
    remark = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "x"}
    for wrong in (
        {"status": "completed"},
        {"conclusion": "good"},
        {"output": {"title": "a"}},
        {"output": {"title": "a", "summary": "x" * 65_536}},
        {"output": {"title": "a", "summary": "b", "annotations": [remark] * 51}},
        {"output": {"title": "a", "summary": "b", "annotations": [remark | {"annotation_level": "error"}]}},
        {"output": {"title": "a", "summary": "b", "annotations": [remark | {"end_line": 0}]}},
    ):
        with pytest.raises(UnprocessableError):
            world.by_app(kms, key).post(f"/repos/{NAME}/check-runs", head | wrong)
    assert world.repository.checks == {}


def test_another_apps_key_gets_no_token(world: World, kms: Any, key: str) -> None:
    other = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]["KeyId"]
    with pytest.raises(UnauthorizedError):
        world.by_app(kms, other).get(f"/repos/{NAME}/pulls/1")


def test_a_clock_that_is_wrong_gets_no_token(world: World, kms: Any, key: str) -> None:
    client = world.by_app(kms, key)
    client._auth._clock = lambda: world.now - timedelta(minutes=30)  # type: ignore[attr-defined]
    with pytest.raises(UnauthorizedError):
        client.get(f"/repos/{NAME}/pulls/1")


def test_an_app_that_is_installed_nowhere(world: World, kms: Any, key: str) -> None:
    world.service.world.app(APP_ID, SLUG, INSTALLATION + 1, kms.get_public_key(KeyId=key)["PublicKey"])
    with pytest.raises(NotFoundError):
        world.by_app(kms, key).get(f"/repos/{NAME}/pulls/1")


def test_a_key_that_cannot_sign_names_why(world: World, kms: Any) -> None:
    with pytest.raises(SigningError, match="NotFoundException"):
        world.by_app(kms, "11111111-2222-3333-4444-555555555555").get(f"/repos/{NAME}/pulls/1")
    assert world.heard == []


def settings(world: World, **given: str | None) -> GithubSettings:
    wanted = {"github_app_id": None, "github_app_installation_id": None, "github_app_signer": None} | given
    return GithubSettings(world.api, "/kaizen/github/token", **wanted)


def test_settings_say_whether_it_is_the_app_or_the_token(world: World, kms: Any, key: str) -> None:
    number = world.repository.pull_request("A change", {"a": "b"})
    by_app = settings(
        world, github_app_id=str(APP_ID), github_app_installation_id=str(INSTALLATION), github_app_signer=key
    )
    for given, exchanges, us in ((settings(world), 0, US), (by_app, 1, THE_APP)):
        asked = access.github(given, world.read, world.send, lambda: world.now, lambda: kms)
        asked.get(f"/repos/{NAME}/pulls/{number}")
        assert world.lines().count(EXCHANGE) == exchanges
        assert access.author(given, asked) == us


def test_no_key_is_asked_for_without_an_app(world: World) -> None:
    def never() -> Any:
        raise AssertionError("a client of KMS costs a cold start")

    access.github(settings(world), world.read, world.send, lambda: world.now, never)


@pytest.mark.parametrize("missing", ["github_app_id", "github_app_installation_id", "github_app_signer"])
def test_an_app_that_is_half_set_up_names_the_parameters(world: World, kms: Any, missing: str) -> None:
    whole = {"github_app_id": "1", "github_app_installation_id": "2", "github_app_signer": "arn"}
    given = settings(world, **(whole | {missing: None}))
    with pytest.raises(SettingsError, match="GithubAppId, GithubAppInstallationId and GithubAppSigner"):
        access.github(given, world.read, world.send, lambda: world.now, lambda: kms)


def test_an_app_reads_the_deliveries_of_its_own_hook_as_itself(world: World, kms: Any, key: str) -> None:
    """An installation's token does not do for that, and another App's hook is none of its business."""
    hook = world.service.world.hooks["app/hook"] = Hook(lambda event, guid, body: 202, world.service.world, APP_ID)
    hook.deliver("issues", "g1", b"", lost=True)
    given = GithubSettings(world.api, "", str(APP_ID), str(INSTALLATION), key)
    itself = access.app_itself(given, world.send, lambda: world.now, lambda: kms)
    (attempt,) = hooks.attempts(itself, "app", world.now - timedelta(days=3))
    assert (attempt.guid, attempt.status) == ("g1", 0)
    hooks.repeat(itself, "app", attempt)
    assert [each.status for each in hooks.attempts(itself, "app", world.now - timedelta(days=3))] == [202, 0]
    with pytest.raises(UnauthorizedError):
        list(hooks.attempts(world.by_app(kms, key), "app", world.now))
    hook.app_id = APP_ID + 1
    with pytest.raises(NotFoundError):
        list(hooks.attempts(itself, "app", world.now))
    with pytest.raises(SettingsError, match="no GitHub App"):
        access.app_itself(GithubSettings(world.api, "", None, None, None), world.send, lambda: world.now, lambda: kms)
