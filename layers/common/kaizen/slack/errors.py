"""What can go wrong between us and Slack, sorted by the one question that counts: may the message be posted again?

The sentences are for the person who set up the channel. They never hold a token, an address or a message.
"""


class SlackError(Exception):
    """A call to Slack failed; `code` is Slack's own word for it, or ours where Slack said none."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{sentence} ({code})")
        self.code = code


class RefusedError(SlackError):
    """Slack said no: nothing was posted, and nothing will be until someone mends the cause."""


class RateLimitedError(SlackError):
    """Slack wants a pause of `retry_after` seconds: nothing was posted."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited", f"Slack wants {retry_after} seconds of pause")
        self.retry_after = retry_after


class UnreachableError(SlackError):
    """No connection came about: nothing was posted, a later attempt may succeed."""


class UnclearError(SlackError):
    """The call went out and its outcome is not known: it may have been posted."""


class BlindError(SlackError):
    """Nobody can look whether a message has arrived: a webhook reads nothing, a bot may lack the scope."""


# Answers after which the message may be there all the same: https://docs.slack.dev/reference/methods/chat.postMessage
UNCLEAR_CODES = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable", "rollup_error"})

_BOT = "Slack does not accept the bot token: write a valid one to its SSM parameter"
_HOOK = "Slack knows no such Incoming Webhook: create a new one and write its address to its SSM parameter"
_ARCHIVED = "the channel is archived: unarchive it, or name another one in the policy"
_NOT_ALLOWED = "the workspace does not let this app post to the channel: ask its administrator"
_TOO_BIG = "Slack finds the message too big or malformed: this is a fault of the digest, please report it"

_SENTENCES = {
    "account_inactive": "the bot's user or workspace is gone: install the app again and renew the token",
    "action_prohibited": _NOT_ALLOWED,
    "cant_update_message": "the message is not this app's, or was posted by a webhook: it cannot be edited",
    "channel_is_archived": _ARCHIVED,
    "channel_not_found": "there is no such channel, or the app cannot see it: check the id, and invite the app to it",
    "ekm_access_denied": _NOT_ALLOWED,
    "expired_url": "the command was typed more than 30 minutes ago: type it again",
    "invalid_address": "the SSM parameter of the Incoming Webhook holds no https address",
    "invalid_auth": _BOT,
    "invalid_blocks": _TOO_BIG,
    "edit_window_closed": "the workspace lets no message of that age be edited",
    "invalid_payload": _TOO_BIG,
    "invalid_token": _HOOK,
    "is_archived": _ARCHIVED,
    "message_not_found": "the message is gone: somebody deleted it",
    "missing_scope": "the app lacks a permission: add chat:write and channels:history, and install it again",
    "msg_blocks_too_long": _TOO_BIG,
    "msg_too_long": _TOO_BIG,
    "no_active_hooks": _HOOK,
    "no_permission": _NOT_ALLOWED,
    "no_service": _HOOK,
    "no_service_id": _HOOK,
    "no_team": "the workspace of the Incoming Webhook is gone: create a new one elsewhere",
    "no_text": _TOO_BIG,
    "not_authed": _BOT,
    "not_in_channel": "the app is no member of the channel: invite it there with /invite",
    "org_login_required": _NOT_ALLOWED,
    "posting_to_general_channel_denied": _NOT_ALLOWED,
    "restricted_action": _NOT_ALLOWED,
    "restricted_action_read_only_channel": _NOT_ALLOWED,
    "team_access_not_granted": "the app is not installed in the channel's workspace: install it there",
    "team_disabled": "the workspace is disabled",
    "token_expired": _BOT,
    "token_revoked": _BOT,
    "user_not_found": "the person behind the Incoming Webhook is gone: create a new one",
}


def refused(code: str) -> RefusedError:
    """The error for Slack's own code."""
    return RefusedError(code, _SENTENCES.get(code, "Slack refused the call"))
