"""A report for a terminal, for machines, and for the log of GitHub Actions. Pure."""

import json
from typing import Any

from kaizen.github.markdown import plain
from rule_lint.lint import Report
from rule_lint.model import Finding

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def text(report: Report) -> str:
    """For a terminal: what, where and what to do, the worst first."""
    lines = [line for each in report.findings for line in _lines(each)]
    lines += [f"{plain(copy)} is taken for {plain(twin)}, packaged once more." for twin, copy in report.copies]
    return "\n".join([*lines, summary(report)])


def _lines(finding: Finding) -> list[str]:
    place = finding.place
    lines = [f"{plain(place.path)}:{place.line}:{place.column}: {finding.level} [{finding.check}]"]
    lines[0] += f" {plain(finding.message, 1000)}"
    lines += [f"    {plain(line, 500)}" for line in finding.code.split("\n") if finding.code]
    lines += [f"    also at {plain(str(each.place))}: {plain(each.title)}" for each in finding.members[1:]]
    return [*lines, f"    To do: {finding.todo}  ({finding.id})", ""]


def summary(report: Report) -> str:
    words = f"{len(report.files)} files, {len(report.rules)} rules: {report.count('error')} errors, "
    words += f"{report.count('warning')} warnings, {report.count('note')} notes."
    if report.compared:
        words += f" {report.decided} of {report.compared} pairs of alerts on the same metrics decided, "
        words += f"{report.ladders} good severity ladders."
    if report.disabled:
        words += f" {report.disabled} findings are turned off by comments."
    if report.skipped:
        words += f" Up to {report.skipped} more pairs were not compared: too many."
    return words


def as_json(report: Report) -> str:
    """Stable ids and places, for machines."""
    content: dict[str, Any] = {
        "version": 1,
        "files": len(report.files),
        "rules": len(report.rules),
        "pairs": {
            "compared": report.compared,
            "decided": report.decided,
            "good_ladders": report.ladders,
            "skipped": report.skipped,
        },
        "disabled": report.disabled,
        "copies": [list(each) for each in report.copies],
        "findings": [
            {
                "id": each.id,
                "check": each.check,
                "level": each.level,
                "message": each.message,
                "todo": each.todo,
                "code": each.code,
                "places": [
                    {"path": at.place.path, "line": at.place.line, "column": at.place.column, "title": at.title}
                    for at in each.members
                ],
            }
            for each in report.findings
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=True)


def actions(report: Report) -> str:
    """Workflow commands, which GitHub Actions shows beside the lines of a pull request."""
    lines = []
    for each in report.findings:
        where = f"file={_property(each.place.path)},line={each.place.line},col={each.place.column}"
        message = _data(f"{plain(each.message, 1000)} To do: {each.todo}")
        lines.append(f"::{_COMMANDS[each.level]} {where},title={_property(each.check)}::{message}")
    return "\n".join(lines)


def _data(given: str) -> str:
    return given.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(given: str) -> str:
    return _data(given).replace(":", "%3A").replace(",", "%2C")
