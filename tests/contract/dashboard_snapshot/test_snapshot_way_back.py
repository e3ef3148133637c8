"""From an edit in the UI to git by a patch, and from git or a run back to Grafana, by the command line."""

import html
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from dashboard_snapshot import commands
from dashboard_snapshot.command import DIFFERENT, SAME, USAGE, main
from dashboard_snapshot.driftpage import drift_card
from dashboard_snapshot.snapshot import PartialRunError
from kaizen.policy.sections.dashboard_snapshot import DashboardSnapshotPolicy
from kaizen.runtime import clients, secrets
from local.outside.grafana.service import TOKEN
from tests.contract.dashboard_snapshot.snapshot_world import BUCKET, World, aws
from tests.contract.outside_door import door
from tests.unit.dashboard_diff.dashboard_samples import dashboard, panel

NAME = "example-org/boards"


class Desk:
    def __init__(self, world: World, address: str) -> None:
        self.world, self.address = world, address

    def do(self, command: str, *arguments: str) -> int:
        more = ["--grafana", self.address, "--token-parameter", "/write"] if command == "restore" else []
        return main([command, *arguments, "--bucket", BUCKET, *more])

    def kinds(self) -> dict[str, str]:
        drift = self.world.run().drift
        assert drift is not None
        return {each.uid: each.kind for each in drift.items if each.kind != "unmanaged"}


@pytest.fixture
def desk() -> Iterator[Desk]:
    with aws() as (s3, dynamodb):
        policy = DashboardSnapshotPolicy(repository=NAME, path="boards", drift_after=timedelta())
        world = World(s3, dynamodb, policy=policy)
        given = [dashboard(panel("Orders", ""), uid=uid, title=uid.capitalize()) for uid in ("checkout", "search")]
        files = {f"boards/{each['uid']}.json": json.dumps(each, indent=4) + "\n" for each in given}
        made = world.git.world.repository(NAME, files)
        made.deployment(1)
        made.deployment_status(1, "success")
        world.world.rights.writes = True
        boto3.client("ssm").put_parameter(Name="/write", Value=TOKEN, Type="SecureString")
        clients.built.cache_clear()
        secrets._provider.cache_clear()
        with door(world.grafana) as (address, _):
            yield Desk(world, f"{address}/grafana")
        clients.built.cache_clear()
        secrets._provider.cache_clear()


def test_an_edit_goes_to_git_by_a_patch(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = desk.world
    world.save("checkout", author="ben", expr="rate(orders_total[10m])")
    assert desk.kinds() == {"checkout": "edited"}
    capsys.readouterr()
    assert desk.do("patch", world.last().run, "checkout") == SAME
    text = capsys.readouterr().out
    page = drift_card(world.last(), world.store.content, BUCKET)
    assert html.escape(text) in page
    assert "edited in the UI by" in page
    repository = world.git.world.repositories[NAME]
    path = "boards/checkout.json"
    before = repository.blobs[repository.commits[repository.branches["main"]].files[path]]
    (tmp_path / "boards").mkdir()
    (tmp_path / path).write_bytes(before)
    subprocess.run(["git", "apply"], cwd=tmp_path, input=text.encode(), check=True)
    after = (tmp_path / path).read_bytes()
    old, new = before.splitlines(), after.splitlines()
    assert [(one, other) for one, other in zip(old, new, strict=True) if one != other] == [
        (next(each for each in old if b'"expr"' in each), next(each for each in new if b'"expr"' in each))
    ]
    repository.commit("main", {path: after})
    assert desk.kinds() == {}
    assert "agree" in drift_card(world.last(), world.store.content, BUCKET)
    assert desk.do("patch", "latest", "checkout") == USAGE
    assert "hold the same" in capsys.readouterr().err


def test_git_is_put_back_after_a_look_and_then_nothing_differs(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    world = desk.world
    world.save("checkout", author="ben", expr="up")
    assert desk.kinds() == {"checkout": "edited"}
    run = world.last().run
    assert desk.do("restore", run, "checkout", "--git") == DIFFERENT
    assert "--apply 2" in capsys.readouterr().out
    assert len(world.world.dashboards["checkout"].versions) == 2  # a look saves nothing
    assert desk.do("restore", run, "checkout", "--git", "--apply", "1") == USAGE
    assert "look again" in capsys.readouterr().err
    assert desk.do("restore", run, "checkout", "--git", "--apply", "2") == SAME
    assert desk.kinds() == {}
    assert world.world.dashboards["checkout"].folder == "pay"
    assert desk.do("restore", run, "checkout", "--git", "--apply", "3") == SAME
    assert "nothing to put back" in capsys.readouterr().out


def test_a_deleted_dashboard_comes_back_from_a_run(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    world = desk.world
    held = world.run()
    world.world.remove("search")
    assert desk.kinds() == {"search": "missing"}
    assert desk.do("restore", held.run, "search", "--apply", "0") == SAME
    assert desk.kinds() == {}
    assert world.world.dashboards["search"].folder == "shop"
    assert desk.do("restore", held.run, "nothing") == USAGE
    assert "holds no dashboard" in capsys.readouterr().err


def test_git_is_put_back_into_the_folder_that_the_dashboard_was_in(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also runs after it went: in the root folder everybody might see it."""
    world = desk.world
    world.run()
    world.world.remove("search")
    assert desk.kinds() == {"search": "missing"}
    assert desk.kinds() == {"search": "missing"}
    run = world.last().run
    capsys.readouterr()
    assert desk.do("restore", run, "search", "--git") == DIFFERENT
    assert "folder: Shop" in capsys.readouterr().out
    assert desk.do("restore", run, "search", "--git", "--apply", "0") == SAME
    assert world.world.dashboards["search"].folder == "shop"
    assert desk.kinds() == {}


def test_where_nobody_knows_the_folder_nothing_is_put_back(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    world = desk.world
    world.world.remove("search")
    world.run()
    assert desk.do("restore", world.last().run, "search", "--git", "--apply", "0") == USAGE
    assert "root, where everybody may see it" in capsys.readouterr().err
    assert "search" not in world.world.dashboards


def test_a_look_says_where_a_dashboard_moves_to(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    world = desk.world
    held = world.run()
    world.world.dashboards["search"].folder = "pay"
    capsys.readouterr()
    assert desk.do("restore", held.run, "search") == DIFFERENT
    assert "moves from Shop / Payments to Shop" in capsys.readouterr().out


def test_a_grafana_that_saves_something_else_is_found_out(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = desk.world
    held = world.run()
    world.save("checkout", author="ben", expr="up")
    save = world.world.save

    def other(model: dict[str, Any], author: str, **more: Any) -> Any:
        return save(model | {"title": "Another"}, author, **more)

    monkeypatch.setattr(world.world, "save", other)
    assert desk.do("restore", held.run, "checkout", "--apply", "2") == USAGE
    assert "made something else of it" in capsys.readouterr().err


def test_the_commands_of_a_note_work_as_they_stand(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    world = desk.world
    world.run()
    world.world.rights.hidden.add("pay")  # runs are partial from now on, and edits are told all the same
    world.save("search", author="ben", expr="rate(orders_total[10m])")
    with suppress(PartialRunError):
        world.run()
    (note,) = [each.text for subject, each in world.told.items() if subject.startswith("drift/")]
    patch, restore = (shlex.split(html.unescape(each)) for each in re.findall(r"`(./kaizen [^`|]*)", note))
    assert patch[:3] == [*restore[:2], "patch"] == ["./kaizen", "dashboard_snapshot", "patch"]
    capsys.readouterr()
    assert main(patch[2:]) == SAME
    assert "[10m]" in capsys.readouterr().out
    at = restore.index("--grafana") + 1
    assert restore[at] == "https://grafana.example.org"
    restore[at] = desk.address
    assert main([*restore[2:], "--token-parameter", "/write"]) == DIFFERENT
    assert "--apply 2" in capsys.readouterr().out


def test_the_command_line_says_what_it_does_not_compare(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    world = desk.world
    first = world.run()
    world.world.alert_rule("down", "Shop is down", "up < 1", "1h", "pay")
    second = world.run()
    capsys.readouterr()
    assert desk.do("diff", first.run, second.run, "--format", "json", "--exit-code") == DIFFERENT
    found = json.loads(capsys.readouterr().out)
    assert [(each["what"], each["kind"], each["uid"]) for each in found["differences"]] == [
        ("added", "alert_rule", "down")
    ]
    assert found["newer"]["outcome"] == "complete"
    world.world.rights.alerting = False
    with suppress(PartialRunError):
        world.run()
    third = world.last()
    assert desk.do("diff", second.run, third.run) == SAME
    out = capsys.readouterr().out
    assert f"run {third.run} is partial: " in out
    assert f"alert rules are not compared: run {third.run} did not read them whole" in out
    assert desk.do("diff", second.run, third.run, "--format", "json") == SAME
    assert json.loads(capsys.readouterr().out)["not_compared"] == ["alert_rule"]


def test_a_uid_may_begin_with_a_hyphen(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    command = shlex.split(commands.patch(BUCKET, desk.world.run().run, "-0BOIbZ7z"))
    assert main(command[2:]) == USAGE
    assert "knows no '-0BOIbZ7z'" in capsys.readouterr().err


def test_grafana_s_refusals_are_told(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    world = desk.world
    held = world.run()
    provisioned = next(each.uid for each in world.world.dashboards.values() if each.external)
    world.world.dashboards[provisioned].model["title"] = "Other"
    assert desk.do("restore", held.run, provisioned, "--apply", "1") == USAGE
    assert "Cannot save provisioned dashboard" in capsys.readouterr().err
    world.save("checkout", author="ben", expr="up")
    world.world.rights.writes = False
    assert desk.do("restore", held.run, "checkout", "--apply", "2") == USAGE
    assert "403" in capsys.readouterr().err


def test_where_there_is_no_patch_it_says_why(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    world = desk.world
    repository = world.git.world.repositories[NAME]
    changed = dashboard(panel("Orders", "down"), uid="checkout", title="Checkout")
    repository.commit("main", {"boards/checkout.json": json.dumps(changed)})
    world.world.remove("search")
    desk.kinds()
    for uid, words in (("checkout", "git is ahead"), ("search", "no more"), ("nothing", "knows no")):
        assert desk.do("patch", "latest", uid) == USAGE
        assert words in capsys.readouterr().err
    unmanaged = next(each.uid for each in world.world.dashboards.values() if each.external)
    assert desk.do("patch", "latest", unmanaged) == USAGE
    assert "no file of it" in capsys.readouterr().err
    world.save("checkout", author="ben", expr="up")
    desk.kinds()
    assert desk.do("patch", "latest", "checkout") == SAME
    assert "git has changed it, too" in capsys.readouterr().err
