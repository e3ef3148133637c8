"""Packing: nothing is lost, nothing is too long, no heading stands alone."""

import json

from hypothesis import given
from hypothesis import strategies as st

from kaizen.slack.blocks import MAX_BLOCKS, MAX_MESSAGE, MAX_SECTION, Message, context, header, section
from kaizen.slack.escape import units
from kaizen.slack.packer import Line, Passage, pack

OPENING = Message((header("Title"), section("lead")), "Title")
FOLLOWING = Message((context("continued"),), "continued")


def line(number: int, length: int, mark: str = "x") -> Line:
    return Line(f"{number}:{mark * length}", f"{number}:{mark * length}")


@st.composite
def passages(draw: st.DrawFn) -> list[Passage]:
    made, number = [], 0
    for index in range(draw(st.integers(0, 60))):
        lengths = draw(st.lists(st.sampled_from([1, 20, 200, 900]), max_size=20))
        mark = draw(st.sampled_from(['"', "x", "\n", "👍"]))
        lines = []
        for length in lengths:
            lines.append(line(number, length // 2, mark))
            number += 1
        made.append(Passage(Line(f"H{index}", f"H{index}"), tuple(lines)))
    return made


def sections(message: Message) -> list[str]:
    return [block["text"]["text"] for block in message.blocks if block["type"] == "section"]


@given(passages())
def test_within_all_limits(given_passages: list[Passage]) -> None:
    for message in pack(OPENING, FOLLOWING, given_passages):
        assert len(message.blocks) <= MAX_BLOCKS
        assert all(0 < units(text) <= MAX_SECTION for text in sections(message))
        as_sent = json.dumps(message.blocks, ensure_ascii=False, separators=(",", ":"))
        assert units(as_sent) <= MAX_MESSAGE
        assert units(message.text) <= MAX_MESSAGE


@given(passages())
def test_nothing_is_lost_or_moved(given_passages: list[Passage]) -> None:
    messages = pack(OPENING, FOLLOWING, given_passages)
    in_blocks = "\n".join(text for message in messages for text in sections(message)[message is messages[0] :])
    in_text = "\n".join(message.text for message in messages)
    for passage in given_passages:
        for each in passage.lines:
            assert in_blocks.count(each.mrkdwn) >= 1
            in_blocks = in_blocks[in_blocks.index(each.mrkdwn) :]
            in_text = in_text[in_text.index(each.plain) :]


@given(passages())
def test_each_message_says_where_it_goes_on(given_passages: list[Passage]) -> None:
    first, *others = pack(OPENING, FOLLOWING, given_passages)
    assert first.blocks[:2] == OPENING.blocks
    for message in others:
        assert message.blocks[0] == FOLLOWING.blocks[0]
        assert sections(message)[0].startswith("H")
    for message in (first, *others):
        for text in sections(message)[message is first :]:
            heading, _, rest = text.partition("\n")
            if heading.startswith("H") and not rest:  # a heading alone has no lines at all
                assert not given_passages[int(heading[1:].partition(" ")[0])].lines


def test_lines_of_a_passage_share_sections() -> None:
    passage = Passage(Line("H", "H"), tuple(line(number, 500) for number in range(12)))
    (message,) = pack(OPENING, FOLLOWING, [passage])
    assert [text.count(":") for text in sections(message)] == [0, 5, 5, 2]


def test_a_long_passage_repeats_its_heading() -> None:
    passage = Passage(Line("*H*", "H"), tuple(line(number, 900) for number in range(20)))
    first, second = pack(OPENING, FOLLOWING, [passage])
    assert sections(first)[1].startswith("*H*\n0:")
    assert sections(second)[0].startswith("*H* (continued)\n")
    assert "H (continued)\n" in second.text
