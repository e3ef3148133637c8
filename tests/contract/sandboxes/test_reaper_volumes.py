"""A stop deletes no stored data, and what it does lose is told before it."""

from collections.abc import Iterator

import pytest

from local.outside.kubernetes import kinds, manifests
from sandbox_reaper import restore
from sandbox_reaper.protection import unreapable
from tests.contract.sandboxes.kubernetes_world import World, world


@pytest.fixture
def kube() -> Iterator[World]:
    with world() as made:
        yield made


def stateful(kube: World, when_scaled: str | None) -> None:
    given = manifests.replicated("db", 2)
    given["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": {}}]
    if when_scaled is not None:
        given["spec"]["persistentVolumeClaimRetentionPolicy"] = {"whenScaled": when_scaled}
    kube.space("shop")
    kube.service.add(kinds.STATEFUL_SETS, "shop", given)


def claims(kube: World) -> list[str]:
    found = kube.client.get("/api/v1/namespaces/shop/persistentvolumeclaims")["items"]
    return sorted(each["metadata"]["name"] for each in found)


def down(kube: World) -> None:
    found = kube.reader.sandbox("shop")
    assert found is not None
    kube.writer.stop(found, found.workloads[0], "stop-1")


@pytest.mark.parametrize("when_scaled", [None, "Retain"])
def test_volumes_outlast_a_stop(kube: World, when_scaled: str | None) -> None:
    stateful(kube, when_scaled)
    found = kube.reader.sandbox("shop")
    assert found is not None
    assert unreapable(found) == ""
    down(kube)
    assert claims(kube) == ["data-db-0", "data-db-1"]


def test_what_deletes_its_volumes_when_it_is_scaled_is_not_stopped(kube: World) -> None:
    stateful(kube, "Delete")
    found = kube.reader.sandbox("shop")
    assert found is not None
    assert unreapable(found) == "a stop would delete what StatefulSet db stores: its volumes (whenScaled: Delete)"
    assert claims(kube) == ["data-db-0", "data-db-1"]
    down(kube)  # what the reaper never does: this is why
    assert claims(kube) == []


def test_what_was_scaled_by_hand_between_two_stops_gets_that_size_back_also_by_its_marks(kube: World) -> None:
    kube.space("shop")
    kube.service.add(kinds.DEPLOYMENTS, "shop", manifests.replicated("web", 3))
    down(kube)
    kube.service.scale(kinds.DEPLOYMENTS, "shop", "web", 1)
    found = kube.reader.sandbox("shop")
    assert found is not None
    kube.writer.stop(found, found.workloads[0], "stop-2")
    found = kube.reader.sandbox("shop")
    assert found is not None
    marks = restore.by_marks(found, "stop-2", kube.now)
    assert marks is not None
    assert [each.size for each in marks.items] == [1]
