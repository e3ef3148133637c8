"""The template reads from top to bottom: first what all share, then feature after feature, each with all its parts."""

import re
from collections.abc import Iterable
from itertools import groupby

from tests.architecture.house import ROOT, lambda_functions, template

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


def test_what_a_feature_owns_stands_with_its_function() -> None:
    """A table, queue, rule, bucket or alarm outside of `shared` is in a section that has a function too."""
    for title, names in sections((ROOT / "template.yaml").read_text(encoding="utf-8")):
        owned = [name for name in names if template()["Resources"][name]["Type"] in _OWNED]
        if owned and not title.startswith("shared"):
            assert set(names) & set(lambda_functions()), (title, owned)
