"""The one logger of all functions. Traces come from the platform (`Tracing: Active`), not from an SDK."""

import logging

from aws_lambda_powertools.logging import Logger

# Powertools reads the level from the environment; kaizen.runtime.functions names the service after the feature.
logger = Logger(log_uncaught_exceptions=False, utc=True)

# boto at DEBUG prints request bodies, and with them secrets.
for _name in ("boto3", "botocore", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_LONGEST_ID = 128


def correlate(given: str) -> None:
    """From now on every line carries this id, by which one piece of work is found again in each function's log."""
    logger.set_correlation_id(given[:_LONGEST_ID])


def correlation_id() -> str:
    """The id on the lines now, to be handed on with the work; empty outside of an invocation."""
    return logger.get_correlation_id() or ""
