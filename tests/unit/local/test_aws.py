"""moto in this process: what it lists of what is gone is let go."""

from datetime import UTC, datetime

import boto3
from moto import mock_aws
from moto.s3.models import FakeKey

from local.aws.server import let_go


def test_what_is_gone_is_let_go() -> None:
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="phases")
        s3.put_object(Bucket="phases", Key="a", Body=b"x")
        tracked = FakeKey.instances_tracked  # type: ignore[attr-defined]
        assert [key.name for key in tracked] == ["a"]
        let_go(datetime(2026, 3, 1, tzinfo=UTC))
        assert not FakeKey.instances_tracked  # type: ignore[attr-defined]
        assert s3.get_object(Bucket="phases", Key="a")["Body"].read() == b"x"
