"""AWS that does not do what it was asked: why, for the one who reads the log, and 503 for the one who waits."""

from collections.abc import Iterator
from typing import Any, Literal

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    HTTPClientError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)

from kaizen.runtime.http import Response, problem
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import SecretError, SecretMissingError

Cause = Literal["denied", "throttled", "conflict", "timeout", "unreachable", "missing", "failed", "other"]

# What a door answers with 503.
FAILURES = (SecretError, BotoCoreError, ClientError)

_DENIED = ("AccessDenied", "NotAuthorized", "Unauthorized", "ExpiredToken", "InvalidClientTokenId",
           "UnrecognizedClient", "SignatureDoesNotMatch", "InvalidSignature", "Forbidden")  # fmt: skip
_THROTTLED = ("Throttl", "TooManyRequests", "ProvisionedThroughputExceeded", "RequestLimitExceeded", "SlowDown")
_MISSING = ("ResourceNotFound", "NoSuch", "NonExistentQueue", "QueueDoesNotExist", "ParameterNotFound", "NotFound")
_CONFLICT = ("TransactionConflict", "TransactionInProgress", "ConditionalRequestConflict")
_BY_WORD: tuple[tuple[Cause, tuple[str, ...]], ...] = (
    ("denied", _DENIED),
    ("throttled", _THROTTLED),
    ("timeout", ("RequestTimeout",)),
    ("missing", _MISSING),
    ("conflict", _CONFLICT),
)


def cause(error: BaseException) -> Cause:
    """Why a call failed, as far as the error or those behind it tell."""
    for each in _chain(error):
        if isinstance(each, SecretMissingError):
            return "missing"
        if isinstance(each, NoCredentialsError):
            return "denied"
        if isinstance(each, (ReadTimeoutError, ConnectTimeoutError)):
            return "timeout"
        if isinstance(each, (HTTPClientError, NoConnectionError)):
            return "unreachable"
        if isinstance(each, ClientError):
            return _answered(each)
    return "other"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _answered(error: ClientError) -> Cause:
    reasons = [str(reason.get("Code")) for reason in error.response.get("CancellationReasons", [])]
    words = [str(error.response["Error"].get("Code", "")), *reasons]
    for name, parts in _BY_WORD:
        if any(part in word for word in words for part in parts):
            return name
    return "failed" if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500 else "other"


def unavailable(error: Exception, detail: str, retry_seconds: int) -> Response:
    """503 with when to ask again. The log gets the cause; the caller only `detail`."""
    why = cause(error)
    # The reason names a parameter, a table or AWS's own words; none of them holds a secret.
    told: dict[str, Any] = {"cause": why, "error": type(error).__name__, "reason": str(error)[:500]}
    logger.error("not served", exc_info=why in ("failed", "other"), **told)
    answer = problem(503, "Service Unavailable", detail)
    answer["headers"]["retry-after"] = str(retry_seconds)
    return answer
