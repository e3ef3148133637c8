"""Functions are held to their statements: requests as botocore really makes them, through the guard."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.serving import make_server

from local.aws.iam.guard import Guard
from local.aws.iam.statements import Need, Statement, like, permitted, read

TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/tickets"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:cards"
SCHEDULE = "arn:aws:scheduler:eu-west-1:123456789012:schedule/canaries/canary-1"
SIGNER = "arn:aws:kms:eu-west-1:1:key/a"
ROLE = "arn:aws:iam::123456789012:role/Canaries"
KEYS = {"tickets": {"": "pk", "feed": "feed"}}
KEY = {"pk": {"S": "ticket#1"}, "sk": {"S": "-"}}
PUT = {"TableName": "tickets", "Item": KEY}
ASKED = {"TableName": "tickets", "Key": KEY}
TARGET = {"Arn": "arn:aws:lambda:eu-west-1:123456789012:function:Canary", "RoleArn": ROLE, "Input": "{}"}
PLAN = {"GroupName": "canaries", "ScheduleExpression": "at(2026-03-01T10:00:00)", "FlexibleTimeWindow": {"Mode": "OFF"}}
QUERY = {
    "TableName": "tickets", "IndexName": "feed", "KeyConditionExpression": "#f = :f AND sk > :s",
    "ExpressionAttributeNames": {"#f": "feed"}, "ExpressionAttributeValues": {":f": {"S": "all"}, ":s": {"S": "a"}},
}  # fmt: skip
UPDATE = ASKED | {"UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"N": "1"}}}
CHECK = ASKED | {"ConditionExpression": "attribute_exists(pk)"}

# Service, method, its arguments, and every action with its resource that the service authorization reference names.
CALLS: list[tuple[str, str, dict[str, Any], dict[str, str]]] = [
    ("dynamodb", "get_item", ASKED, {"dynamodb:GetItem": TABLE}),
    ("dynamodb", "put_item", PUT, {"dynamodb:PutItem": TABLE}),
    ("dynamodb", "update_item", UPDATE, {"dynamodb:UpdateItem": TABLE}),
    ("dynamodb", "delete_item", ASKED, {"dynamodb:DeleteItem": TABLE}),
    ("dynamodb", "query", QUERY, {"dynamodb:Query": f"{TABLE}/index/feed"}),
    ("dynamodb", "scan", {"TableName": "tickets"}, {"dynamodb:Scan": TABLE}),
    ("dynamodb", "batch_get_item", {"RequestItems": {"tickets": {"Keys": [KEY]}}}, {"dynamodb:BatchGetItem": TABLE}),
    ("dynamodb", "batch_write_item", {"RequestItems": {"tickets": [{"PutRequest": {"Item": KEY}}]}},
     {"dynamodb:BatchWriteItem": TABLE}),
    ("dynamodb", "transact_get_items", {"TransactItems": [{"Get": ASKED}]}, {"dynamodb:GetItem": TABLE}),
    ("dynamodb", "transact_write_items",
     {"TransactItems": [{"Put": PUT}, {"Update": UPDATE}, {"Delete": ASKED}, {"ConditionCheck": CHECK}]},
     {"dynamodb:PutItem": TABLE, "dynamodb:UpdateItem": TABLE, "dynamodb:DeleteItem": TABLE,
      "dynamodb:ConditionCheckItem": TABLE}),
    ("s3", "get_object", {"Bucket": "phases", "Key": "rows/ä 1"}, {"s3:GetObject": "arn:aws:s3:::phases/rows/ä 1"}),
    ("s3", "head_object", {"Bucket": "phases", "Key": "a"}, {"s3:GetObject": "arn:aws:s3:::phases/a"}),
    ("s3", "get_object", {"Bucket": "phases", "Key": "a", "VersionId": "v"},
     {"s3:GetObjectVersion": "arn:aws:s3:::phases/a"}),
    ("s3", "put_object", {"Bucket": "phases", "Key": "a", "Body": b"x", "Tagging": "a=b"},
     {"s3:PutObject": "arn:aws:s3:::phases/a", "s3:PutObjectTagging": "arn:aws:s3:::phases/a"}),
    ("s3", "delete_object", {"Bucket": "phases", "Key": "a"}, {"s3:DeleteObject": "arn:aws:s3:::phases/a"}),
    ("s3", "list_objects_v2", {"Bucket": "phases", "Prefix": "rows/"}, {"s3:ListBucket": "arn:aws:s3:::phases"}),
    ("s3", "list_object_versions", {"Bucket": "phases"}, {"s3:ListBucketVersions": "arn:aws:s3:::phases"}),
    ("sqs", "send_message", {"QueueUrl": "http://127.0.0.1/123456789012/cards", "MessageBody": "x"},
     {"sqs:SendMessage": QUEUE}),
    ("sqs", "send_message_batch", {"QueueUrl": "http://x/1/cards", "Entries": [{"Id": "1", "MessageBody": "x"}]},
     {"sqs:SendMessage": QUEUE}),
    ("sqs", "change_message_visibility", {"QueueUrl": "http://x/1/cards", "ReceiptHandle": "r", "VisibilityTimeout": 1},
     {"sqs:ChangeMessageVisibility": QUEUE}),
    ("eks", "describe_cluster", {"name": "one"},
     {"eks:DescribeCluster": "arn:aws:eks:eu-west-1:123456789012:cluster/one"}),
    ("ssm", "get_parameter", {"Name": "/kaizen/policy:3", "WithDecryption": True},
     {"ssm:GetParameter": "arn:aws:ssm:eu-west-1:123456789012:parameter/kaizen/policy"}),
    ("events", "put_events",
     {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}", "EventBusName": "kaizen"}]},
     {"events:PutEvents": "arn:aws:events:eu-west-1:123456789012:event-bus/kaizen"}),
    ("scheduler", "create_schedule", {"Name": "canary-1", "Target": TARGET} | PLAN,
     {"scheduler:CreateSchedule": SCHEDULE, "iam:PassRole": ROLE}),
    ("scheduler", "delete_schedule", {"Name": "canary-1", "GroupName": "canaries"},
     {"scheduler:DeleteSchedule": SCHEDULE}),
    ("kms", "sign", {"KeyId": SIGNER, "Message": b"x", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"},
     {"kms:Sign": SIGNER}),
]  # fmt: skip


def empty(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """AWS behind the guard: everything went well, and there is nothing."""
    json = environ.get("HTTP_X_AMZ_TARGET") or environ["PATH_INFO"].startswith(("/schedules", "/clusters"))
    body = b"{}" if json else b"<X/>"
    if environ["REQUEST_METHOD"] == "HEAD" or (not json and environ["PATH_INFO"].count("/") > 1):
        body = b""
    start_response("200 OK", [("Content-Length", str(len(body))), ("Content-Type", "application/x-amz-json-1.0")])
    return [body]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Guard, str]]:
    guard = Guard(empty)
    server = make_server("127.0.0.1", 0, guard, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield guard, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def client(service: str, address: str, who: str) -> Any:
    build: Any = boto3.client
    return build(
        service, endpoint_url=address, region_name="eu-west-1", aws_access_key_id=who, aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}, request_checksum_calculation="when_required"),
    )  # fmt: skip


@pytest.mark.parametrize(("service", "method", "arguments", "rights"), CALLS, ids=lambda value: str(value)[:30])
def test_a_call_takes_each_of_its_rights(
    served: tuple[Guard, str], service: str, method: str, arguments: dict[str, Any], rights: dict[str, str]
) -> None:
    guard, address = served
    whole = [Statement((action,), (resource,)) for action, resource in rights.items()]
    guard.bind({"Tickets": whole, "Others": []}, KEYS)
    getattr(client(service, address, "Tickets"), method)(**arguments)
    assert {action for _, action in guard.used} >= set(rights)
    for lacking in whole:
        guard.bind({"Tickets": [each for each in whole if each is not lacking]}, KEYS)
        guard.refused.clear()
        with pytest.raises(ClientError) as caught:
            getattr(client(service, address, "Tickets"), method)(**arguments)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] in {400, 403}
        if method != "head_object":  # its answers have no body to name the fault
            assert caught.value.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}
        assert [
            each.startswith(f"Tickets: {lacking.actions[0]} on {lacking.resources[0]}") for each in guard.refused
        ] == [True]


def test_keys_are_held_to_what_the_condition_says(served: tuple[Guard, str]) -> None:
    guard, address = served
    held = read({
        "Effect": "Allow", "Action": ["dynamodb:Query", "dynamodb:PutItem"], "Resource": [TABLE, f"{TABLE}/index/*"],
        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["ticket#*", "al?"]}},
    })  # fmt: skip
    guard.bind({"Tickets": [held]}, KEYS)
    asked = client("dynamodb", address, "Tickets")
    asked.put_item(**PUT)
    asked.query(**QUERY)
    with pytest.raises(ClientError, match="other#1"):
        asked.put_item(TableName="tickets", Item=KEY | {"pk": {"S": "other#1"}})
    with pytest.raises(ClientError, match="LeadingKeys every"):
        asked.query(**QUERY | {"ExpressionAttributeValues": {":f": {"S": "every"}, ":s": {"S": "all"}}})


def test_a_listing_is_held_to_its_prefix(served: tuple[Guard, str]) -> None:
    guard, address = served
    condition = {"StringLike": {"s3:prefix": ["rows/*"]}}
    listing = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::phases", "Condition": condition}
    guard.bind({"Tickets": [read(listing)]}, KEYS)
    asked = client("s3", address, "Tickets")
    asked.list_objects_v2(Bucket="phases", Prefix="rows/2026")
    with pytest.raises(ClientError, match="s3:prefix raw"):
        asked.list_objects_v2(Bucket="phases", Prefix="raw")


def test_who_uses_a_presigned_address_has_the_rights_of_who_signed(served: tuple[Guard, str]) -> None:
    guard, address = served
    signer = boto3.client(
        "s3", endpoint_url=address, region_name="eu-west-1", aws_access_key_id="Tickets", aws_secret_access_key="x",
        config=Config(signature_version="s3v4"),
    )  # fmt: skip
    link = signer.generate_presigned_url("get_object", Params={"Bucket": "phases", "Key": "a"})
    guard.bind({"Tickets": [Statement(("s3:GetObject",), ("arn:aws:s3:::phases/a",))]}, KEYS)
    with urllib.request.urlopen(link) as answer:
        assert answer.status == 200
    guard.bind({"Tickets": [Statement(("s3:GetObject",), ("arn:aws:s3:::phases/b",))]}, KEYS)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(link)
    assert caught.value.code == 403
    assert b"AccessDenied" in caught.value.read()


@pytest.mark.parametrize(
    ("service", "method", "arguments"),
    [
        ("dynamodb", "list_tables", {}),
        ("s3", "list_buckets", {}),
        ("ssm", "put_parameter", {"Name": "a", "Value": "b"}),
        ("kms", "list_keys", {}),
        ("events", "list_rules", {}),
        ("scheduler", "list_schedules", {}),
        ("eks", "list_clusters", {}),
        ("lambda", "list_functions", {}),
        ("dynamodb", "get_item", {"TableName": "unheard-of", "Key": KEY}),
    ],
)
def test_a_call_that_is_not_known_is_refused(
    served: tuple[Guard, str], service: str, method: str, arguments: dict[str, str]
) -> None:
    """Whoever makes it first adds to needs.py which rights it takes; the operator may make any."""
    guard, address = served
    guard.bind({"Tickets": [Statement(("*",), ("*",))]}, KEYS)
    guard.refused.clear()
    with pytest.raises(ClientError):
        getattr(client(service, address, "Tickets"), method)(**arguments)
    assert "needs.py" in guard.refused[0]
    client("dynamodb", address, "local").list_tables()


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=6))
def test_wildcards(pattern: str, text: str) -> None:
    def matches(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(matches(pattern[1:], text[cut:]) for cut in range(len(text) + 1))
        return bool(text) and pattern[0] in {"?", text[0]} and matches(pattern[1:], text[1:])

    assert like(pattern, text) == matches(pattern, text)


def test_conditions_as_aws_reads_them_where_there_is_no_value() -> None:
    """A condition for all values holds where there is none; a plain one does not."""
    need = Need("dynamodb:Scan", TABLE)
    rights = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": TABLE}
    wanted = {"dynamodb:LeadingKeys": "a"}
    assert permitted([read(rights | {"Condition": {"ForAllValues:StringEquals": wanted}})], need)
    assert not permitted([read(rights | {"Condition": {"StringEquals": wanted}})], need)


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Deny"},
        {"NotAction": "s3:*"},
        {"Condition": {"StringNotLike": {"aws:PrincipalTag/a": "b"}}},
        {"Condition": {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": "b"}}},
    ],
)
def test_a_statement_that_is_not_known_is_no_statement(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"not known|more than"):
        read({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | change)
