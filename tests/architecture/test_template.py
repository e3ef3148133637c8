"""The template as CloudFormation gets it: translated by SAM, then linted; a green raw file says nothing on IAM."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local import paths
from local.template import translate


@pytest.fixture(scope="module")
def translated() -> dict[str, Any]:
    return translate(paths.TEMPLATE, {})[0]


def test_cfn_lint_finds_nothing(translated: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "translated.json"
    file.write_text(json.dumps(translated), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", "eu-west-1", "--", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_roles_hold_no_wildcard_actions(translated: dict[str, Any]) -> None:
    """Also what SAM adds by itself: its roles carry AWS's managed policies for logs, traces and a VPC, no more."""
    managed = set()
    for resource in translated["Resources"].values():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        properties = resource["Properties"]
        for policy in properties.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                assert not [action for action in actions if "*" in action]
        for arn in properties.get("ManagedPolicyArns", []):
            managed.add(json.dumps(arn).rpartition("/")[2].strip('"}'))
    assert managed <= {"AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess", "AWSXRayDaemonWriteAccess",
                       "AWSLambdaVPCAccessExecutionRole"}  # fmt: skip


def test_names_carry_the_stage(translated: dict[str, Any]) -> None:
    """Two stages in one account must not collide: every physical name that is given has the stage in it."""
    for name, resource in translated["Resources"].items():
        for key in ("Name", "TableName", "QueueName", "FunctionName", "BucketName", "LogGroupName", "AlarmName"):
            given = resource.get("Properties", {}).get(key)
            if resource["Type"] in ("AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"):
                continue
            if given is not None and resource["Type"] != "AWS::Lambda::Permission":
                assert "Stage" in json.dumps(given), f"{name}.{key} is {given}"
