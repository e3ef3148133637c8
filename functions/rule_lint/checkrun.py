"""The check run that a GitHub App makes beside the comment: each finding on its line, the worst first. Pure."""

from kaizen.github.checks import LONGEST, Annotation, Conclusion, Level, Report
from kaizen.github.markdown import code, plain, prose
from rule_lint import comment
from rule_lint.comment import Subject
from rule_lint.model import Finding

NAME = "Prometheus rules"
MOST = 200  # annotations: four requests
_LEVELS: dict[str, Level] = {"error": "failure", "warning": "warning", "note": "notice"}


def report(subject: Subject) -> Report:
    """Findings of the change alone. It fails by errors; warnings and gaps leave it neutral."""
    shown = subject.introduced[:MOST]
    lines = [comment.verdict(subject)]
    if len(subject.introduced) > MOST:
        lines.append(f"{len(subject.introduced) - MOST} more findings had no room beside the lines.")
    lines += [f"⚠️ {prose(each)}" for each in subject.left_out[:5]]
    replays = [each for each in subject.changes if each.replay]
    if replays:
        told = [f"- {code(each.title, 150)}: {prose(each.replay)}" for each in replays]
        lines.append("\n".join(["Over the last 7 days:", "", *told]))
    if subject.not_replayed:
        lines.append(f"({prose(subject.not_replayed)})")
    if subject.worth_saying:
        lines.append("The comment on the pull request says what changes, too.")
    title = plain(lines[0].replace("*", ""), 255)
    summary = "\n\n".join(lines)[:LONGEST]
    return Report(NAME, _conclusion(subject), title, summary, annotations=tuple(map(_annotation, shown)))


def _conclusion(subject: Subject) -> Conclusion:
    levels = {each.level for each in subject.introduced}
    if "error" in levels:
        return "failure"
    return "neutral" if "warning" in levels or subject.left_out else "success"


def _annotation(finding: Finding) -> Annotation:
    also = [f"Also at {plain(str(each.place))}: {plain(each.title)}" for each in finding.members[1:6]]
    code = [plain(line, 500) for line in finding.code.split("\n")[:10] if line]
    message = "\n".join([plain(finding.message, 1000), *code, *also, f"To do: {finding.todo} ({finding.id})"])
    place = finding.place
    title = f"{finding.check}: {plain(finding.members[0].title, 150)}".removesuffix(": ")
    return Annotation(place.path, place.line, place.line, _LEVELS[finding.level], message, title)
