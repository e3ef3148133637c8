"""What `/kaizen` answers, to whom, and that nothing typed is an error of ours."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen.policy import Policy
from kaizen.subscriptions.model import Subscription
from kaizen.tickets import Ticket
from local.outside.slack.rules import refusal
from slack_commands.desk import MOST, Desk
from slack_commands.request import Command, RequestError, read_command
from slack_commands.wording import Answer
from tests import block_kit
from tests.factories import default_policy
from tests.unit.cards.test_ticket_cards import TICKET

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RESPONSE_URL = "https://hooks.slack.com/commands/T1/1/abc"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Kept:
    all: list[Subscription] = field(default_factory=list)

    def of(self, channel: str) -> list[Subscription]:
        return [each for each in self.all if each.channel == channel]

    def add(self, subscription: Subscription) -> bool:
        before = [each for each in self.of(subscription.channel) if each.id == subscription.id]
        self.all = [each for each in self.all if each not in before] + [subscription]
        return not before

    def remove(self, channel: str, identity: str) -> bool:
        found = [each for each in self.of(channel) if each.id == identity]
        self.all = [each for each in self.all if each not in found]
        return bool(found)


def typed(text: str, kept: Kept, tickets: Sequence[Ticket] = (), policy: Policy | None = None) -> tuple[Answer, bool]:
    form = {"command": "/kaizen", "text": text, "channel_id": "C1ABC", "user_id": "U1ABC", "response_url": RESPONSE_URL}
    body = urlencode(form).encode()
    command = read_command(body, FORM)
    assert command is not None
    desk = Desk(
        kept,
        tickets=lambda: list(tickets),
        windows=dict,
        policy=lambda: policy or default_policy(),
        canaries=lambda now: (),
    )
    answer, done = desk.answer(command, NOW)
    assert refusal(answer) is None
    assert block_kit.faults(answer["blocks"]) == []
    return answer, done


def test_subscribe_list_unsubscribe() -> None:
    kept = Kept()
    answer, done = typed("subscribe Severity:SEV1 and component:api", kept)
    assert done
    assert answer["response_type"] == "in_channel"
    assert "severity:sev1 and component:api" in answer["text"]
    (made,) = kept.all
    assert made.id in typed("list", kept)[0]["text"]
    again, _ = typed("subscribe severity:sev1  and component:api", kept)
    assert (again["response_type"], len(kept.all)) == ("ephemeral", 1)
    assert typed("unsubscribe 000000", kept)[1] is False
    typed("subscribe severity:sev2", kept)
    answer, done = typed(f"unsubscribe {made.id}", kept)
    assert done
    assert "1 other subscription goes on" in answer["text"]
    kept.all.clear()
    assert kept.all == []


def test_a_mistake_is_marked_under_its_character() -> None:
    answer, done = typed("subscribe severity:sev1 and sev:2", Kept())
    assert not done
    lines = answer["text"].splitlines()
    assert lines[1] == "```severity:sev1 and sev:2"
    assert lines[2] == " " * 18 + "^```"
    assert "there is no field" in lines[0]


def test_help_is_the_answer_to_what_is_no_command() -> None:
    assert typed("", Kept())[1] is True
    answer, done = typed("<!channel> `x`", Kept())
    assert not done
    assert "<!channel>" not in answer["text"]


def test_the_summary_is_the_digest() -> None:
    answer, done = typed("summary", Kept())
    assert done
    assert answer["text"].startswith("Daily Kaizen Ticket Digest")
    assert answer["response_type"] == "ephemeral"


def test_a_channel_cannot_be_flooded() -> None:
    kept = Kept([Subscription("C1ABC", f"label:l{number}", "U", NOW) for number in range(MOST)])
    assert typed("subscribe severity:sev1", kept)[1] is False
    assert len(kept.all) == MOST


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a=1", "application/json", 415),
        (b"\xff\xfe=1", FORM, 400),
        (b"text=help", FORM, 400),
        (b"channel_id=C1ABC&user_id=nobody", FORM, 400),
        (b"channel_id=C1ABC&user_id=U1ABC&text=help", FORM, 400),
        (b"x" * 70_000, FORM, 413),
    ],
)
def test_what_slack_does_not_send_is_refused(body: bytes, kind: str, status: int) -> None:
    with pytest.raises(RequestError) as found:
        read_command(body, kind)
    assert found.value.status == status


def test_slacks_check_of_the_certificate_is_no_command() -> None:
    assert read_command(b"ssl_check=1&token=x", FORM) is None


@given(st.text(max_size=300))
def test_any_text_is_answered_with_what_slack_takes(text: str) -> None:
    typed(text.replace("\udc80", ""), Kept())
    assert isinstance(Command("C", "U", "help", "", text, RESPONSE_URL), Command)


@pytest.mark.parametrize(
    "given", ["12", "#12", "acme/shop#12", "ACME/Shop#12", "<https://github.com/acme/shop/issues/12|the issue>"]
)
def test_one_ticket_is_found_by_what_people_type(given: str) -> None:
    answer, done = typed(f"ticket {given}", Kept(), [TICKET])
    assert done
    assert answer["response_type"] == "ephemeral"
    assert "SLA: 3h remaining" in answer["text"].replace("*", "")
    assert "Checkout &lt;fails&gt;" in answer["text"]


def test_a_number_that_two_tickets_have_asks_which() -> None:
    other = replace(TICKET, id=8, repository="acme/api", url="https://github.com/acme/api/issues/12")
    answer, done = typed("ticket 12", Kept(), [TICKET, other])
    assert not done
    assert "acme/shop#12" in answer["text"]
    assert "acme/api#12" in answer["text"]
    assert typed("ticket acme/api#12", Kept(), [TICKET, other])[1] is True


@pytest.mark.parametrize(("given", "said"), [("", "Say which ticket"), ("13", "no open ticket"), ("`x`", "no open")])
def test_a_ticket_that_is_not_there_is_said(given: str, said: str) -> None:
    answer, done = typed(f"ticket {given}", Kept(), [TICKET])
    assert not done
    assert said in answer["text"]


def test_the_list_shows_the_digests_of_the_policy_too() -> None:
    answer, _ = typed("list", Kept())
    shown = str(answer["blocks"])
    assert "This channel has no subscriptions" in shown
    assert "`default` daily at 09:00 UTC, to the channel of an Incoming Webhook" in shown
    elsewhere = replace(default_policy().routes[0], channel="C0OTHER", webhook_parameter=None, quiet_days=(5, 6))
    here = replace(elsewhere, name="ours", channel="C1ABC", components=("api",))
    policy = replace(default_policy(), routes=(elsewhere, here))
    shown = str(typed("list", Kept(), policy=policy)[0]["blocks"])
    assert "`ours` daily at 09:00 UTC, not on saturday, sunday, component: api" in shown
    assert "default" not in shown


def test_a_subscription_may_have_a_digest() -> None:
    kept = Kept()
    answer, done = typed("subscribe severity:sev1 and component:api digest 09:00 Europe/Berlin weekdays", kept)
    assert done
    assert "A digest of them goes out at 09:00 Europe/Berlin weekdays." in answer["text"]
    (made,) = kept.all
    assert (made.text, str(made.daily)) == ("severity:sev1 and component:api", "09:00 Europe/Berlin weekdays")
    assert "digest 09:00 Europe/Berlin weekdays" in typed("list", kept)[0]["text"]
    answer, done = typed("subscribe severity:sev1 digest 9 am", kept)
    assert not done
    assert answer["text"].splitlines()[1:] == ["```severity:sev1 digest 9 am", " " * 21 + "^```"]
    assert typed("subscribe digest 09:00", kept)[1] is False, "of which tickets?"


def test_every_subscription_is_in_the_list_with_its_id_however_many_there_are() -> None:
    words = [f'label:"{"R&D " * 12}{number}" and not severity:sev{number}' for number in range(MOST)]
    kept = Kept([Subscription("C1ABC", each, "U1ABCDEFGHI", NOW) for each in words])
    answer, _ = typed("list", kept)
    told = "\n".join(block["text"]["text"] for block in answer["blocks"] if block["type"] == "section")
    assert all(f"`{each.id}`" in told for each in kept.all)
    assert "R&amp;D" in told
    assert "&amp;amp;" not in told


@pytest.mark.parametrize("text", ["x" * 3500, "&" * 700, "severity:sev1 and " * 40])
def test_a_mistake_of_any_length_is_shown(text: str) -> None:
    answer, done = typed(f"subscribe {text}", Kept())
    assert not done
    _, shown, mark = answer["text"].splitlines()
    assert len(shown.replace("&amp;", "&")) <= 32
    assert mark.endswith("^```")


def test_another_digest_of_the_same_expression_is_told_and_so_is_the_end_of_one() -> None:
    kept = Kept()
    typed("subscribe severity:sev1 digest 09:00", kept)
    answer, done = typed("subscribe severity:sev1", kept)
    assert done
    assert "The digest at 09:00 UTC daily ends." in answer["text"]
    assert [each.daily for each in kept.all] == [None]


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("severity:sve1", "no severity sve1; there are sev1, sev2"),
        ("component:apii or severity:sev1", "no component apii"),
        ("repo:acme", "no repository acme: write owner/name"),
        ("severity:sev1 and repo:acme/*", ""),
    ],
)
def test_a_slip_of_the_pen_is_told(text: str, doubt: str) -> None:
    answer, done = typed(f"subscribe {text}", Kept())
    assert done
    said = [each["text"] for block in answer["blocks"] for each in block.get("elements", [])]
    assert any(doubt in each and "⚠️" in each for each in said) == bool(doubt)


@pytest.mark.parametrize("gap", ["\n", "\t", "\u00a0", "  "])
def test_any_space_parts_the_command_from_its_words(gap: str) -> None:
    assert typed(f"subscribe{gap}severity:sev1", Kept())[1] is True


def test_a_summary_of_many_messages_is_sent_in_full() -> None:
    many = [replace(TICKET, id=each, title="x" * 250, component=f"c{each % 40}") for each in range(300)]
    desk = Desk(Kept(), tickets=lambda: many, windows=dict, policy=default_policy, canaries=lambda now: ())
    answers, done = desk.answers(Command("C1ABC", "U1ABC", "summary", "", "summary", RESPONSE_URL), NOW)
    assert done
    assert 1 < len(answers) <= 5  # as many as a response_url takes
    assert all(refusal(each) is None for each in answers)
