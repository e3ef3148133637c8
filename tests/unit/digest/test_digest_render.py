"""The digest as text: every ticket counted, every limit kept, whatever the titles say."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from kaizen.digest.render import MAX_MESSAGES, render
from kaizen.digest.wording import TITLE
from kaizen.mttr import ALL
from kaizen.slack.blocks import MAX_BLOCKS, MAX_MESSAGE, MAX_SECTION, Message
from kaizen.slack.escape import ZERO_WIDTH, units
from kaizen.tickets import Ticket
from tests import block_kit
from tests.effort import examples
from tests.unit.digest.samples import HOUR, NOW, board_of, resolved, route, ticket, windows

LAMPS = ("🟢", "🟠", "🔴", "⏸️", "⚪")
HOSTILE = [
    "<!channel> <@U0123> @here #general",
    "]]> </title><script>alert(1)</script>",
    "&lt; &amp; & < > &&&&&&&&&&&&&&&&&&&&&&&&&&" * 12,
    "*bold* _italic_ ~struck~ `code` ```block```",
    "مرحبا \u202e\u2067 بالعالم",
    "😀" * 10_000,
    "👨\u200d👩\u200d👧\u200d👦" * 2_000,
    "Z" + "\u0300" * 5_000,
    "\x00\x07\x1b[31m\r\n\n\nline\u2028two",
    "\ud800 lone \ufffe\uffff",
    "<https://evil.example|https://github.com/login>",
    "<!date^0^{date}|x> :rotating_light: |pipe|",
    "x" * 100_000,
    "",
    " \u200b \ufeff ",
    '"quotes" \\ back\\slashes' * 40,
]


def sections(messages: Sequence[Message]) -> list[str]:
    return [block["text"]["text"] for each in messages for block in each.blocks if block["type"] == "section"]


def lines(messages: Sequence[Message]) -> list[str]:
    return "\n".join(sections(messages)).split("\n")


def total(messages: Sequence[Message]) -> int:
    found = re.search(r"\*(\d+) open\*", sections(messages)[0])
    return int(found[1]) if found else 0


def check(messages: Sequence[Message], tickets: Sequence[Ticket]) -> None:
    """Slack takes each message, and the numbers agree."""
    assert 1 <= len(messages) <= MAX_MESSAGES
    for message in messages:
        assert len(message.blocks) <= MAX_BLOCKS
        assert block_kit.faults(message.blocks) == []
        assert units(json.dumps(message.blocks, ensure_ascii=False, separators=(",", ":"))) <= MAX_MESSAGE
        assert units(message.text) <= MAX_MESSAGE
        json.dumps(message.blocks).encode()
        for block in Block.parse_all(list(message.blocks)):
            block.validate_json()
    shown = [line for line in lines(messages) if line.startswith(LAMPS)]
    more = sum(int(found) for found in re.findall(r"^\+(\d+) more", "\n".join(lines(messages)), re.MULTILINE))
    assert total(messages) == len(tickets)
    assert len(shown) + more == len(tickets)
    plain = "\n".join(message.text for message in messages).split("\n")
    assert len([line for line in plain if line.startswith(LAMPS)]) == len(shown)
    for text in (*sections(messages), *(message.text for message in messages)):
        assert units(text) <= MAX_MESSAGE
        # What is between < and > is ours: links to the tickets, dates.
        for tag in re.findall(r"<[^>]*>?", text):
            assert re.fullmatch(
                r"<(https?://[!-~]+\|[^|<>]+|!date\^\d+\^\{date_short_pretty\} \{time\}\|[^|<>]+)>", tag
            )
        assert not re.search(r"&(?!(amp|lt|gt);)", text)
    assert all(units(text) <= MAX_SECTION for text in sections(messages))


hostile_titles = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=300))
some_tickets: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    left=st.floats(-200, 24),
    title=hostile_titles,
    component=st.sampled_from(["api", "web", "data", "infra", "other", "unassigned", "left_the-policy", "*x*"]),
    severity=st.sampled_from(["sev1", "sev2", "sev3", "sev4", "unknown", "gone"]),
    labels=st.sampled_from([(), ("blocked",), ("BLOCKED", "bug")]),
    assignees=st.lists(st.sampled_from(["octo-dev", "a" * 39, "octo-ops"]), max_size=20).map(tuple),
    repository=st.sampled_from(["o/r", "example-org/shop", "o" * 39 + "/" + "_" * 100]),
    url=st.sampled_from(["https://github.com/o/r/issues/1", "https://x.org/a|b>c?d=1&e=2", "https://x/" + "é" * 900]),
)


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(some_tickets, max_size=12), st.integers(0, 500))
def test_any_number_of_tickets_with_any_titles(kinds: list[dict[str, Any]], count: int) -> None:
    tickets = [ticket(number, **kinds[number % len(kinds)]) for number in range(1, count + 1)] if kinds else []
    given_windows = windows(*(resolved(name, [HOUR] * 7, [2 * HOUR]) for name in ("api", "web", ALL)))
    check(render(board_of(*tickets, given=given_windows)), tickets)


@pytest.mark.parametrize("title", HOSTILE)
def test_five_hundred_tickets_with_one_hostile_title(title: str) -> None:
    tickets = [ticket(number, number / 30, title=title) for number in range(1, 501)]
    check(render(board_of(*tickets)), tickets)


def test_five_hundred_components() -> None:
    tickets = [ticket(number, number / 30, component=f"component-{number}") for number in range(1, 501)]
    messages = render(board_of(*tickets))
    check(messages, tickets)
    assert re.search(r"^\+\d+ more, in \d+ other components: component-", "\n".join(lines(messages)), re.MULTILINE)


@pytest.mark.parametrize("count", [0, 1, 2, 20, 49, 50, 51, 99, 100, 200, 499, 500])
def test_plain_counts(count: int) -> None:
    tickets = [ticket(number, number / 30 - 2, component=f"c{number % 7}") for number in range(1, count + 1)]
    check(render(board_of(*tickets)), tickets)


def test_what_is_cut_is_the_least_urgent() -> None:
    tickets = [ticket(number, number / 25, title="T" * 200, component=f"c{number % 3}") for number in range(1, 501)]
    messages = render(board_of(*tickets))
    shown = {int(found) for found in re.findall(r"\|example-org/shop#(\d+)>:", "\n".join(sections(messages)))}
    assert 0 < len(shown) < 500
    assert shown == set(range(1, len(shown) + 1))
    assert len(messages) == MAX_MESSAGES


def test_hidden_breaches_are_counted() -> None:
    tickets = [ticket(number, -number / 30, title="T" * 250) for number in range(1, 501)]
    text = "\n".join(lines(render(board_of(*tickets))))
    (hidden, breached) = re.findall(r"^\+(\d+) more, (\d+) of them breached$", text, re.MULTILINE)[0]
    assert hidden == breached


def test_the_lines_of_a_digest() -> None:
    tickets = [
        ticket(1, 3.9, title="Checkout returns 502", assignees=("octo-dev", "octo-ops")),
        ticket(2, -5.2, severity="sev2", assignees=()),
        ticket(3, 20, labels=("blocked",), component="web"),
        ticket(4, 10.5, component="web", title="A & B"),
    ]
    given_windows = windows(
        resolved("api", [HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 10 * HOUR], [8 * HOUR]),
        resolved(ALL, [HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 10 * HOUR], [4 * HOUR]),
    )
    (message,) = render(board_of(*tickets, given=given_windows))
    header, lead, legend, *_ = message.blocks
    assert header["text"] == {"type": "plain_text", "text": TITLE, "emoji": True}
    assert lead["text"]["text"] == "*4 open* · *1 breached* · *1 paused*"
    assert legend["elements"][0]["text"].startswith(
        "As of <!date^1772442000^{date_short_pretty} {time}|2026-03-02 09:00 UTC>"
    )
    day, indent = "{date_short_pretty} {time}", "\u2003\u2003"
    base = "https://github.com/example-org/shop/issues"
    assert sections([message])[1:] == [
        "*Component: api* · 2 open · 1 breached\n"
        f"🔴 <{base}/2|example-org/shop#2>: Checkout returns 502 - "
        f"*SLA: breached since <!date^1772423280^{day}|2026-03-02 03:48 UTC> (5h 12m over)*\n"
        f"{indent}sev2 · unassigned\n"
        f"🔴 <{base}/1|example-org/shop#1>: Checkout returns 502 - *SLA: 3h remaining*\n"
        f"{indent}sev2 · octo-dev, octo-ops · due <!date^1772456040^{day}|2026-03-02 12:54 UTC>",
        "*Component: web* · 2 open · 1 paused\n"
        f"🟠 <{base}/4|example-org/shop#4>: A &amp; B - SLA: 10h remaining\n"
        f"{indent}sev2 · octo-dev · due <!date^1772479800^{day}|2026-03-02 19:30 UTC>\n"
        f"⏸️ <{base}/3|example-org/shop#3>: Checkout returns 502 - SLA: 24h remaining, paused\n"
        f"{indent}sev2 · octo-dev",
        "*MTTR, last 30 days* (against the 30 days before)\n"
        "• *api*: mean 4h · median 3h · p90 7h 36m · n = 5 · 50% faster\n"
        "• *web*: no completed tickets in 30 days\n"
        "• *all*: mean 4h · median 3h · p90 7h 36m · n = 5 · steady\n"
        "_Wall time from opening to the last close as completed; the same exact counts as the metric and the feed._",
    ]
    assert message.text.startswith(
        "Daily Kaizen Ticket Digest: 4 open, 1 breached, 1 paused\nAs of 2026-03-02 09:00 UTC\n"
    )
    assert (
        "🟠 example-org/shop#4: A &amp; B - SLA: 10h remaining\n"
        f"{indent}sev2 · octo-dev · due 2026-03-02 19:30 UTC · {base}/4\n"
    ) in message.text
    assert not re.search(r"[*<>{}]", message.text.replace(ZERO_WIDTH, ""))


def test_exactly_due_is_not_breached() -> None:
    (message,) = render(board_of(ticket(left=0)))
    assert "🔴" in sections([message])[1]
    assert "SLA: 0h remaining" in sections([message])[1]


def test_less_than_a_minute_is_escaped() -> None:
    late, quick = ticket(left=-1 / HOUR), windows(resolved("api", [5]))
    (message,) = render(board_of(late, given=quick))
    assert "(&lt;1m over)*" in sections([message])[1]
    assert "mean &lt;1m · median &lt;1m" in message.text


def test_few_samples_and_slower() -> None:
    given_windows = windows(resolved("api", [2 * HOUR] * 4, [HOUR]), resolved(ALL, [2 * HOUR] * 4, [HOUR]))
    (message,) = render(board_of(given=given_windows))
    assert "• *api*: mean 2h · median 2h · p90 2h · n = 4 · few samples · 100% slower" in lines([message])


def test_nothing_open() -> None:
    (message,) = render(board_of())
    assert sections([message])[0] == "🎉 *No open tickets*"
    assert message.text.startswith("Daily Kaizen Ticket Digest: no open tickets\n")
    assert "• *all*: no completed tickets in 30 days" in lines([message])


def test_no_target_says_so_and_business_time_is_named() -> None:
    (message,) = render(board_of(ticket(1, 24, severity="sev3")))
    assert "SLA: 24h remaining (working time)" in message.text
    (message,) = render(board_of(ticket(1, -2, severity="sev4", labels=("blocked",))))
    assert "(working time), paused" in message.text
    # Two weeks of eight hours a day, less the target of 24: in hours, for a day of working time is no 24 hours.
    (message,) = render(board_of(ticket(1, severity="sev3", opened_at=NOW - timedelta(days=14))))
    assert "(56h of working time over)" in message.text


def test_times_are_in_the_route_s_zone_where_slack_cannot_localise() -> None:
    (message,) = render(board_of(ticket(), to=route(zone="America/New_York")))
    assert "As of 2026-03-02 04:00 EST" in message.text


def test_many_windows_are_cut_and_counted() -> None:
    names = [f"c{number}" for number in range(100)]
    tickets = [ticket(number, component=name) for number, name in enumerate(names, 1)]
    given_windows = windows(*(resolved(name, [HOUR]) for name in names))
    text = "\n".join(lines(render(board_of(*tickets, given=given_windows))))
    shown = len(re.findall(r"^• ", text, re.MULTILINE))
    (more,) = re.findall(r"^and (\d+) other groups, in the metrics$", text, re.MULTILINE)
    assert shown + int(more) == 101
