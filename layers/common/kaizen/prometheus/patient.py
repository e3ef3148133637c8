"""Asks a Prometheus what somebody else wrote, within a time. Never fails: it says in a few words why not.

Of what goes wrong it says the kind alone: Prometheus's own words may name what is not for everybody. They are logged.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from kaizen.prometheus import errors
from kaizen.prometheus.client import TIMEOUT_SECONDS
from kaizen.prometheus.results import Matrix
from kaizen.runtime.log import logger
from kaizen.runtime.secrets import SecretError


class UnusableError(Exception):
    """What the template gives is no way to ask a Prometheus."""


_WORDS = (
    (errors.BadQueryError, "Prometheus refuses the expression"),
    (errors.ExecutionError, "Prometheus cannot evaluate it"),
    (errors.QueryTimeoutError, f"it takes Prometheus longer than {TIMEOUT_SECONDS} s"),
    (errors.TooLargeError, "the answer is too large"),
    (errors.DeniedError, "Prometheus refuses the token"),
    (errors.UnavailableError, "Prometheus does not answer"),
    (SecretError, "the token of Prometheus cannot be read"),
    (UnusableError, "the address of Prometheus, or the token for it, is not usable"),
)
_LASTING = (errors.DeniedError, errors.UnavailableError, SecretError, UnusableError)  # the next question meets it, too


class Ranged(Protocol):
    """Of kaizen.prometheus.client.Prometheus."""

    def query_range(self, expression: str, start: datetime, end: datetime, step: timedelta) -> Matrix: ...


class Patient:
    """For one run. `connect` is called at the first question, and may raise ValueError and SecretError. `clock` gives
    aware UTC; after `patience` nothing is asked any more. `fault` is the log line for what was not answered."""

    def __init__(
        self, connect: Callable[[], Ranged], clock: Callable[[], datetime], patience: timedelta, fault: str
    ) -> None:
        self._connect = connect
        self._client: Ranged | None = None
        self._clock = clock
        self._until = clock() + patience
        self._fault = fault
        self._asked: dict[tuple[str, datetime, datetime, timedelta], Matrix | str] = {}
        self._away = ""  # why there is no use in asking

    def matrix(self, expression: str, start: datetime, end: datetime, step: timedelta) -> Matrix | str:
        """The same question is asked once."""
        key = (expression, start, end, step)
        if key not in self._asked:
            if self._away:
                return self._away
            if self._clock() >= self._until:
                return "there was no time left"
            self._asked[key] = self._answer(expression, start, end, step)
        return self._asked[key]

    def _prometheus(self) -> Ranged:
        if self._client is None:
            try:
                self._client = self._connect()
            except ValueError as error:
                raise UnusableError(str(error)) from error
        return self._client

    def _answer(self, expression: str, start: datetime, end: datetime, step: timedelta) -> Matrix | str:
        try:
            found = self._prometheus().query_range(expression, start, end, step)
        except (errors.PrometheusError, SecretError, UnusableError) as error:
            words = next((words for kind, words in _WORDS if isinstance(error, kind)), "what answers is no Prometheus")
            logger.warning(self._fault, expression=expression[:500], reason=str(error))
            self._away = words if isinstance(error, _LASTING) else ""
            return words
        if not found.notes.complete:
            logger.warning(self._fault, expression=expression[:500], reason=found.notes.warnings)
            return "the answer of Prometheus may not be whole"
        return "its values are histograms" if found.histograms else found
