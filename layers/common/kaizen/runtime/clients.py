"""The one place where AWS clients are built: how long a call may take is always said, and each client is built once."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one call may take: seconds to connect and to wait for the next byte, and attempts in all.

    `connections` are kept open at once, for callers with threads.
    """

    connect: float
    read: float
    attempts: int
    connections: int = 10


@overload
def client(service: Literal["dynamodb"], limits: Limits) -> "DynamoDBClient": ...
@overload
def client(service: Literal["eks", "kms", "sts"], limits: Limits) -> Any: ...
@overload
def client(service: Literal["events"], limits: Limits) -> "EventBridgeClient": ...
@overload
def client(service: Literal["s3"], limits: Limits, *, presigning: bool = False) -> "S3Client": ...
@overload
def client(service: Literal["scheduler"], limits: Limits) -> "EventBridgeSchedulerClient": ...
@overload
def client(service: Literal["sqs"], limits: Limits) -> "SQSClient": ...
@overload
def client(service: Literal["ssm"], limits: Limits) -> "SSMClient": ...
def client(service: Any, limits: Limits, *, presigning: bool = False) -> Any:
    """The process's client of a service with these limits.

    `presigning`: addresses are handed out. Only with virtual hosts do they name the bucket's region (a new bucket is
    redirected elsewhere without), and only in this version does the signature cover headers.
    """
    return built(service, limits, presigning)


@cache
def built(service: Any, limits: Limits, presigning: bool) -> Any:
    """What `client` gives; tests forget it as a new process would."""
    config = Config(
        connect_timeout=limits.connect,
        read_timeout=limits.read,
        retries={"total_max_attempts": limits.attempts, "mode": "standard"},
        max_pool_connections=limits.connections,
    )
    if presigning:
        config = config.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
    return boto3.client(service, config=config)
