"""What we take Grafana for, asked of a Grafana.

By default of the double. Of a real one with two variables: GRAFANA_CONTRACT_URL, its address without /api, and
GRAFANA_CONTRACT_TOKEN, the token of a service account that reads at least one dashboard and one folder. Only questions
are asked; nothing is changed.
"""

import os
import time
from collections.abc import Iterator

import pytest

from dashboard_snapshot.canonical import canonical, digest
from dashboard_snapshot.errors import ForbiddenError, NotFoundError, UnauthorizedError
from dashboard_snapshot.grafana import Grafana
from kaizen.runtime.outbound import Outbound
from local.outside.grafana.service import TOKEN, GrafanaService
from tests.contract.dashboard_snapshot.snapshot_world import board_v2
from tests.contract.outside_door import door

URL, REAL_TOKEN = os.environ.get("GRAFANA_CONTRACT_URL", ""), os.environ.get("GRAFANA_CONTRACT_TOKEN", "")


@pytest.fixture
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    if URL:
        # The guard of the tests lets nobody out; here somebody has said where to.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("conftest._guard", lambda address: None)
            yield URL
        return
    service = GrafanaService()
    service.world.folder("a", "Outer")
    service.world.folder("b", "Inner", "a")
    service.world.save(board_v2("Board"), "user:u1", folder="b", uid="board", api="v2beta1")
    with door(service) as (address, _):
        yield f"{address}/grafana"


def grafana(address: str, token: str = "") -> Grafana:
    given = token or (REAL_TOKEN if URL else TOKEN)
    return Grafana(address, Outbound(), "/t", lambda parameter, fresh=False: given, time.sleep, lambda: 60.0)


def test_the_list_names_dashboards_that_can_be_read(address: str) -> None:
    asked = grafana(address)
    uids = asked.listed()
    assert uids
    full = asked.dashboard(uids[0])
    own = full.model["metadata"]["name"] if "apiVersion" in full.model else full.model["uid"]
    assert own == uids[0]
    assert isinstance(full.meta["version"], int)
    for name in ("createdBy", "updatedBy", "created", "updated", "url", "provisionedExternalId"):
        assert isinstance(full.meta[name], str), name
    again = asked.dashboard(uids[0])
    assert digest(canonical(full.model)) == digest(canonical(again.model))


def test_a_dashboard_that_the_legacy_api_refuses_is_read_where_it_says(address: str) -> None:
    """Of a real Grafana too, where it holds one of schema v2: whatever is listed can be read."""
    asked = grafana(address)
    found = [asked.dashboard(uid) for uid in asked.listed()[:100]]
    assert all(each.title for each in found)
    for each in found:
        if "apiVersion" in each.model:
            assert set(each.model) == {"apiVersion", "kind", "metadata", "spec"}
            assert isinstance(each.meta["version"], int)
            assert each.meta["created"] <= each.meta["updated"]
            again = asked.dashboard(each.model["metadata"]["name"])
            assert digest(canonical(again.model)) == digest(canonical(each.model))
    assert URL or any("apiVersion" in each.model for each in found)


def test_every_dashboard_lies_in_a_folder_that_is_listed(address: str) -> None:
    asked = grafana(address)
    folders = {each.uid: each for each in asked.folders()}
    assert folders
    assert {each.parent for each in folders.values() if each.parent} <= set(folders)
    inside = {str(asked.dashboard(uid).meta.get("folderUid", "")) for uid in asked.listed()[:20]}
    assert inside - {""} <= set(folders)


def test_what_is_not_there_is_404_or_not_told(address: str) -> None:
    with pytest.raises((NotFoundError, ForbiddenError)):
        grafana(address).dashboard("kaizen-asks-for-what-is-not")


def test_a_wrong_token_is_401(address: str) -> None:
    with pytest.raises(UnauthorizedError) as caught:
        grafana(address, "glsa_wrong").listed()
    assert "glsa_wrong" not in str(caught.value)


def test_who_saved_is_told_only_to_those_who_may_write(address: str) -> None:
    asked = grafana(address)
    uid = asked.listed()[0]
    try:
        saves = asked.saves(uid)
    except ForbiddenError:
        return
    assert saves[0].version == asked.dashboard(uid).meta["version"]
