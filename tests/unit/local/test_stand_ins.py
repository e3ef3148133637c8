"""A small template of its own: what moto does not create still has values, and groups of schedules are there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.aws import resources, server
from local.aws.stand_ins import function_arn, function_of, resolved, stand_ins
from local.errors import LocalError
from local.template import load

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: dev}
Resources:
  Group:
    Type: AWS::Scheduler::ScheduleGroup
    Properties: { Name: !Sub "small-${Stage}" }
  Role:
    Type: AWS::IAM::Role
    Properties: { AssumeRolePolicyDocument: {} }
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
  Timer:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: timer.handler
      Timeout: 3
      MemorySize: 128
      Environment:
        Variables:
          TARGET: !GetAtt Worker.Arn
          SELF: !Sub "${AWS::Partition} ${Worker.Arn}:live ${Worker} in ${Stage}"
          ROLE: !GetAtt Role.Arn
          GROUP: !Ref Group
          GROUP_ARN: !GetAtt Group.Arn
          TABLE: !Ref Table
  Worker:
    Type: AWS::Serverless::Function
    Properties: { Runtime: python3.13, Handler: worker.handler, Timeout: 3, MemorySize: 128 }
"""


@pytest.fixture
def aws() -> Iterator[server.Aws]:
    started = server.start()
    yield started
    started.stop()


def written(folder: Path, text: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(text)
    return path


def test_functions_see_usable_values(tmp_path: Path, aws: server.Aws) -> None:
    template = load(written(tmp_path, TEMPLATE), {"Stage": "local", "NoSuchParameter": "left out"})
    resources.create(aws, template, {})
    seen = aws.environments["Timer"]
    worker = "arn:aws:lambda:eu-west-1:123456789012:function:Worker"
    assert seen["TARGET"] == worker == function_arn("Worker")
    assert seen["SELF"] == f"aws {worker}:live Worker in local"
    assert seen["ROLE"] == "arn:aws:iam::123456789012:role/Role"
    assert seen["GROUP"] == "small-local"
    assert seen["GROUP_ARN"].endswith(":schedule-group/small-local")
    assert seen["TABLE"] == aws.physical["Table"]
    groups = [each["Name"] for each in aws.client("scheduler").list_schedule_groups()["ScheduleGroups"]]
    assert sorted(groups) == ["default", "small-local"]


def test_keys_sign(aws: server.Aws) -> None:
    kms = aws.client("kms")
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=key)
    how = {"Message": b"x", "MessageType": "RAW", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
    signature = kms.sign(KeyId="alias/app", **how)["Signature"]
    assert kms.verify(KeyId="alias/app", Signature=signature, **how)["SignatureValid"]


def test_what_has_no_value_here_is_said(tmp_path: Path) -> None:
    faulty = TEMPLATE.replace("!GetAtt Role.Arn", "!GetAtt Role.RoleId")
    with pytest.raises(LocalError, match=r"Role\.RoleId has no value on this machine"):
        load(written(tmp_path, faulty), {})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"Ref": "F"}, {"Fn::Sub": "F"}),
        ({"Ref": "Other"}, {"Ref": "Other"}),
        ([{"a": {"Fn::GetAtt": ["F", "Arn"]}}], [{"a": {"Fn::Sub": function_arn("F")}}]),
        ({"Fn::Sub": ["${F} ${x}", {"x": {"Ref": "F"}}]}, {"Fn::Sub": ["F ${x}", {"x": {"Fn::Sub": "F"}}]}),
        ({"Fn::Sub": ["${F}", {"F": "mine"}]}, {"Fn::Sub": ["${F}", {"F": "mine"}]}),
        ({"Fn::Sub": "${!F} ${Other.Arn}"}, {"Fn::Sub": "${!F} ${Other.Arn}"}),
    ],
)
def test_references(given: Any, expected: Any) -> None:
    assert resolved(given, stand_ins({"F": {"Type": "AWS::Lambda::Function"}})) == expected


def test_a_function_by_its_arn() -> None:
    assert function_of(function_arn("Worker")) == function_of(function_arn("Worker") + ":$LATEST") == "Worker"
    assert function_of("arn:aws:sqs:eu-west-1:123456789012:Worker") == ""
