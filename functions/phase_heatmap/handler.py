"""GET or HEAD /phase/ and its assets -> the heatmap's page; the only file here that knows Lambda's shapes."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kaizen.phase.page import Page, read_page
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.functions import http_function
from kaizen.runtime.http import Event, Response
from kaizen.runtime.log import logger
from kaizen.runtime.settings import Settings
from phase_heatmap.exchange import answer

_LIMITS = Limits(connect=1, read=1, attempts=1)  # never called: addresses are computed here


@dataclass(frozen=True)
class HeatmapSettings(Settings):
    phase_bucket: str


@cache
def settings() -> HeatmapSettings:
    return HeatmapSettings.from_env(os.environ)


@cache
def page() -> Page:
    """Read once by each process."""
    return read_page(Path(__file__).parents[1])


@cache
def history() -> str:
    """The origin to which phase_stream leads for history, found as it finds it."""
    params = {"Bucket": settings().phase_bucket, "Key": "v1"}
    s3 = client("s3", _LIMITS, presigning=True)
    address = urlsplit(s3.generate_presigned_url("get_object", Params=params, ExpiresIn=1))
    return f"{address.scheme}://{address.netloc}"


@http_function
def lambda_handler(event: Event, context: Any) -> Response:
    """The page and its assets; 404 for anything else."""
    response = answer(event, page(), history())
    logger.info("page request", path=str(event.get("rawPath", ""))[:100], status=response["statusCode"])
    return response
