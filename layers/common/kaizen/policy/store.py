"""The policy in force: the SSM parameter when there is one, else the layer's default file.

A refused policy never takes effect: the last good one stays, which every process finds in the parameter's history.
A store that does not answer is no reason to fall back to the default, which may know other components and targets.
"""

import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from kaizen.policy import Policy, PolicyError, parse
from kaizen.runtime.clients import client
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import CACHE_SECONDS, LIMITS, SecretError, SecretMissingError, secret

DEFAULT_FILE = Path(__file__).parents[2] / "policy.toml"


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
            self._take(text)
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
        try:
            policy, refused = parse(text), False
        except PolicyError as error:
            logger.error("the policy is refused: the last good one stays in force", problems=error.problems)
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
        for text in versions:
            try:
                return parse(text)
            except PolicyError:
                continue
        return self._policy or parse(self._default())


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
