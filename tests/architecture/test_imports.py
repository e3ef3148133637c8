"""Who may know whom: features stand alone on the layer, pure modules touch neither AWS nor clock nor environment."""

import ast

import pytest

from tests.architecture.house import Module, features, function_modules, layer_modules

# The edges: the only modules that may import an AWS library, read the environment or the clock. Each has its reason.
EDGES = {
    "kaizen.metrics.counting": "knows what AWS raises: a count may fail, and what it counts still stands",
    "kaizen.runtime.clients": "builds the clients",
    "kaizen.runtime.failures": "knows what AWS raises, to say why a door is shut",
    "kaizen.runtime.log": "the one logger",
    "kaizen.runtime.secrets": "reads SSM",
    "kaizen.policy.store": "reads SSM",
    "kaizen.github.kms": "knows what KMS raises: a key that cannot sign is an error of GitHub's client",
    "sandbox_reaper.kubernetes.eks": "knows what AWS raises: a cluster that EKS does not describe is a backend's error",
    "kaizen.storage.transact": "knows what DynamoDB raises when a transaction is cancelled",
    "kaizen.times": "utc_now, the one wall clock",
}
EDGE_FILES = ("handler", "store")
AWS_LIBRARIES = ("boto3", "botocore", "aws_lambda_powertools")
IMPURE_NAMES = ("os.environ", "os.getenv", "datetime.now", "datetime.utcnow", "time.time", "time.sleep", "date.today")

# Parts of the layer that one function alone uses today, each with the reason why it still lives there.
SHARED_ELSEWHERE = {
    "kaizen.github": "canary monitor, rule linting and dashboard diff ask GitHub; the local stack signs samples",
    "kaizen.pager": "the canary monitor, the sandbox reaper and the bandwidth log page",
    "kaizen.dashboards": "the dashboard diff and dashboard snapshots compare",
    "kaizen.charts": "the bandwidth log draws days, the dashboard diff will draw queries before and after",
    "kaizen.promql": "rule linting and the dashboard diff read queries",
    "kaizen.reviews": "rule linting and the dashboard diff review pull requests, one run at a time",
    "kaizen.prometheus": "the sandbox reaper, the bandwidth log and rule linting ask Prometheus",
    "kaizen.events": "what is on the bus is a contract between who publishes and whoever subscribes later",
    "kaizen.slack": "every feature that tells people something posts through the one outbox; the digest is the first",
    "kaizen.runtime.outbound": "every call to a service outside goes through it",
    "kaizen.policy.__main__": "operators check a policy with it",
    "kaizen.policy.lines": "names the lines of faults, for operators",
    "kaizen.phase": "the wire format is shared with producers and the page's decoder by golden vectors",
}

ALL = [*function_modules(), *layer_modules()]


def is_edge(module: Module) -> bool:
    return module.name in EDGES or module.name.rpartition(".")[2] in EDGE_FILES


@pytest.mark.parametrize("module", function_modules(), ids=str)
def test_a_function_knows_the_layer_and_itself(module: Module) -> None:
    others = set(features()) - {module.package}
    assert not [name for name in module.imports() if name.partition(".")[0] in others]
    assert not [name for name in module.imports() if name.partition(".")[0] in ("local", "tests", "benchmarks")]


@pytest.mark.parametrize("module", layer_modules(), ids=str)
def test_the_layer_knows_no_function(module: Module) -> None:
    forbidden = {*features(), "local", "tests", "benchmarks"}
    assert not [name for name in module.imports() if name.partition(".")[0] in forbidden]


@pytest.mark.parametrize("module", [module for module in ALL if not is_edge(module)], ids=str)
def test_pure_modules_touch_nothing_outside(module: Module) -> None:
    assert not [name for name in module.imports() if name.partition(".")[0] in AWS_LIBRARIES]
    used = {ast.unparse(node) for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)}
    assert not used & set(IMPURE_NAMES)


def test_edges_exist() -> None:
    """An edge that is gone must leave the list, else the list hides a new one of that name."""
    assert set(EDGES) <= {module.name for module in ALL}


def test_the_layer_holds_only_what_features_share() -> None:
    """Each layer module is reached by two features, directly or through the layer."""
    graph = {module.name: module.imports() for module in layer_modules()}

    def reached(names: set[str]) -> set[str]:
        found: set[str] = set()
        waiting = set(names)
        while waiting:
            name = waiting.pop()
            for known in graph:
                if (name == known or name.startswith(f"{known}.")) and known not in found:
                    found.add(known)
                    waiting |= graph[known]
        return found

    users: dict[str, set[str]] = {name: set() for name in graph}
    for feature in features():
        imported = {name for module in function_modules() if module.package == feature for name in module.imports()}
        for name in reached(imported):
            users[name].add(feature)
    lonely = {
        name
        for name, by in users.items()
        if len(by) < 2 and graph[name] and not name.startswith(tuple(SHARED_ELSEWHERE))
    }
    assert not lonely, f"used by one feature or none: {sorted(lonely)}"
