"""A board as Slack messages: the lead with the counts, the tickets by component, MTTR below. Pure."""

from collections.abc import Iterator, Mapping
from itertools import islice

from kaizen.digest import wording
from kaizen.digest.board import Board
from kaizen.slack.blocks import Message, context, header, section
from kaizen.slack.packer import Line, Passage, pack

MAX_MESSAGES = 5  # nobody reads on; totals stay true
MAX_MTTR_LINES = 60
MAX_CANARIES = 10


def render(board: Board) -> list[Message]:
    """At most five messages, in order, with as many of the most urgent tickets as they hold."""
    lines = {entry.ticket.id: wording.ticket(entry, board.zone) for entry in board.entries}
    messages = _packed(board, lines)
    fitting, too_many = 0, len(lines)
    if len(messages) <= MAX_MESSAGES:
        return messages
    while too_many - fitting > 1:
        shown = (fitting + too_many) // 2
        if len(_packed(board, dict(islice(lines.items(), shown)))) <= MAX_MESSAGES:
            fitting = shown
        else:
            too_many = shown
    return _packed(board, dict(islice(lines.items(), fitting)))


def _packed(board: Board, lines: Mapping[int, Line]) -> list[Message]:
    lead, as_of, about = wording.lead(board), wording.as_of(board), wording.about(board)
    opening = Message(
        (header(wording.TITLE), section(lead.mrkdwn), context(f"{about.mrkdwn}{as_of.mrkdwn} · {wording.LEGEND}")),
        f"{wording.TITLE}: {lead.plain}\n{about.plain}{as_of.plain}",
    )
    continued = f"{wording.TITLE}, continued"
    following = Message((context(continued),), continued)
    return pack(opening, following, [*_canaries(board), *_tickets(board, lines), _mttr(board)])


def _canaries(board: Board) -> Iterator[Passage]:
    """Before the tickets: somebody is being paged for them, or soon will be."""
    if board.canaries:
        shown = [wording.canary(each) for each in board.canaries[:MAX_CANARIES]]
        hidden = len(board.canaries) - len(shown)
        yield Passage(wording.canaries_heading(), (*shown, *[wording.canaries_more(hidden)] * bool(hidden)))


def _tickets(board: Board, lines: Mapping[int, Line]) -> Iterator[Passage]:
    """The tickets that have a line under their components, and how many of each have none."""
    unseen = []
    for group in board.groups:
        shown = [lines[entry.ticket.id] for entry in group.entries if entry.ticket.id in lines]
        hidden = [entry for entry in group.entries if entry.ticket.id not in lines]
        if not shown:
            unseen.append(group)
        else:
            yield Passage(wording.component(group), (*shown, *[wording.more(hidden)] * bool(hidden)))
    if unseen:
        yield Passage(wording.more_components(unseen))


def _mttr(board: Board) -> Passage:
    lines = [wording.mttr(window) for window in board.windows[:MAX_MTTR_LINES]]
    hidden = len(board.windows) - len(lines)
    if hidden:
        lines.append(wording.mttr_more(hidden))
    return Passage(wording.mttr_heading(), (*lines, wording.mttr_note()))
