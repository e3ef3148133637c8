"""The policy store over SSM (moto's): the real calls, paging through a long history included."""

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from kaizen.policy import store as policy_store
from kaizen.policy.store import DEFAULT_FILE, current_policy, policy_refused
from kaizen.runtime import clients, secrets
from kaizen.runtime.secrets import SecretError
from tools import policy as tools_policy

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

NAME = "/kaizen/policy"
DEFAULT = DEFAULT_FILE.read_text(encoding="utf-8")
ENVIRONMENT = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def new_process() -> None:
    for cached in (policy_store.policy_store, policy_store._object, secrets._provider, clients.built):
        cached.cache_clear()


@pytest.fixture
def ssm() -> Iterator["SSMClient"]:
    with patch.dict(os.environ, ENVIRONMENT, clear=True), mock_aws():
        new_process()
        yield boto3.client("ssm")
    new_process()


def put(ssm: "SSMClient", text: str) -> None:
    ssm.put_parameter(Name=NAME, Value=text, Type="String", Overwrite=True)


def titled(title: str) -> str:
    return DEFAULT.replace("Kaizen tickets", title)


def test_without_a_parameter_the_layers_file_holds(ssm: "SSMClient") -> None:
    assert current_policy(NAME).feed.title == "Kaizen tickets"
    assert not policy_refused(NAME)


@pytest.mark.parametrize("kind", ["String", "SecureString"])
def test_the_parameter_holds(ssm: "SSMClient", kind: str) -> None:
    ssm.put_parameter(Name=NAME, Value=titled("ours"), Type=kind)  # type: ignore[arg-type]
    assert current_policy(NAME).feed.title == "ours"


def test_the_log_says_on_which_line_a_refused_policy_is_wrong(
    ssm: "SSMClient", caplog: pytest.LogCaptureFixture
) -> None:
    put(ssm, titled("ours").replace("digest_hour = 9", "digest_hour = 99"))
    current_policy(NAME)
    (problem,) = caplog.records[-1].__dict__["problems"]
    assert re.match(r"line \d+: routes\.default\.digest_hour: is not a whole number", problem)


def test_a_new_process_passes_over_many_refused_versions(ssm: "SSMClient") -> None:
    put(ssm, titled("older"))
    put(ssm, titled("ours"))
    for each in range(60):  # more than a page of the history
        put(ssm, f"[tickets\n# {each}")
    assert current_policy(NAME).feed.title == "ours"
    assert policy_refused(NAME)


def test_an_old_process_keeps_its_policy_until_the_next_good_one(ssm: "SSMClient") -> None:
    put(ssm, titled("ours"))
    assert current_policy(NAME).feed.title == "ours"
    put(ssm, "[tickets")
    secrets._provider.cache_clear()  # as if the cache's minutes had passed
    assert (current_policy(NAME).feed.title, policy_refused(NAME)) == ("ours", True)
    put(ssm, titled("mended"))
    secrets._provider.cache_clear()
    assert (current_policy(NAME).feed.title, policy_refused(NAME)) == ("mended", False)


def test_a_store_that_does_not_answer_is_an_error_to_retry(ssm: "SSMClient") -> None:
    put(ssm, titled("ours"))
    with patch.dict(os.environ, {"AWS_ENDPOINT_URL_SSM": "http://127.0.0.1:9"}), pytest.raises(SecretError):
        current_policy(NAME)
    new_process()
    assert current_policy(NAME).feed.title == "ours"


def answering(monkeypatch: pytest.MonkeyPatch, fault: str, status: int) -> None:
    """S3 refuses every object so."""

    class Refusing:
        def get_object(self, **_: str) -> None:
            given = {"Error": {"Code": fault, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(given, "GetObject")  # type: ignore[arg-type]

    build: Any = clients.client
    monkeypatch.setattr(
        policy_store, "client", lambda service, *given: Refusing() if service == "s3" else build(service, *given)
    )


class TestDocumentInS3:
    """What is longer than a parameter lies in a versioned bucket, and the parameter names the version."""

    @pytest.fixture
    def bucket(self, ssm: "SSMClient") -> str:
        s3 = boto3.client("s3")
        location = {"LocationConstraint": ENVIRONMENT["AWS_DEFAULT_REGION"]}
        s3.create_bucket(Bucket="policies", CreateBucketConfiguration=location)  # type: ignore[arg-type]
        s3.put_bucket_versioning(Bucket="policies", VersioningConfiguration={"Status": "Enabled"})
        return "policies"

    @staticmethod
    def stored(ssm: "SSMClient", bucket: str, text: str) -> None:
        tools_policy.put(boto3.Session(), NAME, bucket, text)

    def test_a_long_policy_holds(self, ssm: "SSMClient", bucket: str) -> None:
        self.stored(ssm, bucket, titled("long") + "#" * 100_000)
        assert ssm.get_parameter(Name=NAME)["Parameter"]["Value"].startswith("s3://policies/policy.toml?versionId=")
        assert current_policy(NAME).feed.title == "long"
        assert tools_policy.in_force(ssm, NAME).startswith(titled("long"))

    def test_a_refused_one_leaves_the_version_before_in_force(self, ssm: "SSMClient", bucket: str) -> None:
        self.stored(ssm, bucket, titled("good") + "#" * 5000)
        self.stored(ssm, bucket, "nonsense" + "#" * 5000)
        new_process()
        assert current_policy(NAME).feed.title == "good"
        assert policy_refused(NAME)

    @pytest.mark.parametrize("name", ["s3://policies/policy.toml?versionId=gone", "s3://nowhere/p.toml?versionId=1"])
    def test_an_object_that_is_gone_is_a_refusal(self, ssm: "SSMClient", bucket: str, name: str) -> None:
        put(ssm, titled("before"))
        put(ssm, name)
        assert current_policy(NAME).feed.title == "before"
        assert policy_refused(NAME)

    @pytest.mark.parametrize("fault", ["AccessDenied", "InvalidArgument", "MethodNotAllowed"])
    def test_what_s3_does_not_show_is_a_refusal(
        self, ssm: "SSMClient", bucket: str, fault: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without the right to list, S3 calls an object that is gone forbidden."""
        put(ssm, titled("before"))
        put(ssm, "s3://policies/policy.toml?versionId=elsewhere")
        answering(monkeypatch, fault, {"AccessDenied": 403, "InvalidArgument": 400, "MethodNotAllowed": 405}[fault])
        assert current_policy(NAME).feed.title == "before"
        assert policy_refused(NAME)
        assert tools_policy.readable(ssm, NAME) == ""

    def test_the_default_is_no_stand_in_for_what_is_denied(
        self, ssm: "SSMClient", bucket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(ssm, "s3://policies/policy.toml?versionId=one")
        answering(monkeypatch, "AccessDenied", 403)
        with pytest.raises(SecretError, match="AccessDenied"):
            current_policy(NAME)

    def test_too_large_is_a_refusal(self, ssm: "SSMClient", bucket: str) -> None:
        self.stored(ssm, bucket, DEFAULT + "#" * (256 * 1024))
        assert current_policy(NAME).feed.title == "Kaizen tickets"
        assert policy_refused(NAME)
