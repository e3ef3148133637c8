"""`python -m dashboard_diff BEFORE AFTER`, and `… git BASE..HEAD [PATHS]`: the same comparison without a stack.

Here files are read; the comparison is pure.
"""

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from dashboard_diff import comment, gitfiles, jsonnet
from dashboard_diff.gitfiles import Names
from dashboard_diff.page import About, html_page
from kaizen.dashboards import joining, recorded, report
from kaizen.dashboards.files import FileDiff, file_diff
from kaizen.dashboards.joining import Found
from kaizen.policy.sections.dashboard_diff import DashboardDiffPolicy
from kaizen.policy.sections.rule_lint import RuleLintPolicy

SAME, DIFFERENT, USAGE = 0, 1, 2
_ABOUT = """Exit codes: 0 compared, 1 changes (with --exit-code), 2 wrong usage, or one of two files is no dashboard.
With git, what could not be compared is said in words, and counts as a change.
/dev/null stands for a version that does not exist."""
_FORMATS: dict[str, Callable[[Sequence[FileDiff], bool], str]] = {
    "text": lambda files, noise: report.text(files, noise=noise),
    "markdown": lambda files, noise: comment.write(files),
    "html": lambda files, noise: html_page(files, (), About()),
    "json": lambda files, noise: report.as_json(files, noise=noise),
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="dashboard_diff",
        description="What changes between two versions of Grafana dashboards, without the noise.",
        usage="dashboard_diff [options] BEFORE AFTER\n       dashboard_diff [options] git BASE..HEAD [PATHS ...]",
        epilog=_ABOUT,
    )
    parser.add_argument("first", metavar="BEFORE", help="a file, or the word git")
    parser.add_argument("second", metavar="AFTER", help="a file, or two commits as BASE..HEAD")
    parser.add_argument("paths", nargs="*", metavar="PATHS", help="files and folders that are looked at, for git; the "
                        "default is " + ", ".join(DashboardDiffPolicy().paths))  # fmt: skip
    parser.add_argument("--format", choices=tuple(_FORMATS), default="text", help="what is printed")
    parser.add_argument("--exit-code", action="store_true", help="1 where there are changes")
    parser.add_argument("--show-noise", action="store_true", help="tell all that was left out, not only how much; "
                        "for text and json, html always does")  # fmt: skip
    given = parser.parse_args(arguments)
    try:
        files = _of_git(given.second, given.paths) if given.first == "git" else _of_files(given)
    except (gitfiles.GitError, ValueError) as error:
        print(f"dashboard_diff: {error}", file=sys.stderr)
        return USAGE
    except OSError as error:
        print(f"dashboard_diff: {error.strerror}: {error.filename}", file=sys.stderr)
        return USAGE
    print(_FORMATS[given.format](files, given.show_noise))
    if given.first != "git" and any(each.diff is None for each in files):
        return USAGE
    changed = any(each.diff is None or not each.diff.empty for each in files)
    return DIFFERENT if given.exit_code and changed else SAME


def _of_files(given: argparse.Namespace) -> list[FileDiff]:
    if given.paths:
        raise ValueError("two files are compared, no more")
    before, after = (None if each == "/dev/null" else Path(each).read_bytes() for each in (given.first, given.second))
    return [file_diff(given.first if after is None else given.second, before, after)]


def _of_git(pair: str, paths: Sequence[str]) -> list[FileDiff]:
    base, dots, head = pair.replace("...", "..").partition("..")
    if not dots or not base or not head:
        raise ValueError(f"{pair!r} is not BASE..HEAD")
    start = gitfiles.merge_base(base, head)
    changed = gitfiles.changed(start, head, paths)
    wanted = _wanted(paths)
    found = [one for each in changed for one in _json(start, head, each, wanted)]
    before, now = (set(filter(wanted, filter(jsonnet.is_source, gitfiles.names(at, paths)))) for at in (start, head))
    for path in paths:
        if not any(gitfiles.names(at, [path]) for at in (start, head)):
            raise ValueError(f"{path!r} names no file at either commit")
    found += jsonnet.compared(start, head, jsonnet.pairs(before, now, changed), shutil.which("jsonnet"))
    diffs = sorted(joining.joined(found), key=lambda each: each.path)
    if not recorded.wanted(diffs):
        return diffs
    return recorded.explained(diffs, recorded.rules(gitfiles.at(head, RuleLintPolicy().paths)))


def _wanted(paths: Sequence[str]) -> Callable[[str], bool]:
    """Jsonnet lies where the policy has dashboards, under the same names but for the ending; or in the paths given."""
    policy = DashboardDiffPolicy()

    def wanted(name: str) -> bool:
        plain = f"{name.removesuffix(jsonnet.SOURCE)}.json" if jsonnet.is_source(name) else name
        return bool(paths) or policy.watches(gitfiles.shown(plain))

    return wanted


def _json(start: str, head: str, names: Names, wanted: Callable[[str], bool]) -> list[Found]:
    old, new = ("" if jsonnet.is_jsonnet(name) else name for name in (names.old, names.new))
    if not any(name and wanted(name) for name in (old, new)):
        return []
    if names.link:
        return [Found(FileDiff(names.path, problems=("Not compared: under this name there is a link.",)))]
    before, after = gitfiles.content(start, old), gitfiles.content(head, new)
    return joining.compared(gitfiles.shown(new or old), before, after, gitfiles.shown(old))
