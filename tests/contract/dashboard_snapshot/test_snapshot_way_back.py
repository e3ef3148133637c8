"""From an edit in the UI to git by a patch, and from git or a run back to Grafana, by the command line."""

import html
import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest

from dashboard_snapshot.command import DIFFERENT, SAME, USAGE, main
from dashboard_snapshot.driftpage import drift_card
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
    page = drift_card(world.last(), world.store.content)
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
    assert "agree" in drift_card(world.last(), world.store.content)
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
