"""What GitHub answers when it does not do what it was asked, sorted by what helps."""


class GithubError(Exception):
    """GitHub did not do it. `status` is 0 where there was no answer; the message never holds a token."""

    retryable = False

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"GitHub answered {status}: {message}" if status else message)
        self.status = status


class NotFoundError(GithubError):
    """404 or 410: there is no such thing, or these credentials may not know of it."""


class UnauthorizedError(GithubError):
    """401: the token is wrong, expired or revoked."""


class ForbiddenError(GithubError):
    """403 that is no rate limit: a permission is missing, or a check run was asked for without a GitHub App."""


class UnprocessableError(GithubError):
    """422: GitHub refuses the content. A retry gets the same."""


class RefusedError(GithubError):
    """Another 4xx, or a redirect that is not followed."""


class RateLimitedError(GithubError):
    """A primary or secondary limit; `wait` is in seconds, at least 1."""

    retryable = True

    def __init__(self, status: int, message: str, wait: int) -> None:
        super().__init__(status, f"{message} (again in {wait} s)")
        self.wait = wait


class UnavailableError(GithubError):
    """5xx, a time-out, or an answer that cannot be read. Whether a change took effect is unknown."""

    retryable = True


class TooLongError(ValueError):
    """What was to be sent is longer than GitHub takes. Cut it before."""


class TooLargeFileError(Exception):
    """The file is larger than the caller wants to read."""


class NotAFileError(Exception):
    """There is a folder, a submodule or a link to nowhere under this path."""
