"""`python -m rule_lint check`: the same checks in a terminal and in CI. Here files are read; the checks are pure.

`backtest` asks a Prometheus what the alerts of files did over the last week, or what a change would make of that.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from glob import glob
from pathlib import Path

from kaizen.github.markdown import plain
from kaizen.policy.document import PolicyError, parse
from kaizen.policy.sections.rule_lint import RuleLintPolicy
from kaizen.prometheus.client import Prometheus
from kaizen.runtime.outbound import Outbound
from kaizen.times import utc_now
from rule_lint import comment, report
from rule_lint.changes import changes
from rule_lint.checks import ALL, BY_NAME, explained
from rule_lint.files import read
from rule_lint.lint import Around, Report, lint
from rule_lint.replaying import Replayer
from rule_lint.severities import Ranks

CLEAN, ERRORS, USAGE, WARNINGS = 0, 1, 2, 3
_MOST, _PATIENCE = 200, timedelta(minutes=10)  # alerts of one backtest, and how long it goes on asking
_ENDINGS = (".yml", ".yaml")
_ABOUT = "Exit codes: 0 clean, 1 errors, 2 wrong usage, 3 warnings (with --strict)."


class UsageError(Exception):
    """The command was given what it cannot work with."""


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    if given.command == "explain":
        return _explain(given.check)
    try:
        return _backtest(given) if given.command == "backtest" else _check(given)
    except OSError as error:
        words = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        print(f"rule_lint: {words}", file=sys.stderr)
    except (UsageError, PolicyError) as error:
        print(f"rule_lint: {error}", file=sys.stderr)
    return USAGE


def _check(given: argparse.Namespace) -> int:
    """Raises OSError, PolicyError, UsageError."""
    policy = _policy(given.policy)
    contents = {str(path): path.read_bytes() for path in _files(given.paths, policy)}
    around = Around(utc_now().date(), tests=_tests(given.tests or policy.tests))
    known = frozenset() if given.baseline is None else _baseline(given.baseline)
    if not contents:
        raise UsageError("there are no rule files")
    whole = lint(contents, policy, around)
    found = replace(whole, findings=tuple(each for each in whole.findings if each.id not in known))
    print({"text": report.text, "json": report.as_json, "actions": report.actions}[given.format](found))
    if known and given.format == "text":
        print(f"{len(whole.findings) - len(found.findings)} findings of the baseline are left out.")
    if given.summary is not None:
        with given.summary.open("a", encoding="utf-8") as file:
            file.write(markdown(found))
    return outcome(found, strict=given.strict)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rule_lint", description="Prometheus rules, checked.", epilog=_ABOUT)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check the files that one Prometheus loads", epilog=_ABOUT)
    check.add_argument("paths", nargs="*", help="files, and folders with .yml and .yaml files; the default is "
                       + ", ".join(RuleLintPolicy().paths))  # fmt: skip
    check.add_argument("--strict", action="store_true", help="warnings fail, too (3)")
    check.add_argument("--format", choices=("text", "json", "actions"), default="text", help="what is printed")
    check.add_argument("--summary", type=Path, metavar="FILE", help="write it as Markdown at the end of FILE, too")
    check.add_argument("--policy", type=Path, metavar="FILE", help="a policy, of which [rule_lint] is taken")
    check.add_argument("--baseline", type=Path, metavar="FILE", help="leave out what FILE, made by --format json, has")
    check.add_argument("--tests", nargs="+", metavar="GLOB", help="promtool's tests: alerts that none names are told")
    backtest = commands.add_parser("backtest", help="what the alerts of files did over the last 7 days")
    backtest.add_argument("paths", nargs="+", help="files, and folders with .yml and .yaml files")
    backtest.add_argument("--prometheus", required=True, metavar="URL", help="its address, without /api/v1")
    backtest.add_argument("--token-file", metavar="FILE", help="holds the bearer token, which goes by https only")
    backtest.add_argument("--before", nargs="+", metavar="PATH", help="what they were: changed alerts alone are told")
    explain = commands.add_parser("explain", help="what a check finds, why, and what to do")
    explain.add_argument("check", nargs="?", help="its name; without one all are listed")
    return parser


def _backtest(given: argparse.Namespace) -> int:
    """0 where every alert was replayed, else 1. Raises OSError, UsageError."""

    def token(parameter: str, *, fresh: bool = False) -> str:
        return Path(parameter).read_text(encoding="utf-8")

    try:
        prometheus = Prometheus(given.prometheus, Outbound(), given.token_file, token)
    except ValueError as error:
        raise UsageError(str(error)) from error
    then, now = ([read(str(each), each.read_bytes()) for each in _files(paths, RuleLintPolicy())] if paths else []
                 for paths in (given.before, given.paths))  # fmt: skip
    found = changes(then, now, Ranks(RuleLintPolicy().severities))
    if given.before is None:  # then no record is known to be new: what the alerts read was there
        found = tuple(each for each in found if each.now is not None and each.now.kind == "alert")
    replayer = Replayer(lambda: prometheus, utc_now, most=_MOST, patience=_PATIENCE)
    done = replayer.replay(found, () if given.before is None else [rule for file in now for rule in file.rules])
    for each in done.changes:
        if each.replay:
            print(plain(f"{each.place}: {each.title}: {each.replay}", 1000))
    if done.left_out:
        print(done.left_out)
    failed = done.left_out or any("could not be replayed" in each.replay for each in done.changes)
    return ERRORS if failed else CLEAN


def _explain(name: str | None) -> int:
    if name is None:
        print("\n".join(f"{each.name:16} {each.level:8} {each.finds}" for each in ALL))
        return CLEAN
    if name not in BY_NAME:
        print(f"rule_lint: there is no check {name!r}; these are: {', '.join(BY_NAME)}", file=sys.stderr)
        return USAGE
    print(explained(BY_NAME[name]))
    return CLEAN


def _policy(path: Path | None) -> RuleLintPolicy:
    """Raises OSError, PolicyError, UsageError."""
    if path is None:
        return RuleLintPolicy()
    try:
        return parse(path.read_text(encoding="utf-8")).rule_lint
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no policy: it is not UTF-8") from error


def _tests(globs: Sequence[str]) -> dict[str, bytes] | None:
    """Raises OSError; UsageError where there is none: then every alert would be told of."""
    found = {str(path): path.read_bytes() for each in globs for path in _globbed(each) if path.is_file()}
    if globs and not found:
        raise UsageError(f"there are no tests like {', '.join(globs)}")
    return found if globs else None


def _globbed(pattern: str) -> list[Path]:
    """Paths below this folder, or of any folder where the pattern is an absolute one."""
    return [Path(each) for each in sorted(glob(pattern, recursive=True, include_hidden=True))]


def _baseline(path: Path) -> frozenset[str]:
    """The ids of an earlier report. Raises OSError, UsageError."""
    try:
        return frozenset(str(each["id"]) for each in json.loads(path.read_bytes())["findings"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{path} is no report of --format json") from error


def markdown(found: Report) -> str:
    """The report as the comment has it, all findings in it."""
    subject = comment.Subject(found, found.findings, (), lambda place, gone: "")
    return comment.write(subject).replace("in what this pull request changes", "in these files")


def outcome(found: Report, *, strict: bool) -> int:
    if found.count("error"):
        return ERRORS
    return WARNINGS if strict and found.count("warning") else CLEAN


def _files(paths: Sequence[str], policy: RuleLintPolicy) -> list[Path]:
    """Raises FileNotFoundError for a path that is not there."""
    if not paths:
        return sorted(each for pattern in policy.paths for each in _globbed(pattern))
    found: list[Path] = []
    for each in map(Path, paths):
        if each.is_dir():
            found += sorted(path for path in each.rglob("*") if path.suffix in _ENDINGS and path.is_file())
        elif each.exists():
            found.append(each)
        else:
            raise FileNotFoundError(2, "there is no such file", str(each))
    return found
