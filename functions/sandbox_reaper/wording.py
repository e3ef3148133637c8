"""What people read of a sandbox: its one message, from the notice to its end, and the report of a dry run. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kaizen.durations import human
from kaizen.policy.sections.sandboxes import SandboxPolicy
from kaizen.slack.blocks import Block, Message, context, header, section
from kaizen.slack.buttons import Button, signed
from kaizen.slack.escape import cut, date, escape, plain_date
from sandbox_reaper.fleet import most_of
from sandbox_reaper.state import Owner, Row
from sandbox_reaper.stopping import GONE

FEATURE = "sandboxes"
HOURS = (4, 24)
_DRY = (
    "Nobody was told, and nothing is stopped. To have one of them left alone in a live run, too, give it the "
    "annotation `kaizen.dev/exempt: true`."
)
_MOST = 20  # sandboxes that a report names
_MOST_LOST = 3  # volumes that a notice names


@dataclass(frozen=True, slots=True)
class Line:
    """One sandbox in a report."""

    name: str
    owner: Owner
    cores: float
    memory: int
    since: datetime | None
    why: str = ""


def cores(number: float) -> str:
    shown = f"{number:.1f}".rstrip("0").rstrip(".")
    return f"{shown} core" if shown == "1" else f"{shown} cores"


def gibibytes(number: float) -> str:
    return f"{number / 2**30:.1f}".rstrip("0").rstrip(".") + " GiB"


def message(row: Row, secret: str) -> Message:
    """What the sandbox's message says now, by the row's outcome. The same row gives the same message."""
    return _BY_OUTCOME[row.outcome or "notified"](row, secret)


def _notice(row: Row, secret: str) -> Message:
    assert row.stop_after is not None
    assert row.since is not None
    if row.asked:
        lead = f"🟠 *{escape(row.name)}* is about to be stopped, as <@{escape(row.by)}> wants it, once all checks hold."
    else:
        lead = f"🟠 *{escape(row.name)}* will be stopped *{date(row.stop_after, 'UTC')}*, unless somebody keeps it."
    holds = f"It holds *{cores(row.cores)}* and *{gibibytes(row.memory)}*"
    held = f"{holds}, and has been idle at least since {date(row.since, 'UTC')}."
    after = _after(row)
    facts = _evidence(row)
    if row.owner is not None and not row.owner.known:
        named = f"Its owner by the {row.owner.found} is {row.owner.name}, for whom Slack takes no message"
        if not row.untold:
            named = f"Its owner by the {row.owner.found} is {row.owner.name}, which is no Slack id"
        words = escape(cut(named, 300)) if row.owner.name else "Nobody is named as its owner"
        facts.append(context(f"{words}: set the annotation `kaizen.dev/owner` to a Slack id."))
    elements = [
        *(_press(row, secret, f"keep_{hours}h", f"Keep {hours} h", "primary" * (hours == HOURS[0])) for hours in HOURS),
        *([] if row.asked or _open(row) else [_press(row, secret, "stop", "Stop now", "danger")]),
        _press(row, secret, "why", "Why"),
    ]
    title = f"Idle sandbox: {row.name}"
    plain = (
        f"{title}\nIt will be stopped {plain_date(row.stop_after, 'UTC')}. {cores(row.cores)}, {gibibytes(row.memory)}"
    )
    return Message(
        (header(title), section("\n".join([lead, held, after])), *facts, {"type": "actions", "elements": elements}),
        plain,
    )


def _after(row: Row) -> str:
    """What a stop leaves. Files in a container itself end with its pod, as those of an emptyDir do."""
    kept = "Persistent volumes are kept, and *Resume* starts it again at the size that it had."
    if row.loses:
        return f"⚠️ A stop loses what is in *{escape(row.loses)}*, and files outside of volumes. {kept}"
    return f"{kept} Files outside of volumes are lost."


def _open(row: Row) -> bool:
    """Whether everybody in the channel may press: nobody in particular is its owner, who could ask for the stop."""
    return row.owner is None or not row.owner.known


def _stopped(row: Row, secret: str) -> Message:
    assert row.stopped_at is not None
    told = f" after the notice of {date(row.receipt.at, 'UTC')}" if row.receipt is not None else ""
    by = f", as <@{escape(row.by)}> wanted" if row.asked else f": it was idle, and nobody kept it{told}"
    lead = f"⚪ *{escape(row.name)}* was stopped {date(row.stopped_at, 'UTC')}{by}."
    freed = f"{cores(row.cores)} and {gibibytes(row.memory)} are free again."
    after = _after(row)
    buttons = [_press(row, secret, "resume", "Resume", "primary"), _press(row, secret, "why", "Why")]
    title = f"Sandbox stopped: {row.name}"
    blocks = (
        header(title),
        section(f"{lead}\n{freed} {after}"),
        *_evidence(row),
        {"type": "actions", "elements": buttons},
    )
    return Message(blocks, f"{title}\n{freed}")


def _kept(row: Row, secret: str) -> Message:
    until = date(row.until, "UTC") if row.until is not None else "now"
    lead = f"🟢 *{escape(row.name)}* is kept until *{until}* by <@{escape(row.by)}>."
    return _ended(row, "Sandbox kept", f"{lead} If it is idle then, you are asked again before a stop.")


def _in_use(row: Row, secret: str) -> Message:
    return _ended(
        row, "Sandbox in use", f"🟢 *{escape(row.name)}* is in use again, and is not stopped: {escape(row.reason)}."
    )


def _withdrawn(row: Row, secret: str) -> Message:
    return _ended(row, "Notice withdrawn", f"⚪ *{escape(row.name)}* is not stopped for now: {escape(row.reason)}.")


def _refused(row: Row, secret: str) -> Message:
    lead = f"⚪ *{escape(row.name)}* is not stopped: {cut(row.reason, 1000)}."
    if row.reason == GONE:
        return _ended(row, "Sandbox not stopped", lead)
    return _ended(row, "Sandbox not stopped", f"{lead} Whatever of it had been stopped already is back.")


def _stuck(row: Row, secret: str) -> Message:
    """Neither stopped nor brought back: somebody has to look at the cluster."""
    lead = f"🔴 *{escape(row.name)}* was being stopped, and part of it may be down: {cut(row.reason, 1000)}."
    return _ended(row, "Sandbox stopped in part", f"{lead} Every run tries again to bring it back.")


def _resuming(row: Row, secret: str) -> Message:
    return _ended(row, "Sandbox resuming", f"🟠 *{escape(row.name)}* is being brought back for <@{escape(row.by)}>.")


def _resume_stuck(row: Row, secret: str) -> Message:
    """What the cluster does not take is named: somebody has to look at it."""
    lead = f"🔴 *{escape(row.name)}* is not wholly brought back for <@{escape(row.by)}>: {cut(row.reason, 1000)}."
    return _ended(row, "Sandbox resumed in part", f"{lead} All else runs again; every run tries again.")


def _resumed(row: Row, secret: str) -> Message:
    back = "is back as it was before the stop, with its sizes and its volumes"
    lead = f"🟢 *{escape(row.name)}* {back}; resumed by <@{escape(row.by)}>."
    if row.until is not None and row.ended is not None and row.until > row.ended:
        lead += f" It is kept until *{date(row.until, 'UTC')}*."
    return _ended(row, "Sandbox resumed", lead)


def _resumed_partly(row: Row, secret: str) -> Message:
    """All that could be given back is; what could not is named."""
    lead = f"🟠 *{escape(row.name)}* was resumed by <@{escape(row.by)}>, and is not all as it was before the stop:"
    return _ended(row, "Sandbox resumed in part", f"{lead} {escape(cut(row.reason, 1000))}.")


def _restarted(row: Row, secret: str) -> Message:
    lead = f"🟢 *{escape(row.name)}* runs again: something in it was started after the stop."
    return _ended(row, "Sandbox runs again", f"{lead} What else was stopped is brought back, too.")


def _gone(row: Row, secret: str) -> Message:
    lead = f"⚪ *{escape(row.name)}* is gone: it was deleted, or made anew as another."
    return _ended(row, "Sandbox gone", f"{lead} There is nothing to answer any more.")


def _ended(row: Row, title: str, lead: str) -> Message:
    """Short: nobody has to do anything."""
    when = f"{date(row.ended, 'UTC')} · " if row.ended is not None else ""
    held = context(f"{when}{cores(row.cores)}, {gibibytes(row.memory)}")
    return Message((header(f"{title}: {row.name}"), section(lead), held), f"{title}: {row.name}")


_BY_OUTCOME = {
    "notified": _notice, "kept": _kept, "in_use": _in_use, "withdrawn": _withdrawn, "stopped": _stopped,
    "stuck": _stuck, "refused": _refused, "resuming": _resuming, "resumed": _resumed, "resumed_partly": _resumed_partly,
    "resume_stuck": _resume_stuck, "restarted": _restarted, "gone": _gone,
}  # fmt: skip


def _evidence(row: Row) -> list[Block]:
    return [context(escape(f"Why: {' · '.join(row.evidence)}"))] if row.evidence else []


def _press(row: Row, secret: str, verb: str, text: str, style: str = "") -> dict[str, Any]:
    assert row.issued is not None
    assert row.owner is not None
    bound = {"since": row.notice.rpartition("/")[2], "owner": row.owner.target, "channel": row.channel}
    value = signed(Button(FEATURE, verb, row.uid, row.issued, bound), secret)
    shown = {"type": "button", "text": {"type": "plain_text", "text": text}, "action_id": f"{FEATURE}.{verb}"}
    return shown | {"value": value} | ({"style": style} if style else {})


def report(
    lines: Sequence[Line], fleet: int, others: Mapping[str, int], unowned: int, policy: SandboxPolicy
) -> Message:
    """What is idle, so that live runs would stop it: who owns it, what it holds, and why; and how many at most at once.

    `others` counts the rest by what they are.
    """
    total = f"{cores(sum(each.cores for each in lines))}, {gibibytes(sum(each.memory for each in lines))}"
    title = f"Dry run: would stop {len(lines)} of {fleet} sandboxes"
    held = (
        f"*{total}* are held by sandboxes that nobody used for {human(policy.window)}: every peak was below its limit."
    )
    lead = f"{held} {_caps(policy, fleet)}" if lines else "Nothing would be stopped."
    blocks: list[Block] = [header(title), section(f"{lead}\n{_DRY}")]
    shown = sorted(lines, key=lambda each: (-each.cores, each.name))
    rows = [_line(each) for each in shown[:_MOST]]
    blocks += [section("\n".join(rows[at : at + 5])) for at in range(0, len(rows), 5)]
    rest = [f"{number} {words}" for words, number in others.items() if number]
    if len(lines) > _MOST:
        rest.insert(0, f"{len(lines) - _MOST} more would be stopped")
    if unowned:
        rest.append(f"{unowned} without a known owner")
    if rest:
        blocks.append(context(" · ".join(rest)))
    return Message(tuple(blocks), f"{title}\n{total}")


def _caps(policy: SandboxPolicy, fleet: int) -> str:
    most = min(policy.most_stops, most_of(fleet, policy))
    of_one = min(most, policy.most_per_owner)
    return f"A live run would stop at most {most} of them at once, and {of_one} of one owner; the others would follow."


def _line(line: Line) -> str:
    who = (
        f"<@{line.owner.target}>" if line.owner.person else escape(line.owner.name) if line.owner.known else "no owner"
    )
    since = f", idle at least since {date(line.since, 'UTC')}" if line.since is not None else ""
    why = f" · {escape(line.why)}" if line.why else ""
    return f"🟠 *{cut(line.name, 80)}* · {who}\n{cores(line.cores)}, {gibibytes(line.memory)}{since}{why}"


def loses(fleeting: Sequence[str]) -> str:
    """Volumes that end with their pods, in a few words; the rest by their number."""
    more = len(fleeting) - _MOST_LOST
    return ", ".join(fleeting[:_MOST_LOST]) + (f" and {more} more" if more > 0 else "")


def evidence(figures: Mapping[str, float], policy: SandboxPolicy) -> tuple[str, ...]:
    """What makes it idle, each peak beside its limit."""
    made = [f"nobody used it for {human(policy.window)}, as every five-minute peak is below its limit"]
    if "cpu" in figures:
        made.append(f"CPU {figures['cpu']:.3g} of {policy.cpu:.3g} cores")
    for signal, words, limit in (
        ("receive", "received", policy.receive),
        ("transmit", "sent", policy.transmit),
        ("disk", "written", policy.disk),
    ):  # fmt: skip
        if signal in figures:
            made.append(f"{words} {figures[signal]:,.0f} of {limit:,.0f} B/s")
    if "memory_high" in figures and "memory_low" in figures:
        change = (figures["memory_high"] - figures["memory_low"]) / 2**20
        limit = max(policy.memory_share * figures["memory_high"], policy.memory_bytes) / 2**20
        made.append(f"memory changed by {change:.0f} of {limit:.0f} MiB")
    return tuple(made)
