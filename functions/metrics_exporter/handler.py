"""GET /metrics -> bearer token -> rows -> exposition in the format that the scraper asks for."""

import os
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry

from kaizen.metrics.rows import read_rows
from kaizen.mttr import WINDOW_METRIC, window_from
from kaizen.policy.store import current_policy, policy_refused
from kaizen.runtime.bearer import allowed
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.content import compressed, quality
from kaizen.runtime.failures import FAILURES, unavailable
from kaizen.runtime.functions import http_function
from kaizen.runtime.http import Event, Response, header, problem, reply
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import secret
from kaizen.runtime.settings import Settings
from metrics_exporter.collector import KaizenCollector, Reading
from metrics_exporter.negotiation import encoded
from metrics_exporter.own import Scrape

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Prometheus gives up after 10 s: fail before that, with a status.
_LIMITS = Limits(connect=1, read=3, attempts=2)
_RETRY_SECONDS = 15


@dataclass(frozen=True)
class ExporterSettings(Settings):
    metrics_table: str
    metrics_token_parameter: str
    policy_parameter: str
    build_hash: str | None = None


@cache
def settings() -> ExporterSettings:
    return ExporterSettings.from_env(os.environ)


@cache
def dynamodb() -> "DynamoDBClient":
    return client("dynamodb", _LIMITS)


@http_function
def lambda_handler(event: Event, context: Any) -> Response:
    """200 with every series; 401 without the token; 503 when a store fails, so that `up` is 0 and nothing resolves."""
    try:
        if not allowed(header(event, "authorization"), secret(settings().metrics_token_parameter)):
            logger.warning("scrape refused")
            refusal = problem(401, "Unauthorized", "send the metrics token as Authorization: Bearer")
            refusal["headers"]["www-authenticate"] = 'Bearer realm="metrics"'
            return refusal
        reading = read()
    except FAILURES as error:
        return unavailable(error, "the metrics cannot be read", _RETRY_SECONDS)
    return exposition(reading, header(event, "accept"), header(event, "accept-encoding"))


def read() -> Reading:
    """One look at the policy and one pass over the rows. Raises SecretError, BotoCoreError or ClientError."""
    started = time.monotonic()
    policy = current_policy(settings().policy_parameter)
    rows, others = read_rows(dynamodb(), settings().metrics_table)
    windows = [window_from(item) for item in others if item["metric"] == WINDOW_METRIC]
    scrape = Scrape(
        windows={(window.component, window.severity): window for window in windows},
        policy=policy,
        policy_refused=policy_refused(settings().policy_parameter),
        seconds=time.monotonic() - started,
        build=settings().build_hash or "",
    )
    return Reading(rows, scrape)


def exposition(reading: Reading, accept: str, accept_encoding: str) -> Response:
    """The reading as text or OpenMetrics, gzipped if asked for."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(KaizenCollector(reading))
    body, content_type = encoded(registry, accept)
    headers = {"content-type": content_type, "cache-control": "no-store", "vary": "Accept, Accept-Encoding"}
    if quality(accept_encoding, "gzip") > 0:
        return reply(200, compressed(body), headers | {"content-encoding": "gzip"})
    return reply(200, body.decode("utf-8"), headers)
