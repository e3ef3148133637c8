"""The policy store over SSM (moto's): the real calls, paging through a long history included."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws

from kaizen.policy import store as policy_store
from kaizen.policy.store import DEFAULT_FILE, current_policy, policy_refused
from kaizen.runtime import clients, secrets
from kaizen.runtime.secrets import SecretError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

NAME = "/kaizen/policy"
DEFAULT = DEFAULT_FILE.read_text(encoding="utf-8")
ENVIRONMENT = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def new_process() -> None:
    for cached in (policy_store.policy_store, secrets._provider, clients.built):
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
