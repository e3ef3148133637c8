"""What the API server may answer that callers of the client treat in their own way. The rest is BackendError."""

from sandbox_reaper.backend import BackendError


class MissingError(BackendError):
    """404. `kind` and `name` are what the API server says is not there; both are "" where it was not its answer."""

    def __init__(self, message: str, kind: str, name: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.name = name


class ConflictError(BackendError):
    """409 with the reason Conflict: the object is not any more what it was when it was read. Nothing was changed."""


class ExpiredError(BackendError):
    """410: the list that was being paged through is no longer kept. It can be started again."""
