"""What a reviewer reads: one comment on the pull request, the worst first, within GitHub's limit. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kaizen.github.comments import LONGEST, length
from kaizen.github.markdown import block, code, prose
from rule_lint.changes import Change
from rule_lint.differences import Difference
from rule_lint.lint import Report
from rule_lint.model import Finding, Place

MARKER = "<!-- kaizen:rule-lint:v1 -->"
_SIGNS = {"error": "🔴", "warning": "🟠", "note": "⚪"}
_MOST_PLACES = 12
_ROOM = LONGEST - 600  # for the last lines
_WHATS = {"new": "🆕", "removed": "🗑️", "changed": "✏️"}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a comment is about. `introduced` are the findings that the base has not; `left_out` says what was not read,
    `not_replayed` which alerts Prometheus was not asked about.

    `link` gives the address of a place at the head, or at the base for what is gone.
    """

    report: Report
    introduced: tuple[Finding, ...]
    changes: tuple[Change, ...]
    link: Callable[[Place, bool], str]
    head_sha: str = ""
    left_out: tuple[str, ...] = ()
    not_replayed: str = ""

    @property
    def existing(self) -> int:
        return len(self.report.findings) - len(self.introduced)

    @property
    def worth_saying(self) -> bool:
        """Whether there is anything for a reviewer: findings of this change, changes in words, or gaps."""
        return bool(self.introduced or self.changes or self.left_out)


def write(subject: Subject) -> str:
    """The comment with its marker."""
    top = [MARKER, "### Prometheus rules", verdict(subject), ""]
    body = _Body("\n".join(top), _ROOM)
    wrong = [_finding(each, subject.link) for each in subject.introduced]
    changed = [_change(each, subject.link) for each in subject.changes]
    body.section("#### What is wrong", wrong, "findings", "\n\n")
    body.section("#### What changes", changed, "changed rules", "\n")
    return body.text + "\n" + _foot(subject)


def verdict(subject: Subject) -> str:
    """One line that says whether anything must be done."""
    counts = {level: sum(each.level == level for each in subject.introduced) for level in ("error", "warning")}
    errors, warnings = counts["error"], counts["warning"]
    if errors or warnings:
        words = [_many(errors, "error")] * bool(errors) + [_many(warnings, "warning")] * bool(warnings)
        sign = _SIGNS["error"] if errors else _SIGNS["warning"]
        return f"{sign} **{' and '.join(words)}** in what this pull request changes."
    if subject.left_out:
        return f"{_SIGNS['warning']} **Not everything could be read**; nothing is wrong in what was."
    return "🟢 **Nothing wrong** in what this pull request changes."


class _Body:
    """Text that grows section by section, and says what there was no room for."""

    def __init__(self, text: str, room: int) -> None:
        self.text = text
        self._room = room

    def section(self, title: str, parts: Sequence[str], what: str, between: str) -> None:
        self.text += f"\n{title}\n\n" if parts else ""
        for index, part in enumerate(parts):
            if length(self.text) + length(part) > self._room:
                self.text += f"\n*{len(parts) - index} more {what} had no room here.*\n"
                return
            self.text += part + between


def _finding(finding: Finding, link: Callable[[Place, bool], str]) -> str:
    lines = [f"{_SIGNS[finding.level]} **{finding.check}**: {prose(finding.message)}", ""]
    for each in finding.members[:_MOST_PLACES]:
        title = f" {code(each.title, 150)}" if each.title else ""
        lines.append(f"- {_place(each.place, link)}{title}")
    if len(finding.members) > _MOST_PLACES:
        lines.append(f"- and {len(finding.members) - _MOST_PLACES} more")
    lines += ["", block(finding.code)] if finding.code else []
    return "\n".join([*lines, "", f"**To do:** {finding.todo}"])


def _change(change: Change, link: Callable[[Place, bool], str]) -> str:
    gone = change.what == "removed"
    words = ", ".join(code(each.words, 200) + _risk(each) for each in change.words)
    what = "" if change.what == "changed" else f" {change.what}"
    words += " ⚠️ *fires no more*" if change.lost else ""
    head = f"- {_WHATS[change.what]} **{code(change.title, 150)}**{what}{': ' if words else ''}{words} · "
    line = head + _place(change.place, link, gone=gone)
    line += f"\\\n  **Over the last 7 days:** {prose(change.replay)}" * bool(change.replay)
    both = [("-", change.before), ("+", change.after)] if change.what == "changed" else []
    shown = "\n".join(f"{sign} {text}" for sign, text in both if text)
    return f"{line}\n{block(shown, '  ').replace('promql', 'diff', 1)}" if shown else line


def _risk(difference: Difference) -> str:
    return " ⚠️ *fires less*" * difference.quieter + " ⚠️ *less severe*" * difference.milder


def _place(place: Place, link: Callable[[Place, bool], str], *, gone: bool = False) -> str:
    address = link(place, gone)
    words = code(f"{place.path.rpartition('/')[2]}:{place.line}", 120)
    return f"[{words}]({address})" if address else words


def _foot(subject: Subject) -> str:
    report = subject.report
    parts = [f"{_many(len(report.rules), 'rule')} in {_many(len(report.files), 'file')} read"]
    if report.compared:
        parts.append(f"{report.decided} of {_many(report.compared, 'pair')} of alerts on the same metrics decided")
    if report.skipped:
        parts.append(f"up to {_many(report.skipped, 'more pair')} not compared: too many")
    if report.ladders:
        parts.append(_many(report.ladders, "good severity ladder"))
    if subject.not_replayed:
        parts.append(prose(subject.not_replayed))
    if report.disabled:
        parts.append(f"{_many(report.disabled, 'finding')} turned off by comments")
    if subject.existing:
        parts.append(f"{_many(subject.existing, 'finding')} not of this pull request left out")
    if report.copies:
        parts.append(f"{_many(len(report.copies), 'file')} taken for packaged copies")
    if subject.head_sha:
        parts.append(f"at {subject.head_sha[:7]}")
    gaps = "".join(f"\n\n⚠️ {prose(each)}" for each in subject.left_out[:5])
    return f"{gaps}\n\n<sub>{' · '.join(parts)}</sub>\n"


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
