"""The template's stateful resources, created in moto."""

import json
from collections.abc import Mapping
from typing import Any

from local.aws.server import Aws
from local.errors import LocalError
from local.template import Template

STACK = "kaizen"
_GROUP = "G"  # begins the keys of outputs that are names of groups of schedules, which moto's CloudFormation leaves out


def create(aws: Aws, template: Template, wanted: Mapping[str, Any]) -> None:
    """Create the stateful resources; functions' environments and the `wanted` values are resolved on the way.

    CloudFormation itself resolves them, as outputs of the stack. Raises LocalError when it refuses.
    """
    outputs: dict[str, Any] = {}
    places: dict[str, tuple[str, str]] = {}
    for function in template.functions.values():
        for variable, value in function.environment.items():
            key = f"E{len(outputs)}"
            outputs[key], places[key] = {"Value": value}, (function.name, variable)
    for name, value in wanted.items():
        key = f"W{len(outputs)}"
        outputs[key], places[key] = {"Value": value}, ("", name)
    for name in template.groups:
        key = f"{_GROUP}{len(outputs)}"
        outputs[key], places[key] = {"Value": name}, ("", "")
    client = aws.client("cloudformation")
    try:
        client.create_stack(
            StackName=STACK,
            TemplateBody=json.dumps(template.stateful | {"Outputs": outputs}),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in template.parameters.items()],
        )
        (stack,) = client.describe_stacks(StackName=STACK)["Stacks"]
        listed = client.describe_stack_resources(StackName=STACK)["StackResources"]
    except Exception as error:  # moto passes on whatever its resources raise
        raise LocalError(f"the template's resources cannot be created: {error}") from error
    aws.physical = {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in listed}
    _version(aws, template)
    for output in stack["Outputs"]:
        owner, name = places[output["OutputKey"]]
        if output["OutputKey"].startswith(_GROUP):
            aws.client("scheduler").create_schedule_group(Name=output["OutputValue"])
        elif owner:
            aws.environments.setdefault(owner, {})[name] = output["OutputValue"]
        else:
            aws.values[name] = output["OutputValue"]


def _version(aws: Aws, template: Template) -> None:
    """Buckets keep versions as the template says, which moto's CloudFormation passes over.

    Not those with a lifecycle: what expires there is deleted here, and its versions would fill the memory.
    """
    for name, resource in template.stateful["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::S3::Bucket" and "LifecycleConfiguration" not in properties:
            given = properties.get("VersioningConfiguration")
            if given:
                aws.client("s3").put_bucket_versioning(Bucket=aws.physical[name], VersioningConfiguration=given)
