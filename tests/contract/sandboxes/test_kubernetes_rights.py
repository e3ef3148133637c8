"""The manifests in `examples/kubernetes`: the rights that they give are enough, and none of them is too much."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from local.outside.kubernetes import kinds, manifests
from local.outside.kubernetes.rights import Rule, rules
from sandbox_reaper.backend import BackendDeniedError
from tests.architecture.house import ROOT
from tests.contract.sandboxes.kubernetes_world import SIGN, VALUE, World, world

FOLDER = ROOT / "examples" / "kubernetes"
SANDBOX, AGENT = "my-sandbox", "my-agents/my-agent"


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8")))


def granted() -> tuple[Rule, ...]:
    """What the bindings of all files give to the group, one right a rule."""
    given = [*documents("reaper.yaml"), *documents("sandbox.yaml"), *documents("agent.yaml")]
    roles = {each["metadata"]["name"]: each["rules"] for each in given if each["kind"] == "ClusterRole"}
    found: list[Rule] = []
    for each in given:
        if not each["kind"].endswith("RoleBinding"):
            continue
        assert {subject["name"] for subject in each["subjects"]} == {"kaizen-sandbox-reaper", "sandbox-reaper"}
        within = [each["metadata"]["namespace"]] if each["kind"] == "RoleBinding" else []
        for rule in rules(roles[each["roleRef"]["name"]], within):
            found += [
                Rule(rule.groups, [resource], [verb], within) for resource in rule.resources for verb in rule.verbs
            ]
    return tuple(found)


RIGHTS = granted()


@pytest.fixture(name="kube")
def _kube() -> Iterator[World]:
    with world() as found:
        found.service.namespace(documents("sandbox.yaml")[0])
        found.space("unbound")
        for space in (SANDBOX, "unbound"):
            found.service.add(kinds.DEPLOYMENTS, space, manifests.replicated("web", 2))
            found.service.add(kinds.STATEFUL_SETS, space, manifests.replicated("db", 1))
            found.service.add(kinds.CRON_JOBS, space, manifests.cron_job("nightly"))
            found.service.add(kinds.SANDBOXES, space, manifests.sandbox("agent"))
        space_of_agents, agent, _ = documents("agent.yaml")
        found.service.namespace(space_of_agents)
        found.service.add(kinds.SANDBOXES, AGENT.partition("/")[0], agent)
        found.token_text = "reaper"
        found.service.cluster.user("reaper", "reaper", RIGHTS)
        yield found


def everything(kube: World) -> None:
    """All that the reaper does in a run."""
    assert [each.name for each in kube.reader.inventory().sandboxes] == [AGENT, SANDBOX, "unbound"]
    for name, step in ((SANDBOX, "stop"), (SANDBOX, "resume"), (AGENT, "stop"), (AGENT, "resume")):
        sandbox = kube.reader.sandbox(name)
        assert sandbox is not None
        for each in sandbox.workloads:
            if step == "stop":
                kube.writer.rehearse(sandbox, each, "s1")
                kube.writer.stop(sandbox, each, "s1")
            else:
                assert each.original is not None
                kube.writer.resume(sandbox, each, each.original, "s1")


def test_the_rights_are_enough(kube: World) -> None:
    everything(kube)


@pytest.mark.parametrize("right", RIGHTS, ids=lambda each: f"{each.verbs[0]}-{each.resources[0]}")
def test_each_right_is_needed(kube: World, right: Rule) -> None:
    kube.service.cluster.user("reaper", "reaper", tuple(each for each in RIGHTS if each is not right))
    with pytest.raises(BackendDeniedError) as raised:
        everything(kube)
    assert f'{right.verbs[0]} resource "{right.resources[0]}"' in str(raised.value)


def test_a_sandbox_without_the_binding_cannot_be_stopped(kube: World) -> None:
    sandbox = kube.reader.sandbox("unbound")
    assert sandbox is not None
    for each in sandbox.workloads:
        with pytest.raises(BackendDeniedError, match="cannot patch"):
            kube.writer.stop(sandbox, each, "s1")


def test_the_example_is_opted_in() -> None:
    for example in (documents("sandbox.yaml")[0], documents("agent.yaml")[1]):
        assert example["metadata"]["labels"] == {SIGN: VALUE}
    assert {verb for each in RIGHTS for verb in each.verbs} == {"get", "list", "patch"}
