"""A slash command as Slack posts it. Pure.

https://docs.slack.dev/interactivity/implementing-slash-commands
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

MOST_BYTES = 64 * 1024
VERBS = ("subscribe", "unsubscribe", "list", "summary", "ticket", "help")
_ID = re.compile(r"[A-Z][A-Z0-9]{2,20}")


class RequestError(Exception):
    """The request is at fault; `status` and the message go to the caller, who is not Slack then."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody typed, and where. `verb` is `help` for nothing and for what is no verb; `given` is the word.

    `response_url` takes answers for 30 minutes, five at most: whoever has it can write into the channel.
    """

    channel: str
    user: str
    verb: str
    rest: str
    given: str
    response_url: str


def read_command(body: bytes, content_type: str) -> Command | None:
    """The command; None for Slack's check of the certificate. Raises RequestError 400, 413 or 415."""
    if len(body) > MOST_BYTES:
        raise RequestError(413, f"the body is larger than {MOST_BYTES} bytes")
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise RequestError(415, "send application/x-www-form-urlencoded")
    try:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50))
    except ValueError as error:
        raise RequestError(400, "the form cannot be read") from error
    if form.get("ssl_check") == "1":
        return None
    channel, user = form.get("channel_id", ""), form.get("user_id", "")
    for name, value in (("channel_id", channel), ("user_id", user)):
        if not _ID.fullmatch(value):
            raise RequestError(400, f"the field {name} is missing or malformed")
    if not (response_url := form.get("response_url", "")):
        raise RequestError(400, "the field response_url is missing")
    word, *more = form.get("text", "").split(None, 1) or [""]  # a line break or a hard space parts words, too
    rest, verb = "".join(more), word.lower()
    return Command(channel, user, verb if verb in VERBS else "help", rest.strip(), word, response_url)
