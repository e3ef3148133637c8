"""A token kept in SSM, such as that of a ServiceAccount."""

from kaizen.runtime.rotation import ReadSecret
from kaizen.runtime.secrets import SecretError, SecretMissingError
from sandbox_reaper.backend import BackendDeniedError, BackendUnavailableError


class StaticToken:
    """`parameter` names the SSM SecureString; `read` is kaizen.runtime.secrets.secret or a twin of it."""

    def __init__(self, parameter: str, read: ReadSecret) -> None:
        self._parameter = parameter
        self._read = read

    def token(self, *, fresh: bool = False) -> str:
        return secret_text(self._parameter, self._read, fresh=fresh)


def secret_text(parameter: str, read: ReadSecret, *, fresh: bool = False) -> str:
    """A secret without white space around it. Raises BackendError where it cannot be read."""
    try:
        return read(parameter, fresh=fresh).strip()
    except SecretMissingError as error:
        raise BackendDeniedError(str(error)) from error
    except SecretError as error:
        raise BackendUnavailableError(str(error)) from error
