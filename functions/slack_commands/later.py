"""Commands whose answer may take longer than Slack's 3 s, and how they wait in a queue for it. Pure.

What they cost grows with the number of open tickets. Slack is told at once that the command has come, and shows the
answer that follows to the command's own `response_url`.
"""

import json
from dataclasses import asdict

from slack_commands.request import Command

_VERBS = ("summary", "ticket")


class LetterError(Exception):
    """The message is none of ours, which no retry cures."""


def may_take_long(command: Command) -> bool:
    return command.verb in _VERBS


def written(command: Command) -> str:
    return json.dumps(asdict(command))


def read(body: str) -> Command:
    """Raises LetterError."""
    try:
        given = json.loads(body)
        return Command(**{name: str(value) for name, value in given.items()})
    except (AttributeError, TypeError, ValueError) as error:
        raise LetterError(f"not a command that waits: {type(error).__name__}") from error
