"""Secrets by reference: SSM SecureString parameters, cached for minutes."""

from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from aws_lambda_powertools.utilities.parameters.ssm import get_parameter

CACHE_SECONDS = 300


class SecretError(Exception):
    """The parameter store does not answer, or holds no such parameter. A retry may cure it."""


def secret(parameter: str, *, fresh: bool = False) -> str:
    """The decrypted value; `fresh` asks the store again even when the cache is young. Raises SecretError."""
    try:
        value = get_parameter(parameter, decrypt=True, max_age=CACHE_SECONDS, force_fetch=fresh)
    except GetParameterError as error:
        # The cause carries the AWS error; never the value.
        raise SecretError(f"cannot read the secret parameter {parameter}") from error
    if not isinstance(value, str) or not value:
        raise SecretError(f"the secret parameter {parameter} is empty")
    return value
