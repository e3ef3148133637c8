"""Least privilege, and one writer for each piece of state."""

import ast
from typing import Any

import pytest

from kaizen.mttr import WINDOW_METRIC
from kaizen.tickets import FEED_PARTITION
from tests.architecture.house import FUNCTIONS, lambda_functions, listed, resources, statements, target

WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}
# Counters are written by every feature, each only through kaizen.metrics, with the state they count.
SHARED_TABLES = {"MetricsTable"}
# Tables of which each function writes the keys that begin as its condition says, and no two the same.
PARTED_TABLES = {"SlackTable", "ReviewsTable", "SandboxesTable"}
# Actions that AWS offers for no single resource; none is needed yet.
WITHOUT_RESOURCE_LEVEL: set[str] = set()


def all_statements() -> list[tuple[str, dict[str, Any]]]:
    return [(name, each) for name, function in lambda_functions().items() for each in statements(function)]


def faults(statement: dict[str, Any]) -> list[str]:
    """What is too wide in one statement."""
    actions = listed(statement["Action"])
    found = [action for action in actions if "*" in action]
    if "*" in listed(statement["Resource"]) and not set(actions) <= WITHOUT_RESOURCE_LEVEL:
        found.append("Resource *")
    return found


@pytest.mark.parametrize(("name", "statement"), all_statements(), ids=lambda value: str(value)[:40])
def test_nothing_too_wide(name: str, statement: dict[str, Any]) -> None:
    assert statement["Effect"] == "Allow"
    assert faults(statement) == []


def test_the_check_finds_planted_faults() -> None:
    assert faults({"Action": "dynamodb:*", "Resource": "arn:aws:dynamodb:x"})
    assert faults({"Action": ["sqs:SendMessage"], "Resource": ["*"]})


def test_policies_are_spelled_out() -> None:
    """No managed policy or SAM policy template: those grant more than is used."""
    for name, function in lambda_functions().items():
        assert all(set(policy) == {"Version", "Statement"} for policy in function.get("Policies", [])), name


def test_each_table_has_one_writer() -> None:
    writers: dict[str, set[str]] = {table: set() for table in resources("AWS::DynamoDB::Table")}
    for name, statement in all_statements():
        if WRITES & set(listed(statement["Action"])):
            for resource in listed(statement["Resource"]):
                writers[target(resource)].add(name)
    for table, names in writers.items():
        if table not in SHARED_TABLES | PARTED_TABLES:
            assert len(names) == 1, (table, names)


def prefixes(statement: dict[str, Any]) -> list[str]:
    """The beginnings of the keys that a statement is confined to; none for one that is not confined."""
    conditions = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
    return [str(each).rstrip("*") for each in listed(conditions.get("dynamodb:LeadingKeys", []))]


# Calls of a client that a feature makes by itself, with the action that each needs.
CALLS = {
    "get_item": "dynamodb:GetItem", "put_item": "dynamodb:PutItem", "update_item": "dynamodb:UpdateItem",
    "delete_item": "dynamodb:DeleteItem", "batch_get_item": "dynamodb:BatchGetItem",
    "batch_write_item": "dynamodb:BatchWriteItem", "query": "dynamodb:Query", "scan": "dynamodb:Scan",
    "get_object": "s3:GetObject", "put_object": "s3:PutObject", "delete_object": "s3:DeleteObject",
    "send_message": "sqs:SendMessage", "change_message_visibility": "sqs:ChangeMessageVisibility",
}  # fmt: skip


def calls(feature: str) -> set[str]:
    """Names of clients' methods that the feature's own modules call, or hand on to be called."""
    trees = [ast.parse(path.read_text()) for path in (FUNCTIONS / feature).glob("*.py")]
    return {
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in CALLS and "client" in ast.unparse(node.value).lower()
    }


@pytest.mark.parametrize(("name", "function"), lambda_functions().items(), ids=lambda value: str(value)[:40])
def test_a_function_may_do_what_its_code_calls(name: str, function: dict[str, Any]) -> None:
    """On one machine nothing is forbidden: a right that is missing would show on AWS alone."""
    allowed = {action for statement in statements(function) for action in listed(statement["Action"])}
    needed = {CALLS[each] for each in calls(function["Handler"].partition(".")[0])}
    assert needed <= allowed, f"{name} lacks {sorted(needed - allowed)}"


def test_each_key_prefix_of_a_parted_table_has_one_writer() -> None:
    for table in PARTED_TABLES:
        owners: dict[str, str] = {}
        for name, statement in all_statements():
            written = WRITES & set(listed(statement["Action"]))
            if written and table in {target(each) for each in listed(statement["Resource"])}:
                assert prefixes(statement), f"{name} may write any key of {table}"
                for prefix in prefixes(statement):
                    rivals = [each for each in owners if each.startswith(prefix) or prefix.startswith(each)]
                    assert all(owners[each] == name for each in rivals), (table, prefix, name)
                    owners[prefix] = name
        assert owners, f"nobody writes {table}"


def read_keys(function: str, table: str, action: str) -> list[str]:
    """The partition keys that a function may take an action on, which must be confined."""
    (found,) = [
        each
        for each in statements(lambda_functions()[function])
        if action in listed(each["Action"]) and table in {target(resource) for resource in listed(each["Resource"])}
    ]
    keys: list[str] = found["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]
    return keys


def test_the_feed_reads_its_own_keys_only() -> None:
    """It may be open to everybody: no fault in it may show a ticket's item, or another metric."""
    assert read_keys("TicketFeed", "TicketsTable", "dynamodb:Query") == [FEED_PARTITION]
    assert read_keys("TicketFeed", "MetricsTable", "dynamodb:Query") == [WINDOW_METRIC]
    assert read_keys("TicketFeed", "MetricsTable", "dynamodb:UpdateItem") == ["kaizen_feed_requests_total"]


def object_prefixes(function: str) -> set[str]:
    """Where the objects lie that a function may read."""
    return {
        resource["Fn::Sub"].partition("/")[2]
        for each in statements(lambda_functions()[function])
        if "s3:GetObject" in listed(each["Action"])
        for resource in listed(each["Resource"])
    }


def test_buckets_are_listed_by_prefix() -> None:
    """A missing object reads as missing only where listing is allowed: that is where it may be read, nowhere else."""
    for name, statement in all_statements():
        if "s3:ListBucket" in listed(statement["Action"]):
            listed_there = set(statement["Condition"]["StringLike"]["s3:prefix"])
            assert listed_there, name
            assert listed_there <= object_prefixes(name), name


def test_tables_can_be_restored() -> None:
    for name, table in resources("AWS::DynamoDB::Table").items():
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True, name
        assert table["SSESpecification"]["SSEEnabled"] is True, name
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
