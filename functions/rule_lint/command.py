"""`python -m rule_lint check`: the same checks in a terminal and in CI. Here files are read; the checks are pure."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from kaizen.policy.sections.rule_lint import RuleLintPolicy
from rule_lint import comment, report
from rule_lint.lint import Report, lint

CLEAN, ERRORS, USAGE, WARNINGS = 0, 1, 2, 3
_ENDINGS = (".yml", ".yaml")
_ABOUT = "Exit codes: 0 clean, 1 errors, 2 wrong usage, 3 warnings (with --strict)."


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="rule_lint", description="Prometheus rules, checked.", epilog=_ABOUT)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check the files that one Prometheus loads", epilog=_ABOUT)
    check.add_argument("paths", nargs="*", help="files, and folders with .yml and .yaml files; the default is "
                       + ", ".join(RuleLintPolicy().paths))  # fmt: skip
    check.add_argument("--strict", action="store_true", help="warnings fail, too (3)")
    check.add_argument("--format", choices=("text", "json", "actions"), default="text", help="what is printed")
    check.add_argument("--summary", type=Path, metavar="FILE", help="write it as Markdown at the end of FILE, too")
    given = parser.parse_args(arguments)
    try:
        contents = {str(path): path.read_bytes() for path in _files(given.paths)}
    except OSError as error:
        print(f"rule_lint: {error.strerror}: {error.filename}", file=sys.stderr)
        return USAGE
    if not contents:
        print("rule_lint: there are no rule files", file=sys.stderr)
        return USAGE
    found = lint(contents)
    print({"text": report.text, "json": report.as_json, "actions": report.actions}[given.format](found))
    if given.summary is not None:
        with given.summary.open("a", encoding="utf-8") as file:
            file.write(markdown(found))
    return outcome(found, strict=given.strict)


def markdown(found: Report) -> str:
    """The report as the comment has it, all findings in it."""
    subject = comment.Subject(found, found.findings, (), lambda place, gone: "")
    return comment.write(subject).replace("in what this pull request changes", "in these files")


def outcome(found: Report, *, strict: bool) -> int:
    if found.count("error"):
        return ERRORS
    return WARNINGS if strict and found.count("warning") else CLEAN


def _files(paths: Sequence[str]) -> list[Path]:
    """Raises FileNotFoundError for a path that is not there."""
    if not paths:
        return sorted(each for pattern in RuleLintPolicy().paths for each in Path().glob(pattern))
    found: list[Path] = []
    for each in map(Path, paths):
        if each.is_dir():
            found += sorted(path for path in each.rglob("*") if path.suffix in _ENDINGS and path.is_file())
        elif each.exists():
            found.append(each)
        else:
            raise FileNotFoundError(2, "there is no such file", str(each))
    return found
