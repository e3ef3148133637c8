"""How a deployment stands on GitHub right now: one request, before anybody is woken.

GitHub sends no webhook when a deployment becomes inactive; a page for one that is long gone would be the commonest.
"""

from collections.abc import Callable, Iterable

from canary_monitor.group import Canary, Group, Status
from canary_monitor.monitor import UnreadError
from kaizen.github.client import Github
from kaizen.github.deployments import latest_statuses
from kaizen.github.errors import ForbiddenError, GithubError, NotFoundError
from kaizen.runtime.secrets import SecretError, SecretMissingError
from kaizen.runtime.settings import SettingsError

NOT_SET_UP = "no access to GitHub is set up"


def rereader(github: Callable[[], Github]) -> Callable[[Group, Canary], Iterable[Status]]:
    """`github` makes the client; what it raises is told in the page."""

    def reread(group: Group, canary: Canary) -> list[Status]:
        try:
            found = latest_statuses(github(), group.repository, canary.deployment)
        except SecretMissingError as error:
            raise UnreadError(NOT_SET_UP) from error
        except SecretError as error:
            raise UnreadError("the token cannot be read") from error
        except NotFoundError as error:
            raise UnreadError("GitHub knows no such deployment, or does not show it to us") from error
        except ForbiddenError as error:
            raise UnreadError("the token may not read deployments") from error
        except GithubError as error:
            raise UnreadError("GitHub did not answer") from error
        except SettingsError as error:
            raise UnreadError("access to GitHub is only half set up") from error
        return [
            Status(canary.deployment, canary.created_at, each.state, each.created_at, url=each.log_url)
            for each in found
            if each.environment in ("", group.environment)  # a deployment may be promoted: each environment has its own
        ]

    return reread
