"""The one logger of all functions. Traces come from the platform (`Tracing: Active`), not from an SDK."""

import logging

from aws_lambda_powertools.logging import Logger

# Powertools reads the level and the service name from the environment that Globals sets for every function.
logger = Logger(log_uncaught_exceptions=False, utc=True)

# boto at DEBUG prints request bodies, and with them secrets.
for _name in ("boto3", "botocore", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)
