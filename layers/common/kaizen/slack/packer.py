"""Passages of lines packed into as few messages as Slack's limits allow. Pure.

Everything is counted after escaping, as it is sent.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from kaizen.slack.blocks import MAX_BLOCKS, MAX_MESSAGE, MAX_SECTION, Block, Message, section
from kaizen.slack.escape import units

_CONTINUED = " (continued)"


@dataclass(frozen=True, slots=True)
class Line:
    """One line for the blocks and the same for the fallback text, both escaped; either may hold line breaks.

    At most a thousand units or so: a line is never cut, so it must fit a section together with a heading.
    """

    mrkdwn: str
    plain: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines under one heading, which is repeated where a message ends in their midst."""

    heading: Line
    lines: tuple[Line, ...] = ()


def pack(opening: Message, following: Message, passages: Iterable[Passage]) -> list[Message]:
    """The messages: the first begins with `opening`, each further one with `following`."""
    pages = [_Page(opening)]

    def turn() -> _Page:
        pages.append(_Page(following))
        return pages[-1]

    for passage in passages:
        # A heading goes with its first line: alone at the end of a message it would name nothing.
        first, rest = _joined(passage.heading, *passage.lines[:1]), passage.lines[1:]
        if not pages[-1].start(first):
            turn().start(first)
        for line in rest:
            if not pages[-1].add(line):
                turn().start(_joined(_continued(passage.heading), line))
    return [page.message() for page in pages]


def _joined(*lines: Line) -> Line:
    return Line("\n".join(line.mrkdwn for line in lines), "\n".join(line.plain for line in lines))


def _continued(heading: Line) -> Line:
    return Line(heading.mrkdwn + _CONTINUED, heading.plain + _CONTINUED)


def _json_units(value: object) -> int:
    return units(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


_SECTION_COST = _json_units(section("")) + 1  # and the comma before it


class _Page:
    """A message in the making: finished blocks, and the section that still grows."""

    def __init__(self, opening: Message) -> None:
        self._blocks: list[Block] = list(opening.blocks)
        self._texts: list[str] = [opening.text]
        self._section: list[str] = []
        self._section_units = 0
        self._block_units = _json_units(opening.blocks)
        self._text_units = units(opening.text)

    def start(self, line: Line) -> bool:
        """Put a line into a new section; False when the message is full."""
        if len(self._blocks) + bool(self._section) >= MAX_BLOCKS or not self._fits(line, _SECTION_COST, gap=2):
            return False
        self._close()
        self._take(line, _SECTION_COST, gap=2)
        return True

    def add(self, line: Line) -> bool:
        """Put a line after the last one, in a new section when it has to be; False when the message is full."""
        if self._section_units + 1 + units(line.mrkdwn) > MAX_SECTION:
            return self.start(line)
        if not self._fits(line, len("\\n"), gap=1):
            return False
        self._take(line, len("\\n"), gap=1)
        return True

    def message(self) -> Message:
        self._close()
        return Message(tuple(self._blocks), "".join(self._texts))

    def _fits(self, line: Line, cost: int, gap: int) -> bool:
        return (
            self._block_units + cost + _json_units(line.mrkdwn) - 2 <= MAX_MESSAGE
            and self._text_units + gap + units(line.plain) <= MAX_MESSAGE
        )

    def _take(self, line: Line, cost: int, gap: int) -> None:
        self._block_units += cost + _json_units(line.mrkdwn) - 2
        self._text_units += gap + units(line.plain)
        self._section_units += units(line.mrkdwn) + bool(self._section)
        self._section.append(line.mrkdwn)
        self._texts += ["\n" * gap, line.plain]

    def _close(self) -> None:
        if self._section:
            self._blocks.append(section("\n".join(self._section)))
            self._section, self._section_units = [], 0
