"""The messages of one digest, posted in order; an interrupted digest goes on where it stopped."""

from collections.abc import Callable, Sequence

from kaizen.slack.client import Channel
from kaizen.slack.messages import Message


def post_all(
    channel: Channel,
    messages: Sequence[Message],
    key: str,
    *,
    posted: int = 0,
    thread: str = "",
    look_first: bool = False,
    advance: Callable[[int, str], None] = lambda posted, thread: None,
) -> None:
    """Post what follows the first `posted` messages, and call `advance` after each. Raises SlackError.

    `look_first`: an earlier run may have posted the next message without living to tell, so it is looked for.
    """
    for index in range(posted, len(messages)):
        name = f"{key}/{index}"
        ts = channel.find(name, thread) if look_first and index == posted else None
        if ts is None:
            ts = channel.post(messages[index], name, thread)
        thread = thread or ts
        advance(index + 1, thread)
