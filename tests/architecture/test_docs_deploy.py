"""What docs/deploy.md says of the template is so: parameters, alarms, schedules, what is retained."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from local import paths
from local.doors.schedules import parse
from local.template import load
from tests.architecture.house import ROOT, resources, template

DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
_BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
_MONTH = timedelta(days=30)


def section(title: str) -> str:
    return DEPLOY.partition(f"## {title}\n")[2].partition("\n## ")[0]


def runs(expression: str, zone: str) -> Iterator[datetime]:
    rule, at = parse(expression, zone), _BEGAN
    while (following := rule.following(at)) is not None and following <= _BEGAN + _MONTH:
        at = following
        yield at


def test_every_parameter_is_told() -> None:
    """Names of secrets end in `Parameter`, and share a line."""
    table = section("Deploy")
    for name in template()["Parameters"]:
        assert f"`{name}`" in table or name.endswith(("Parameter", "ParameterPrefix")), name
    assert "`…Parameter`, `SlackWebhookParameterPrefix`" in table


def test_the_figures_of_the_costs_are_those_of_the_template() -> None:
    costs = section("What it costs")
    number = len(resources("AWS::CloudWatch::Alarm"))
    assert f"{number}\nCloudWatch alarms are ${number / 10:.2f}" in costs
    month = sum(len(list(runs(each.expression, each.zone))) for each in load(paths.TEMPLATE, {}).schedules)
    (told,) = re.findall(r"some ([\d,]+) scheduled invocations a month", costs)
    assert abs(int(told.replace(",", "")) - month) < month / 50, month


def test_what_is_retained_is_named() -> None:
    retained = {name for name, each in template()["Resources"].items() if each.get("DeletionPolicy") == "Retain"}
    assert set(re.findall(r"`(\w+(?:Table|Bucket))`", section("Take it away"))) == retained


def test_the_services_of_the_template_are_among_the_rights() -> None:
    """In the words of the list that the person reads who grants them."""
    words = {
        "Lambda": "Lambda functions and layers", "Serverless": "CloudFormation stacks", "IAM": "IAM roles",
        "DynamoDB": "DynamoDB tables", "S3": "S3 buckets", "SQS": "SQS", "Events": "EventBridge buses, rules",
        "Scheduler": "schedules and their groups", "Logs": "log groups", "SNS": "an SNS topic",
        "CloudWatch": "CloudWatch alarms", "SSM": "an SSM parameter",
    }  # fmt: skip
    rights = " ".join(section("Before the first deployment").split())
    for kind in {each["Type"].split("::")[1] for each in template()["Resources"].values()}:
        assert words[kind] in rights, kind


def test_the_local_page_says_what_stays_outside_and_how_to_see_a_digest() -> None:
    local = (ROOT / "docs" / "local.md").read_text(encoding="utf-8")
    for told in (
        "~/.cache/uv",
        "~/.cache/pip",
        "~/.npm",
        "~/.aws-sam",
        "make run POLICY=my-policy.toml",
        "/kaizen summary",
    ):
        assert told in local, told
