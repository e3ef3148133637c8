"""The policy in force: the SSM parameter when there is one, else the layer's default file.

A parameter holds 8 KB at most: for a longer policy it names a version of an S3 object, `s3://bucket/key?versionId=id`.
Such a version never changes, so that a policy in S3 takes effect, and is gone back to, as one in the parameter.

A refused policy never takes effect: the last good one stays, which every process finds in the parameter's history.
A store that does not answer is no reason to fall back to the default, which may know other components and targets.
"""

import re
import time
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from kaizen.policy import Policy, PolicyError, parse
from kaizen.policy.lines import with_lines
from kaizen.runtime.clients import client
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import CACHE_SECONDS, LIMITS, SecretError, SecretMissingError, secret

# S3 says 4xx, and yet a later try may do.
_PASSING = ("RequestTimeout", "RequestTimeTooSkewed", "ExpiredToken", "SlowDown")
_POINTER = re.compile(r"s3://(?P<bucket>[a-z0-9.-]{3,63})/(?P<key>[^?\s]{1,1024})\?versionId=(?P<version>\S{1,1024})")
MOST_BYTES = 256 * 1024
DEFAULT_FILE = Path(__file__).parents[2] / "policy.toml"


class DeniedError(PolicyError):
    """S3 does not show the object: it is gone, or not ours to read. Who may not list is not told which."""


class PolicyStore:
    """`read` gives the parameter's text as kaizen.runtime.secrets.secret does, `history` its versions, newest first."""

    def __init__(
        self,
        read: Callable[[], str],
        history: Callable[[], Iterable[str]],
        default: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self._read = read
        self._history = history
        self._default = default
        self._clock = clock
        self._text: str | None = None  # what `_policy` or the refusal stems from
        self._policy: Policy | None = None
        self._missing_until = float("-inf")
        self.refused = False

    def current(self) -> Policy:
        """Raises SecretError when the store does not answer and no policy is known yet: try again."""
        try:
            text = self._given()
        except SecretError:
            if self._policy is None:
                raise
            logger.warning("the policy cannot be read: the one in memory stays in force")
            return self._policy
        if text != self._text or self._policy is None:
            try:
                self._take(text)
            except SecretError:
                if self._policy is None:
                    raise
                logger.warning("the policy's object cannot be read: the one in memory stays in force")
        assert self._policy is not None
        return self._policy

    def _given(self) -> str:
        if self._clock() < self._missing_until:
            return self._default()
        try:
            return self._read()
        except SecretMissingError:
            self._missing_until = self._clock() + CACHE_SECONDS
            return self._default()

    def _take(self, text: str) -> None:
        given = ""
        try:
            given = document(text)
            policy, refused = parse(given), False
        except PolicyError as error:
            problems = with_lines(given, error.problems)
            logger.error("the policy is refused: the last good one stays in force", problems=problems)
            policy, refused = self._last_good(), True
        self._policy, self._text, self.refused = policy, text, refused

    def _last_good(self) -> Policy:
        """The newest valid version, so that old and new processes agree; else what is in memory, else the default."""
        try:
            versions = self._history()
        except SecretError:
            if self._policy is None:
                raise
            return self._policy
        denied: DeniedError | None = None
        for text in versions:
            try:
                return parse(document(text))
            except DeniedError as error:
                denied = error
            except PolicyError:
                continue
        if self._policy is None and denied is not None:  # it may be good: the default would be another policy
            raise SecretError(f"no version of the policy can be read: {denied}") from denied
        return self._policy or parse(self._default())


def document(value: str) -> str:
    """The policy's text: the parameter's own, or that of the object which it names.

    Raises PolicyError for an object that is too large, gone or no text, DeniedError, one of them, for one that S3 does
    not show, and SecretError when S3 does not answer.
    """
    found = _POINTER.fullmatch(value.strip())
    return _object(found["bucket"], found["key"], found["version"]) if found else value


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


@lru_cache(maxsize=4)
def _object(bucket: str, key: str, version: str) -> str:
    try:
        answer = client("s3", LIMITS).get_object(Bucket=bucket, Key=key, VersionId=version)
        if answer["ContentLength"] > MOST_BYTES:
            raise PolicyError([f"s3://{bucket}/{key} is larger than {MOST_BYTES} bytes"])
        return answer["Body"].read().decode()
    except UnicodeDecodeError as error:
        raise PolicyError([f"s3://{bucket}/{key} is not UTF-8 text"]) from error
    except ClientError as error:
        fault = f"s3://{bucket}/{key} cannot be had in that version: {_code(error)}"
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403 and _code(error) not in _PASSING:
            raise DeniedError([fault]) from error
        # S3 answered, and a retry gets the same: gone, deleted, or a mistyped version.
        if 400 <= error.response["ResponseMetadata"]["HTTPStatusCode"] < 500 and _code(error) not in _PASSING:
            raise PolicyError([fault]) from error
        raise SecretError(f"cannot read s3://{bucket}/{key}") from error
    except BotoCoreError as error:
        raise SecretError(f"cannot read s3://{bucket}/{key}") from error


@cache
def policy_store(parameter: str) -> PolicyStore:
    """The store behind a parameter's name, one per process."""
    return PolicyStore(
        read=lambda: secret(parameter),
        history=lambda: _history(parameter),
        default=cache(lambda: DEFAULT_FILE.read_text(encoding="utf-8")),
        clock=time.monotonic,
    )


def current_policy(parameter: str) -> Policy:
    """The policy in force. Raises SecretError when it cannot be read and none is known yet."""
    return policy_store(parameter).current()


def policy_refused(parameter: str) -> bool:
    """Whether the parameter holds a policy that was refused when it was last read."""
    return policy_store(parameter).refused


def _history(parameter: str) -> list[str]:
    ssm = client("ssm", LIMITS)
    try:
        pages = ssm.get_paginator("get_parameter_history").paginate(Name=parameter, WithDecryption=True)
        versions = [version for page in pages for version in page["Parameters"]]
        return [each["Value"] for each in sorted(versions, key=lambda each: each["Version"], reverse=True)]
    except (BotoCoreError, ClientError) as error:
        raise SecretError(f"cannot read the history of {parameter}") from error
