"""What GitHub tells us, a module for each kind of thing it tells about."""

from kaizen.events.detail import MalformedEventError
from kaizen.events.github.issue import GithubIssue

__all__ = ["SOURCE", "GithubIssue", "MalformedEventError"]

SOURCE = "kaizen.github"
