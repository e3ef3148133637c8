"""What people do in Slack: press a button, type a command. Signed and posted to the app's doors as Slack does it.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
https://docs.slack.dev/interactivity/implementing-slash-commands
"""

import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

TEAM = "T0LOCAL"
USER, USER_NAME = "U0PERSON", "person"
WAIT_SECONDS = 30  # Slack waits for 3; here a function may start in that time, on a busy machine


@dataclass(frozen=True, slots=True)
class Answered:
    """What the app's door said. Slack shows the person an error for anything but 200."""

    status: int
    body: str


def press(address: str, secret: str, message: Mapping[str, Any], action: Mapping[str, str], user: str) -> Answered:
    """A press of a button of a message: `action` has the button's action_id and value."""
    now = time.time()
    payload = {
        "type": "block_actions",
        "user": {"id": user, "username": USER_NAME, "name": USER_NAME, "team_id": TEAM},
        "api_app_id": "A0LOCAL",
        "token": "not-used-any-more",
        "container": {
            "type": "message", "message_ts": message["ts"], "channel_id": message["channel"], "is_ephemeral": False,
        },
        "trigger_id": f"{int(now * 1000)}.{hashlib.sha256(action['action_id'].encode()).hexdigest()[:12]}",
        "team": {"id": TEAM, "domain": "local"},
        "channel": {"id": message["channel"], "name": "local"},
        "message": {"type": "message", "ts": message["ts"], "text": message.get("text", "")}
        | ({"thread_ts": message["thread_ts"]} if message.get("thread_ts") else {}),
        "response_url": f"https://hooks.slack.com/actions/{TEAM}/1/local",
        "actions": [
            {
                "type": "button", "action_id": action["action_id"], "block_id": "local",
                "value": action.get("value", ""), "action_ts": f"{now:.6f}",
                "text": {"type": "plain_text", "text": "button", "emoji": True},
            }
        ],
    }  # fmt: skip
    return _post(f"{address}/slack/interaction", secret, {"payload": json.dumps(payload)})


def say(address: str, secret: str, channel: str, text: str, user: str, response_url: str) -> Answered:
    """`/kaizen text` in a channel."""
    form = {
        "token": "not-used-any-more", "team_id": TEAM, "team_domain": "local", "channel_id": channel,
        "channel_name": "local", "user_id": user, "user_name": USER_NAME, "command": "/kaizen", "text": text,
        "api_app_id": "A0LOCAL", "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": f"{int(time.time() * 1000)}.1",
    }  # fmt: skip
    return _post(f"{address}/slack/command", secret, form)


def _post(url: str, secret: str, form: Mapping[str, str]) -> Answered:
    body, stamp = urlencode(form).encode(), str(int(time.time()))
    mac = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={mac}",
    }
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=WAIT_SECONDS)
    try:
        connection.request("POST", parts.path, body, headers)
        response = connection.getresponse()
        return Answered(response.status, response.read().decode())
    finally:
        connection.close()
