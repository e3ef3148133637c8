"""What each answer of Slack means for the one question: may the message be posted again?"""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from unittest.mock import patch

import pytest

from kaizen.slack import errors
from kaizen.slack.address import is_loopback
from kaizen.slack.blocks import Message, section
from kaizen.slack.client import Bot, Poster, Webhook
from kaizen.slack.errors import (
    BlindError,
    RateLimitedError,
    RefusedError,
    SlackError,
    UnclearError,
    UnreachableError,
)
from tests.contract.digest_world import CHANNEL, TOKEN, WEBHOOK_PATH, Answer, FakeSlack

MESSAGE = Message((section("hello"),), "hello")
SINCE = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    made = FakeSlack()
    yield made
    made.close()


def bot(slack: FakeSlack, token: str = TOKEN) -> Bot:
    return Bot(token, CHANNEL, f"{slack.base}/api/")


def webhook(slack: FakeSlack) -> Webhook:
    return Webhook(slack.base + WEBHOOK_PATH, here=True)


def refusal(code: str) -> Answer:
    return Answer(body=json.dumps({"ok": False, "error": code}))


def test_a_bot_posts_with_its_key_and_threads(slack: FakeSlack) -> None:
    poster = bot(slack)
    lead = poster.post(MESSAGE, "key/0", "")
    poster.post(MESSAGE, "key/1", lead)
    first, second = slack.messages
    assert first["channel"] == CHANNEL
    assert (first["text"], first["blocks"]) == ("hello", [section("hello")])
    assert first["metadata"] == {"event_type": "kaizen_message", "event_payload": {"key": "key/0"}}
    assert first["unfurl_links"] is False
    assert second["thread_ts"] == lead
    assert poster.requests == {("chat.postMessage", "ok"): 2}


def test_a_webhook_gets_text_and_blocks_alone(slack: FakeSlack) -> None:
    poster = webhook(slack)
    assert poster.post(MESSAGE, "key", "") == ""
    sent = {name: value for name, value in slack.messages[0].items() if name != "ts"}
    assert sent == {
        "text": "hello", "blocks": [section("hello")], "unfurl_links": False, "unfurl_media": False,
    }  # fmt: skip
    with pytest.raises(BlindError):
        poster.find("key", SINCE, "")


def test_a_bot_finds_by_key_page_by_page(slack: FakeSlack) -> None:
    poster = bot(slack)
    lead = poster.post(MESSAGE, "key/0", "")
    reply = poster.post(MESSAGE, "key/1", lead)
    for number in range(5):
        poster.post(MESSAGE, f"other/{number}", "")
    assert poster.find("key/0", SINCE, "") == lead
    assert poster.find("key/1", SINCE, lead) == reply
    assert poster.find("key/1", SINCE, "") is None  # replies are not in the channel's history
    assert poster.find("missing", SINCE, "") is None
    assert poster.requests["conversations.history", "ok"] > 5


def test_a_history_without_end_is_given_up(slack: FakeSlack) -> None:
    poster = bot(slack)
    for number in range(12):
        slack._keep({"text": f"chat {number}"})
    with pytest.raises(BlindError, match="too long"):
        poster.find("key", SINCE, "")


CASES: list[tuple[str, Answer, type[SlackError], str]] = [
    ("both", Answer(status=429, headers={"Retry-After": "12"}), RateLimitedError, "ratelimited"),
    ("both", Answer(status=500, body="Oops!"), UnclearError, "http_500"),
    ("both", Answer(status=503, body=""), UnclearError, "http_503"),
    ("both", Answer(hang_up=True), UnclearError, "RemoteDisconnected"),
    ("both", Answer(status=200, body="<html>Welcome</html>"), UnclearError, "unexpected_answer"),
    ("both", Answer(status=200, body=""), UnclearError, "unexpected_answer"),
    ("both", Answer(status=404, body="<html>"), RefusedError, "http_404"),
    ("bot", refusal("ratelimited"), RateLimitedError, "ratelimited"),
    ("bot", refusal("fatal_error"), UnclearError, "fatal_error"),
    ("bot", refusal("internal_error"), UnclearError, "internal_error"),
    ("bot", refusal("not_in_channel"), RefusedError, "not_in_channel"),
    ("bot", refusal("channel_not_found"), RefusedError, "channel_not_found"),
    ("bot", refusal("invalid_auth"), RefusedError, "invalid_auth"),
    ("bot", refusal("something_new"), RefusedError, "something_new"),
    ("bot", refusal("Not a code, but xoxb-very-secret"), UnclearError, "unexpected_answer"),
    ("bot", Answer(body="[]"), UnclearError, "unexpected_answer"),
    ("webhook", Answer(status=404, body="no_service"), RefusedError, "no_service"),
    ("webhook", Answer(status=404, body="channel_not_found"), RefusedError, "channel_not_found"),
    ("webhook", Answer(status=410, body="channel_is_archived"), RefusedError, "channel_is_archived"),
    ("webhook", Answer(status=403, body="invalid_token"), RefusedError, "invalid_token"),
    ("webhook", Answer(status=400, body="invalid_payload"), RefusedError, "invalid_payload"),
    ("webhook", Answer(status=500, body="rollup_error"), UnclearError, "rollup_error"),
]


@pytest.mark.parametrize(
    ("kind", "answer", "error", "code"),
    [
        (kind, answer, error, code)
        for given, answer, error, code in CASES
        for kind in (("bot", "webhook") if given == "both" else (given,))
    ],
)
def test_answers(slack: FakeSlack, kind: str, answer: Answer, error: type[SlackError], code: str) -> None:
    poster: Poster = bot(slack) if kind == "bot" else webhook(slack)
    method = "chat.postMessage" if kind == "bot" else "webhook"
    slack.fault(method, answer)
    with pytest.raises(error) as caught:
        poster.post(MESSAGE, "key", "")
    assert type(caught.value) is error
    assert caught.value.code == code
    assert slack.calls == [method]  # once: nothing retries behind our back
    assert poster.requests == {(method, "ratelimited" if error is RateLimitedError else "error"): 1}
    assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize(("given", "seconds"), [("0", 1), ("7", 7), ("soon", 30), ("", 30), ("-5", 30)])
def test_the_pause_slack_wants(slack: FakeSlack, given: str, seconds: int) -> None:
    slack.fault("webhook", Answer(status=429, headers={"Retry-After": given}))
    with pytest.raises(RateLimitedError) as caught:
        webhook(slack).post(MESSAGE, "key", "")
    assert caught.value.retry_after == seconds


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = f"http://127.0.0.1:{port}"
    for poster in (Bot(TOKEN, CHANNEL, f"{here}/api/"), Webhook(f"{here}/x", here=True)):
        with pytest.raises(UnreachableError, match="no connection"):
            poster.post(MESSAGE, "key", "")


@pytest.mark.parametrize(
    "error", [TimeoutError(), ConnectionResetError(), HTTPException(), UnicodeDecodeError("x", b"", 0, 1, "")]
)
def test_what_breaks_in_the_midst_is_unclear(slack: FakeSlack, error: Exception) -> None:
    for poster in (bot(slack), webhook(slack)):
        with patch("urllib.request.OpenerDirector.open", side_effect=error), pytest.raises(UnclearError):
            poster.post(MESSAGE, "key", "")


def test_a_wrong_token_is_refused_with_a_sentence(slack: FakeSlack) -> None:
    with pytest.raises(RefusedError, match="does not accept the bot token"):
        bot(slack, "xoxb-other").post(MESSAGE, "key", "")


def test_a_look_up_without_the_scope_is_blind(slack: FakeSlack) -> None:
    slack.fault("conversations.history", refusal("missing_scope"), refusal("channel_not_found"))
    with pytest.raises(BlindError):
        bot(slack).find("key", SINCE, "")
    with pytest.raises(RefusedError):
        bot(slack).find("key", SINCE, "")


def test_every_sentence_tells_what_to_do() -> None:
    for code, sentence in errors._SENTENCES.items():
        assert len(sentence) > 20, code
        assert not sentence.endswith("."), code


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://hooks.slack.com/services/T0/B0/x", True),
        ("https://hooks.slack.com:443/services/T0/B0/x", True),
        ("https://hooks.slack-gov.com/services/T0/B0/x", True),
        ("http://127.0.0.1:4501/services/x", False),
        ("http://localhost:4501/services/x", False),
        ("https://127.0.0.1/services/x", False),
        ("https://localhost/services/x", False),
        ("https://slack.localhost/services/x", False),
        ("https://metadata.google.internal/x", False),
        ("https://169.254.169.254/latest", False),
        ("https://2130706433/x", False),
        ("https://0x7f.1/x", False),
        ("https://10.0.0.0x1/x", False),
        ("https://[::1]/x", False),
        ("https://[fe80::1%25eth0]/x", False),
        ("https://hooks.slack.com@127.0.0.1/x", False),
        ("https://user@hooks.slack.com/x", False),
        ("https://hooks.slack.com:9001/x", False),
        ("http://hooks.slack.com/services/x", False),
        ("https://", False),
        ("https://exa mple.org/", False),
        ("https://[bad/", False),
        ("file:///etc/passwd", False),
        ("hooks.slack.com/services/x", False),
        ("https://hooks.slack.com/services/x\n", False),
    ],
)
def test_addresses(address: str, good: bool) -> None:
    if good:
        Webhook(address)
        return
    with pytest.raises(RefusedError) as caught:
        Webhook(address)
    assert address not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("http://127.0.0.1:4501/services/x", True),
        ("http://localhost:4501/services/x", True),
        ("http://[::1]:4501/services/x", True),
        ("http://10.0.0.1/services/x", False),
        ("http://hooks.slack.com/services/x", False),
        ("http://127.0.0.1@example.org/x", False),
    ],
)
def test_addresses_of_this_machine_are_for_the_local_stack_alone(address: str, good: bool) -> None:
    assert is_loopback(address) is good
    if good:
        Webhook(address, here=True)
        return
    with pytest.raises(RefusedError):
        Webhook(address, here=True)


class Elsewhere(BaseHTTPRequestHandler):
    """Another host, which a redirect leads to: it says that all is well, and keeps what it was sent."""

    heard: list[str]

    def do_GET(self) -> None:
        self.heard.append(f"{self.command} {self.headers.get('Authorization')}")
        body = b"ok" if "plain" in self.path else b'{"ok": true, "ts": "1.1"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - http.server's name

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    heard: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Elsewhere,), {"heard": heard}))
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", heard
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_refusal_and_nobody_else_gets_the_token(
    slack: FakeSlack, elsewhere: tuple[str, list[str]], status: int
) -> None:
    """Before, the SDK followed a 302 with the bot token, and a page behind it that said `ok` counted as posted."""
    address, heard = elsewhere
    for method, poster, path in (("chat.postMessage", bot(slack), "/json"), ("webhook", webhook(slack), "/plain")):
        slack.fault(method, Answer(status=status, headers={"Location": address + path}))
        with pytest.raises(RefusedError) as caught:
            poster.post(MESSAGE, "key", "")
        assert caught.value.code == f"http_{status}"
        assert poster.requests == {(method, "error"): 1}
    slack.fault("conversations.history", Answer(status=status, headers={"Location": f"{address}/json"}))
    with pytest.raises(RefusedError):
        bot(slack).find("key", SINCE, "")
    assert heard == []
