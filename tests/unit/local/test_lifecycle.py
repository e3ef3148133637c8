"""The buckets' lifecycle rules, played: what is old goes with all its versions, by prefix or by tag."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.aws.lifecycle import DAY_SECONDS, Buckets, Expiry, expiries

RULES: list[Mapping[str, Any]] = [
    {"Id": "raw", "Status": "Enabled", "Prefix": "raw/", "ExpirationInDays": {"Ref": "RawDays"}},
    {"Id": "fine", "Status": "Enabled", "TagFilters": [{"Key": "kept", "Value": "fine"}], "ExpirationInDays": 7},
    {"Id": "off", "Status": "Disabled", "Prefix": "", "ExpirationInDays": 1},
    {"Id": "versions", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
]


@pytest.fixture(params=["versions", "no versions"])
def s3(request: pytest.FixtureRequest) -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="eu-west-1")
        client.create_bucket(Bucket="phases", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        if request.param == "versions":
            client.put_bucket_versioning(Bucket="phases", VersioningConfiguration={"Status": "Enabled"})
        for key, tags in (("raw/a", ""), ("raw/a", ""), ("v1/fine", "kept=fine"), ("v1/coarse", "kept=medium")):
            client.put_object(Bucket="phases", Key=key, Body=b"x", Tagging=tags)
        yield client


def keys(s3: Any) -> list[str]:
    return [each["Key"] for each in s3.list_object_versions(Bucket="phases").get("Versions", [])]


def test_rules_are_read_from_the_template() -> None:
    assert expiries(RULES, {"RawDays": "3"}) == [Expiry("raw/", None, 3), Expiry("", ("kept", "fine"), 7)]


def test_what_is_old_goes(s3: Any) -> None:
    buckets = Buckets(s3, {"phases": expiries(RULES, {"RawDays": "3"})})

    def after(days: float) -> list[str]:
        buckets.sweep(datetime.now(UTC) + timedelta(seconds=days * DAY_SECONDS))
        return keys(s3)

    assert sorted(set(after(2.9))) == ["raw/a", "v1/coarse", "v1/fine"]
    assert after(3.1) == ["v1/coarse", "v1/fine"]
    assert after(7.1) == ["v1/coarse"]
    assert after(10_000) == ["v1/coarse"]
