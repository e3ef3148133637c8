"""template.yaml through AWS's own SAM translator, sorted by who plays which part here."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.aws.lifecycle import Expiry, expiries
from local.aws.stand_ins import GROUP, REGION, StandIn, resolved, stand_ins
from local.aws.ttl import Lifetime, lifetime
from local.doors.routes import Route
from local.errors import LocalError

# What moto's CloudFormation creates; the rest is played by the gateway, the poller, the clock and the emulators.
_CREATED = (
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::SNS::Topic",
    "AWS::S3::Bucket",
)
_INTEGRATION = re.compile(r"\$\{(\w+)\.Arn\}")


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One Lambda function; `environment` holds template values that are not resolved yet, times are seconds."""

    name: str
    handler: str
    timeout: int
    memory: int
    layers: tuple[str, ...]  # folders in the repository
    environment: Mapping[str, Any]
    retries: int = 2  # of an asynchronous invocation
    on_failure: Any = None  # ARN of the queue that then gets the event
    statements: tuple[Mapping[str, Any], ...] = ()  # of its role, values not resolved yet


@dataclass(frozen=True, slots=True)
class QueueSource:
    queue: Any
    function: str
    batch_size: int
    partial: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    name: str
    expression: str
    zone: str
    function: str
    payload: str


@dataclass(frozen=True, slots=True)
class Template:
    """The translated template in parts. `stateful` is a CloudFormation template of what moto creates.

    What is not created has a stand-in wherever it is named; `groups` are the names of the groups of schedules.
    `lifecycles` are the lifecycle rules of the buckets, by their logical ids; `lifetimes` are those of the tables of
    which items expire.
    """

    functions: dict[str, FunctionSpec]
    routes: list[Route]
    sources: list[QueueSource]
    schedules: list[Schedule]
    groups: list[Any]
    stateful: dict[str, Any]
    lifecycles: dict[str, list[Expiry]]
    lifetimes: dict[str, Lifetime]
    parameters: dict[str, str]


def load(path: Path, parameters: Mapping[str, str]) -> Template:
    """Read and translate. Raises LocalError when there is no such file, SAM refuses it, or a value is not to be had."""
    translated, values = translate(path, parameters)
    try:
        return _sorted(translated, values)
    except ValueError as error:
        raise LocalError(f"{path} asks for what this machine does not have: {error}") from error


def _sorted(translated: Mapping[str, Any], values: dict[str, str]) -> Template:
    resources = translated["Resources"]
    known = stand_ins(resources)
    created = {name: each for name, each in resources.items() if each["Type"] in _CREATED}
    return Template(
        functions={function.name: function for function in _functions(resources, known)},
        routes=list(_routes(resources)),
        sources=list(_sources(resources)),
        schedules=list(_schedules(resources)),
        groups=[{"Fn::Sub": known[name].ref} for name, each in resources.items() if each["Type"] == GROUP],
        stateful={
            "AWSTemplateFormatVersion": "2010-09-09",
            "Parameters": translated.get("Parameters", {}),
            "Conditions": translated.get("Conditions", {}),
            "Resources": resolved(created, known),
        },
        lifecycles={
            name: expiries(bucket.get("LifecycleConfiguration", {}).get("Rules", []), values)
            for name, bucket in _of_type(resources, "AWS::S3::Bucket")
        },
        lifetimes={
            name: kept
            for name, table in _of_type(resources, "AWS::DynamoDB::Table")
            if (kept := lifetime(table)) is not None
        },
        parameters=values,
    )


def translate(path: Path, parameters: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The translated template and its parameters' values. `parameters` that it does not have are left out."""
    import boto3
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.yaml_helper import yaml_parse

    try:
        raw = yaml_parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LocalError(f"cannot read {path}: {error.strerror}") from error
    except Exception as error:  # YAML errors come as several unrelated classes
        raise LocalError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("Resources"), dict):
        raise LocalError(f"{path} has no Resources: it is no template")
    values = {name: str(each.get("Default", "")) for name, each in raw.get("Parameters", {}).items()}
    values |= {name: value for name, value in parameters.items() if name in values}
    # The translator wants code on S3; a marker address keeps the folder.
    raw.setdefault("Globals", {}).setdefault("Function", {})["CodeUri"] = "s3://local/functions"
    for resource in raw["Resources"].values():
        if resource.get("Type") == "AWS::Serverless::LayerVersion":
            resource["Properties"]["ContentUri"] = f"s3://local/{resource['Properties']['ContentUri']}"
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    try:
        return translator.translate(raw, values), values
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        raise LocalError(f"SAM refuses {path}: {causes}") from error


def _of_type(resources: Mapping[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in resources.items():
        if resource["Type"] == kind:
            yield name, resource["Properties"]


def _functions(resources: Mapping[str, Any], known: Mapping[str, StandIn]) -> Iterator[FunctionSpec]:
    asynchronous = {
        each["FunctionName"]["Ref"]: each for _, each in _of_type(resources, "AWS::Lambda::EventInvokeConfig")
    }
    for name, properties in _of_type(resources, "AWS::Lambda::Function"):
        layers = [resources[layer["Ref"]]["Properties"]["Content"]["S3Key"] for layer in properties.get("Layers", [])]
        invoked = asynchronous.get(name, {})
        yield FunctionSpec(
            name=name,
            handler=properties["Handler"],
            timeout=int(properties["Timeout"]),
            memory=int(properties["MemorySize"]),
            layers=tuple(layers),
            environment=resolved(properties.get("Environment", {}).get("Variables", {}), known),
            retries=int(invoked.get("MaximumRetryAttempts", 2)),
            on_failure=invoked.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
            statements=tuple(resolved(list(_statements(resources[properties["Role"]["Fn::GetAtt"][0]])), known)),
        )


def _statements(role: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for policy in role["Properties"].get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]


def _routes(resources: Mapping[str, Any]) -> Iterator[Route]:
    for _, api in _of_type(resources, "AWS::ApiGatewayV2::Api"):
        for path, methods in api["Body"]["paths"].items():
            for method, operation in methods.items():
                address = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                found = _INTEGRATION.search(address)
                if found is None:
                    raise LocalError(f"the route {method.upper()} {path} leads to no function")
                yield Route(method.upper(), path, found[1])


def _sources(resources: Mapping[str, Any]) -> Iterator[QueueSource]:
    for _, mapping in _of_type(resources, "AWS::Lambda::EventSourceMapping"):
        yield QueueSource(
            queue=mapping["EventSourceArn"],
            function=mapping["FunctionName"]["Ref"],
            batch_size=int(mapping.get("BatchSize", 10)),
            partial="ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", []),
        )


def _schedules(resources: Mapping[str, Any]) -> Iterator[Schedule]:
    for name, schedule in _of_type(resources, "AWS::Scheduler::Schedule"):
        if schedule.get("State") == "DISABLED":
            continue
        target, zone = schedule["Target"], schedule.get("ScheduleExpressionTimezone", "UTC")
        function = target["Arn"]["Fn::GetAtt"][0]
        yield Schedule(name, schedule["ScheduleExpression"], zone, function, target.get("Input", "{}"))
