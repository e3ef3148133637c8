"""What Grafana answers when it does not do what it was asked, sorted by what an operator has to do about it."""


class GrafanaError(Exception):
    """Grafana did not do it. `kind` is a word for programs; the message never holds the token or the address."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class UnauthorizedError(GrafanaError):
    """401: the token is wrong, expired or revoked. Nothing else can be read either."""


class ForbiddenError(GrafanaError):
    """403: the token may not see this."""


class NotFoundError(GrafanaError):
    """404: there is no such thing."""


class ElsewhereError(GrafanaError):
    """406: it is a dashboard of schema v2, which Grafana gives at `path` instead."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__("refused", message)
        self.path = path
