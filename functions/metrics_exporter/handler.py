"""GET /metrics -> bearer token -> rows -> exposition in the format that the scraper asks for."""

import hmac
import os
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from kaizen.content import compressed, quality
from kaizen.http import Event, Response, header, problem, reply
from kaizen.metrics.rows import read_rows
from kaizen.mttr import WINDOW_METRIC, window_from
from kaizen.observability import logger
from kaizen.policy_store import current_policy, policy_refused
from kaizen.secrets import SecretError, secret
from kaizen.settings import Settings
from metrics_exporter.collector import KaizenCollector, Reading

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Prometheus gives up after 10 s: fail before that, with a status.
_CLIENT = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})


@dataclass(frozen=True)
class ExporterSettings(Settings):
    metrics_table: str
    metrics_token_parameter: str
    policy_parameter: str


@cache
def settings() -> ExporterSettings:
    return ExporterSettings.from_env(os.environ)


@cache
def client() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=_CLIENT)


def allowed(event: Event) -> bool:
    """Whether the bearer token is the right one. Raises SecretError when it cannot be known."""
    scheme, _, token = header(event, "authorization").partition(" ")
    wanted = secret(settings().metrics_token_parameter)
    # Bytes, since compare_digest raises on text that is not ASCII.
    same = hmac.compare_digest(token.strip().encode("utf-8", "surrogatepass"), wanted.encode())
    return same and scheme.lower() == "bearer"


def read() -> Reading:
    started = time.monotonic()
    policy = current_policy(settings().policy_parameter)
    rows, others = read_rows(client(), settings().metrics_table)
    windows = [window_from(item) for item in others if item["metric"] == WINDOW_METRIC]
    return Reading(
        rows=rows,
        windows={(window.component, window.severity): window for window in windows},
        policy=policy,
        policy_refused=policy_refused(settings().policy_parameter),
        seconds=time.monotonic() - started,
    )


def expose(reading: Reading, accept: str, accept_encoding: str) -> Response:
    """The reading as text or OpenMetrics, gzipped if asked for."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(KaizenCollector(reading))
    encoder, content_type = choose_encoder(accept)
    body: bytes = encoder(registry)
    headers = {"content-type": content_type, "cache-control": "no-store", "vary": "Accept, Accept-Encoding"}
    if quality(accept_encoding, "gzip") > 0:
        return reply(200, compressed(body), headers | {"content-encoding": "gzip"})
    return reply(200, body.decode("utf-8"), headers)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: Event, context: Any) -> Response:
    """200 with every series; 401 without the token; 503 when a store fails, so that `up` is 0 and nothing resolves."""
    try:
        if not allowed(event):
            challenge = {"www-authenticate": 'Bearer realm="metrics"'}
            refusal = problem(401, "Unauthorized", "send the metrics token as Authorization: Bearer")
            return refusal | {"headers": refusal["headers"] | challenge}
        reading = read()
    except (SecretError, BotoCoreError, ClientError) as error:
        logger.error("scrape failed", error=type(error).__name__, reason=str(error))
        return problem(503, "Service Unavailable", "the metrics cannot be read")
    return expose(reading, header(event, "accept"), header(event, "accept-encoding"))
