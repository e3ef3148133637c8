"""Secrets by reference: SSM SecureString parameters, cached for minutes."""

from functools import cache

from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from aws_lambda_powertools.utilities.parameters.ssm import SSMProvider
from botocore.exceptions import ClientError

from kaizen.runtime.clients import Limits, client

CACHE_SECONDS = 300
# A request waits for the secret: give up while there is still time to say so.
LIMITS = Limits(connect=2, read=3, attempts=2)


class SecretError(Exception):
    """The parameter store does not answer. A retry may cure it."""


class SecretMissingError(SecretError):
    """The parameter store has no such parameter, or an empty one: an operator must create it."""


@cache
def _provider() -> SSMProvider:
    return SSMProvider(boto3_client=client("ssm", LIMITS))


def secret(parameter: str, *, fresh: bool = False) -> str:
    """The decrypted value; `fresh` asks the store again even when the cache is young.

    Raises SecretMissingError or SecretError; neither ever holds the value.
    """
    try:
        value = _provider().get(parameter, decrypt=True, max_age=CACHE_SECONDS, force_fetch=fresh)
    except GetParameterError as error:
        if _not_found(error.__context__):  # Powertools keeps the AWS error as context only
            raise SecretMissingError(f"there is no secret parameter {parameter}") from error
        raise SecretError(f"cannot read the secret parameter {parameter}") from error
    if not isinstance(value, str) or not value:
        raise SecretMissingError(f"the secret parameter {parameter} is empty")
    return value


def where_set(parameter: str) -> str | None:
    """The parameter's name; None where there is no such secret, for one that may be left out. Raises SecretError."""
    try:
        secret(parameter)
    except SecretMissingError:
        return None
    return parameter


def _not_found(error: BaseException | None) -> bool:
    return isinstance(error, ClientError) and error.response["Error"]["Code"] == "ParameterNotFound"
