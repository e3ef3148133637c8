"""The template reads from top to bottom: first what all share, then feature after feature, each with all its parts."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from tests.architecture.house import ROOT, target, template

LOOPS = ("shared", "tickets", "canary", "phase", "guardrails")
_SECTION = re.compile(r"^  # -{10,} (?P<loop>\w+)(?:: .+)?$")
_RESOURCE = re.compile(r"^  (?P<name>\w+):$|^  (?P<noted>\w+): +#")
# What a resource of one of these kinds belongs to is told by the beginning of its name.
_OWNED = ("AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "AWS::Events::Rule", "AWS::S3::Bucket",
          "AWS::S3::BucketPolicy", "AWS::CloudWatch::Alarm")  # fmt: skip


def sections(text: str) -> list[tuple[str, list[str]]]:
    """(title, logical ids) of each section of the resources, in order."""
    found: list[tuple[str, list[str]]] = []
    resources = text.split("\nResources:\n", 1)[1].split("\nOutputs:\n", 1)[0]
    for line in resources.splitlines():
        if heading := _SECTION.match(line):
            found.append((line.partition("- ")[2].strip("- "), []))
            assert heading["loop"] in LOOPS, line
        elif resource := _RESOURCE.match(line):
            assert found, f"{line.strip()} stands before the first section"
            found[-1][1].append(resource["name"] or resource["noted"])
    return found


def loops_in_order(titles: Iterable[str]) -> bool:
    loops = [loop for loop, _ in groupby(title.partition(":")[0] for title in titles)]
    return loops == [loop for loop in LOOPS if loop in loops]


def test_loops_follow_one_another() -> None:
    found = sections((ROOT / "template.yaml").read_text(encoding="utf-8"))
    assert loops_in_order(title for title, _ in found)
    assert [name for _, names in found for name in names] == list(template()["Resources"])


def test_the_check_finds_a_loop_out_of_order() -> None:
    assert not loops_in_order(["shared", "phase: frames", "tickets"])
    assert not loops_in_order(["shared", "tickets", "shared: doors"])


def named_in(value: Any) -> set[str]:
    """Every logical id that a part of the template refers to."""
    if isinstance(value, dict):
        found = {target(value)} - {""}
        for name, each in value.items():
            found |= (
                set(re.findall(r"\$\{(\w+)", each)) if name == "Fn::Sub" and isinstance(each, str) else named_in(each)
            )
        return found
    return {name for each in value for name in named_in(each)} if isinstance(value, list) else set()


def strangers(names: Iterable[str], resources: Mapping[str, Any]) -> list[str]:
    """What is owned by no function of its section: no chain of references within the section leads to one."""
    here = set(names)
    refers = {name: named_in(resources[name]) & here for name in here}
    near = {name: refers[name] | {other for other in here if name in refers[other]} for name in here}
    reached = here & {name for name in here if resources[name]["Type"] == "AWS::Serverless::Function"}
    while more := {other for name in reached for other in near[name]} - reached:
        reached |= more
    return sorted(name for name in here - reached if resources[name]["Type"] in _OWNED)


def test_what_a_feature_owns_stands_with_its_function() -> None:
    """A table, queue, rule, bucket or alarm outside of `shared` is in the section of a function that works with it."""
    for title, names in sections((ROOT / "template.yaml").read_text(encoding="utf-8")):
        if not title.startswith("shared"):
            assert not strangers(names, template()["Resources"]), title


def test_the_check_finds_a_queue_among_another_features_parts() -> None:
    found = dict(sections((ROOT / "template.yaml").read_text(encoding="utf-8")))
    moved = [*found["tickets"], "RuleLintQueue", "RuleLintRule", "RuleLintQueuePolicy"]
    assert strangers(moved, template()["Resources"]) == ["RuleLintQueue", "RuleLintQueuePolicy", "RuleLintRule"]
