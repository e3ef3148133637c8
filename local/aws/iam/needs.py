"""Which actions on which resources a request to AWS takes. Pure.

The calls that functions make are known; any other one raises UnknownCallError and has to be added here.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.aws.iam.statements import Need
from local.aws.stand_ins import ACCOUNT, REGION

# Table -> index, empty for the table itself -> name of the partition key.
Keys = Mapping[str, Mapping[str, str]]

_EQUAL = re.compile(r"([#\w.-]+)\s*=\s*(:\w+)")
_WRITES = {"Put": "Item", "Update": "Key", "Delete": "Key", "ConditionCheck": "Key"}


class UnknownCallError(Exception):
    """A call of which nothing here knows which rights it takes."""


@dataclass(frozen=True, slots=True)
class Request:
    """`call` is the operation for services that name it in a header; `query` has the parameters of the address."""

    service: str
    call: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body or b"{}")
        return found


def needs(request: Request, keys: Keys) -> list[Need]:
    """Raises UnknownCallError."""
    if request.service not in _SERVICES:
        raise UnknownCallError(f"the service {request.service}")
    try:
        return list(_SERVICES[request.service](request, keys))
    except KeyError as error:
        raise UnknownCallError(f"{request.service} {request.call} of or without {error}") from error


def _dynamodb(request: Request, keys: Keys) -> Iterator[Need]:
    asked = request.document()
    match request.call:
        case "GetItem" | "UpdateItem" | "DeleteItem":
            yield _item(request.call, asked["TableName"], keys, [asked["Key"]])
        case "PutItem":
            yield _item(request.call, asked["TableName"], keys, [asked["Item"]])
        case "Query":
            yield _query(asked, keys)
        case "Scan":
            yield Need("dynamodb:Scan", _table(asked["TableName"], asked.get("IndexName", "")))
        case "BatchGetItem":
            for table, wanted in asked["RequestItems"].items():
                yield _item(request.call, table, keys, wanted["Keys"])
        case "BatchWriteItem":
            for table, wanted in asked["RequestItems"].items():
                items = [
                    put["Item"] if (put := each.get("PutRequest")) else each["DeleteRequest"]["Key"] for each in wanted
                ]
                yield _item(request.call, table, keys, items)
        case "TransactGetItems":
            for each in asked["TransactItems"]:
                yield _item("GetItem", each["Get"]["TableName"], keys, [each["Get"]["Key"]])
        case "TransactWriteItems":
            for each in asked["TransactItems"]:
                ((kind, given),) = each.items()
                name = "ConditionCheckItem" if kind == "ConditionCheck" else f"{kind}Item"
                yield _item(name, given["TableName"], keys, [given[_WRITES[kind]]])
        case other:
            raise UnknownCallError(f"dynamodb {other}")


def _item(call: str, table: str, keys: Keys, items: list[dict[str, Any]]) -> Need:
    attribute = keys[_name(table)][""]
    leading = tuple(dict.fromkeys(_value(each[attribute]) for each in items))
    return Need(f"dynamodb:{call}", _table(table), {"dynamodb:LeadingKeys": leading})


def _query(asked: dict[str, Any], keys: Keys) -> Need:
    table, index = asked["TableName"], asked.get("IndexName", "")
    names, values = asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})
    attribute = keys[_name(table)][index]
    leading = tuple(
        _value(values[value])
        for name, value in _EQUAL.findall(asked["KeyConditionExpression"])
        if names.get(name, name) == attribute
    )
    return Need("dynamodb:Query", _table(table, index), {"dynamodb:LeadingKeys": leading})


def _table(table: str, index: str = "") -> str:
    return _arn("dynamodb", f"table/{_name(table)}" + (f"/index/{index}" if index else ""))


def _name(table: str) -> str:
    return table.rpartition("/")[2]


def _value(attribute: Mapping[str, Any]) -> str:
    (value,) = attribute.values()
    return str(value)


def _s3(request: Request, keys: Keys) -> Iterator[Need]:
    bucket, _, key = request.path.removeprefix("/").partition("/")
    whole = f"arn:aws:s3:::{bucket}"
    if not key:
        lists = {"list-type": "s3:ListBucket", "versions": "s3:ListBucketVersions"}
        action = next((action for name, action in lists.items() if name in request.query), None)
        if request.method != "GET" or action is None:
            raise UnknownCallError(f"s3 {request.method} of a bucket")
        yield Need(action, whole, {"s3:prefix": (request.query.get("prefix", ""),)})
        return
    if {"tagging", "acl", "uploads", "uploadId", "attributes"} & set(request.query):
        raise UnknownCallError(f"s3 {request.method} of a part of an object")
    version = "Version" if "versionId" in request.query else ""
    match request.method:
        case "GET" | "HEAD":
            yield Need(f"s3:GetObject{version}", f"{whole}/{key}")
        case "PUT" if "x-amz-copy-source" not in request.headers:
            yield Need("s3:PutObject", f"{whole}/{key}")
            if "x-amz-tagging" in request.headers:
                yield Need("s3:PutObjectTagging", f"{whole}/{key}")
        case "DELETE":
            yield Need(f"s3:DeleteObject{version}", f"{whole}/{key}")
        case other:
            raise UnknownCallError(f"s3 {other} of an object")


def _sqs(request: Request, keys: Keys) -> Iterator[Need]:
    name = request.document()["QueueUrl"].rpartition("/")[2]
    yield Need(f"sqs:{request.call.removesuffix('Batch')}", _arn("sqs", name))


def _ssm(request: Request, keys: Keys) -> Iterator[Need]:
    if request.call not in {"GetParameter", "GetParameterHistory"}:
        raise UnknownCallError(f"ssm {request.call}")
    name = request.document()["Name"].partition(":")[0]
    yield Need(f"ssm:{request.call}", _arn("ssm", f"parameter/{name.removeprefix('/')}"))


def _events(request: Request, keys: Keys) -> Iterator[Need]:
    if request.call != "PutEvents":
        raise UnknownCallError(f"events {request.call}")
    for bus in dict.fromkeys(each.get("EventBusName", "default") for each in request.document()["Entries"]):
        yield Need("events:PutEvents", _arn("events", f"event-bus/{bus.rpartition('/')[2]}"))


def _scheduler(request: Request, keys: Keys) -> Iterator[Need]:
    calls = {"POST": "CreateSchedule", "PUT": "UpdateSchedule", "DELETE": "DeleteSchedule", "GET": "GetSchedule"}
    kind, _, name = request.path.strip("/").partition("/")
    if kind != "schedules" or not name or request.method not in calls:
        raise UnknownCallError(f"scheduler {request.method} {request.path}")
    given = request.document()
    group = given.get("GroupName") or request.query.get("groupName", "default")
    yield Need(f"scheduler:{calls[request.method]}", _arn("scheduler", f"schedule/{group}/{name}"))
    if "Target" in given:
        role = given["Target"]["RoleArn"]
        yield Need("iam:PassRole", role, {"iam:PassedToService": ("scheduler.amazonaws.com",)})


def _kms(request: Request, keys: Keys) -> Iterator[Need]:
    if request.call != "Sign":
        raise UnknownCallError(f"kms {request.call}")
    yield Need("kms:Sign", request.document()["KeyId"])


def _eks(request: Request, keys: Keys) -> Iterator[Need]:
    kind, _, name = request.path.strip("/").partition("/")
    if request.method != "GET" or kind != "clusters" or not name or "/" in name:
        raise UnknownCallError(f"eks {request.method} {request.path}")
    yield Need("eks:DescribeCluster", _arn("eks", f"cluster/{name}"))


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


_SERVICES: Mapping[str, Callable[[Request, Keys], Iterator[Need]]] = {
    "dynamodb": _dynamodb,
    "eks": _eks,
    "events": _events,
    "kms": _kms,
    "s3": _s3,
    "scheduler": _scheduler,
    "sqs": _sqs,
    "ssm": _ssm,
}
