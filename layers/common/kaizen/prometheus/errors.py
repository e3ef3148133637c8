"""Why a question to Prometheus has no answer. None of these is an empty result."""


class PrometheusError(Exception):
    """There is no answer. The message never holds a token."""

    retryable = False


class BadQueryError(PrometheusError):
    """The expression or a parameter is wrong (`bad_data`). A retry gets the same."""


class ExecutionError(PrometheusError):
    """The expression is right, and its evaluation failed (`execution`): too many samples, many-to-many matching."""


class QueryTimeoutError(PrometheusError):
    """The evaluation took too long, or was cancelled. A smaller question may do."""

    retryable = True


class DeniedError(PrometheusError):
    """401 or 403: the token is missing, wrong, or not good for this."""


class RefusedError(PrometheusError):
    """Another 4xx: there is no such path, or a proxy in between refuses the call."""


class UnavailableError(PrometheusError):
    """5xx, a limit (429), no connection, or no answer in time."""

    retryable = True


class UnreadableError(PrometheusError):
    """What answers is no Prometheus: HTML, other JSON, or a shape that is not documented."""


class TooLargeError(PrometheusError):
    """The answer is longer than is read here. A smaller question may do."""
