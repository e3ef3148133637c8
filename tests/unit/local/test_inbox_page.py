"""The inbox shows what Slack would make of a message, and nothing that a message could smuggle into the page."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.outside.slack.mrkdwn import mrkdwn
from local.outside.slack.show import inbox
from local.outside.slack.workspace import Workspace

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
_TAG = re.compile(r"</?([a-z]+)[^<>]*>")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*bold* _it_ ~gone~", "<b>bold</b> <i>it</i> <s>gone</s>"),
        ("2*3*4 a_b_c", "2*3*4 a_b_c"),
        ("`*as it is*`", "<code>*as it is*</code>"),
        ("a &lt;b&gt; &amp; c", "a &lt;b&gt; &amp; c"),
        ("<https://example.org/?a=1&amp;b=2|a link>",
         '<a href="https://example.org/?a=1&amp;b=2" rel="noreferrer">a link</a>'),
        ("<!channel> <@U1>", "<mark>@channel</mark> <mark>@U1</mark>"),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        (":red_circle: :no_such:", '<span class="lamp red">🔴</span> :no_such:'),
        ("🟢 `🟢`", '<span class="lamp green">🟢</span> <code>🟢</code>'),
        ("⏸️ paused", '<span class="lamp pause">⏸️</span> paused'),
    ],
)  # fmt: skip
def test_markup(text: str, shown: str) -> None:
    assert mrkdwn(text, NOW) == shown


def test_dates_are_shown_in_the_readers_words() -> None:
    stamp = int((NOW + timedelta(days=1, hours=2)).timestamp())
    shown = mrkdwn(f"<!date^{stamp}^due {{date_short_pretty}} {{time}}|later>", NOW)
    assert shown == '<time datetime="2026-03-21T14:00:00+00:00" title="later">due tomorrow 14:00</time>'
    assert mrkdwn("<!date^x^{time}|some time>", NOW) == "some time"


@given(st.text(st.sampled_from(list("<>&\"'|!@#*_~`:🔴⏸\ue0000 a/\n")) | st.characters(), max_size=60))
def test_no_text_makes_markup_of_its_own(text: str) -> None:
    shown = mrkdwn(text, NOW)
    assert {tag[1] for tag in _TAG.finditer(shown)} <= {
        "a", "b", "blockquote", "code", "i", "mark", "s", "span", "time",
    }  # fmt: skip
    assert "<" not in _TAG.sub("", shown)
    assert 'href="javascript' not in shown
    assert "\ue000" not in shown


def test_a_message_and_a_refusal_on_the_page() -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "<b>Digest</b>"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Component: api*"}},
    ]
    posted = {"channel": "C0123456", "ts": f"{NOW.timestamp():.6f}", "blocks": blocks}
    page = inbox([posted, posted | {"thread_ts": posted["ts"], "blocks": [], "text": "a reply"}], ["too <long>"], NOW)
    assert "<h2>&lt;b&gt;Digest&lt;/b&gt;</h2>" in page
    assert "<b>Component: api</b>" in page
    assert "C0123456 · 12:00:00" in page
    assert page.index('<article class="reply">') < page.index("a reply") < page.index("too &lt;long&gt;")
    assert "Nothing has been posted yet" in inbox([], [], NOW)


def test_what_alertmanager_posts_is_shown() -> None:
    """Attachments and nothing else; without those either, Slack wants a text."""
    workspace = Workspace("token")
    attachment = {"title": "Canary deployment exceeded time budget", "text": "Canary deployment 7 has been running"}
    body = json.dumps({"channel": "", "username": "Alertmanager", "attachments": [attachment]}).encode()
    assert workspace.webhook(body).status == 200
    shown = inbox(workspace.listed(), workspace.refused, NOW)
    assert "<b>Canary deployment exceeded time budget</b>" in shown
    assert "Canary deployment 7 has been running" in shown
    assert workspace.webhook(b'{"attachments": []}').body == "no_text"
