"""Whose token this is: comments of that login are ours. An App is known by its id instead."""

from kaizen.github import reading
from kaizen.github.client import Github
from kaizen.github.comments import Author


def author(github: Github) -> Author:
    """The owner of the token. Raises GithubError."""
    return Author(login=reading.text(github.get("/user"), "login"))
