"""A board as Slack messages: the lead with the counts, the tickets by component, MTTR below. Pure."""

from collections.abc import Iterator

from kaizen.slack.blocks import Message, context, header, section
from kaizen.slack.packer import Passage, pack
from ticket_digest import wording
from ticket_digest.board import Board

MAX_MESSAGES = 5  # nobody reads on; totals stay true
MAX_MTTR_LINES = 60


def render(board: Board) -> list[Message]:
    """At most five messages, in order, with as many of the most urgent tickets as they hold."""
    shown = fitting = 0
    too_many = len(board.entries) + 1
    messages = _packed(board, too_many - 1)
    if len(messages) <= MAX_MESSAGES:
        return messages
    while too_many - fitting > 1:
        shown = (fitting + too_many) // 2
        if len(_packed(board, shown)) <= MAX_MESSAGES:
            fitting = shown
        else:
            too_many = shown
    return _packed(board, fitting)


def _packed(board: Board, shown: int) -> list[Message]:
    lead, as_of = wording.lead(board), wording.as_of(board)
    opening = Message(
        (header(wording.TITLE), section(lead.mrkdwn), context(f"{as_of.mrkdwn} · {wording.LEGEND}")),
        f"{wording.TITLE}: {lead.plain}\n{as_of.plain}",
    )
    continued = f"{wording.TITLE}, continued"
    following = Message((context(continued),), continued)
    return pack(opening, following, [*_tickets(board, shown), _mttr(board)])


def _tickets(board: Board, shown: int) -> Iterator[Passage]:
    """The `shown` most urgent tickets under their components, and what is left of each."""
    visible = {entry.ticket.id for entry in board.entries[:shown]}
    unseen = []
    for group in board.groups:
        first = [entry for entry in group.entries if entry.ticket.id in visible]
        if not first:
            unseen.append(group)
            continue
        lines = [wording.ticket(entry, board.zone) for entry in first]
        hidden = group.entries[len(first) :]
        yield Passage(wording.component(group), (*lines, *[wording.more(hidden)] * bool(hidden)))
    if unseen:
        yield Passage(wording.more_components(unseen))


def _mttr(board: Board) -> Passage:
    lines = [wording.mttr(window) for window in board.windows[:MAX_MTTR_LINES]]
    hidden = len(board.windows) - len(lines)
    if hidden:
        lines.append(wording.mttr_more(hidden))
    return Passage(wording.mttr_heading(), (*lines, wording.mttr_note()))
