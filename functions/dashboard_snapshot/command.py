"""`python -m dashboard_snapshot diff | runs | export | patch | restore …`: what the bucket holds, without a stack.

AWS's own variables and profiles say whose bucket it is; the comparison is the one of the door and of pull requests.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from dashboard_snapshot.canonical import ContentError
from dashboard_snapshot.commands import LATEST, WRITER
from dashboard_snapshot.comparing import compared
from dashboard_snapshot.diffs import told
from dashboard_snapshot.errors import GrafanaError
from dashboard_snapshot.exporting import FolderError, export
from dashboard_snapshot.grafana import Grafana
from dashboard_snapshot.layout import DIFFS
from dashboard_snapshot.model import Manifest, ManifestError, reasons_of
from dashboard_snapshot.page import headline, html_page, text_page
from dashboard_snapshot.patching import PatchError, patch_of
from dashboard_snapshot.printing import as_json, cautions
from dashboard_snapshot.restoring import RestoreError, look, put_back
from dashboard_snapshot.store import FAILURES, NoRunError, SnapshotStore
from kaizen.dashboards import report
from kaizen.dashboards.sentences import many
from kaizen.runtime.clients import Limits, client
from kaizen.runtime.outbound import Outbound
from kaizen.runtime.secrets import SecretError, secret
from kaizen.times import utc_now

SAME, DIFFERENT, USAGE = 0, 1, 2
_LIMITS = Limits(connect=5, read=30, attempts=3)
_PATIENCE = 120.0  # seconds that a pause of Grafana's may take
_FAULTS = (
    NoRunError, ManifestError, FolderError, PatchError, RestoreError, GrafanaError, ContentError, SecretError, OSError,
)  # fmt: skip
_ALL = 10_000  # dashboards: here nobody waits for an answer of limited size
_ABOUT = f"""Exit codes: 0 done, 1 differences (diff --exit-code, restore without --apply), 2 not done, and why.
The bucket's name is the output SnapshotsBucketName of the stack. {LATEST} is the last complete run; where git is
compared (patch, restore --git) it is the last run that compared it. Before a UID that begins with a hyphen, and its
RUN, put --: patch --bucket B -- {LATEST} -0BOIbZ7z"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="dashboard_snapshot", description="What Grafana held.", epilog=_ABOUT)
    commands = parser.add_subparsers(dest="command", required=True, metavar="diff | runs | export | patch | restore")
    diff = commands.add_parser("diff", help="what differs between two runs", epilog=_ABOUT)
    diff.add_argument("older", metavar="RUN", help="a run, such as 20261128T140000Z-1c73f2a")
    diff.add_argument("newer", metavar="RUN")
    diff.add_argument("--format", choices=("text", "markdown", "html", "json"), default="text", help="what is printed")
    diff.add_argument("--exit-code", action="store_true", help="1 where dashboards differ")
    runs = commands.add_parser("runs", help="the runs of the last days, newest first")
    runs.add_argument("--days", type=int, default=2, help="how many days back")
    files = commands.add_parser("export", help="a run as files, with the differences from the run exported before")
    files.add_argument("run", metavar="RUN", help=f"a run, or {LATEST}: the last complete one")
    files.add_argument("folder", metavar="FOLDER", type=Path, help="empty, or written by an export before")
    files.add_argument("--git-ref", default="", help="written to .git_ref instead of the run's own")
    change = commands.add_parser("patch", help="an edit in the UI as a patch for `git apply`, in the file's own style")
    back = commands.add_parser("restore", help="put one dashboard back; without --apply it only shows what changes")
    for each in (change, back):
        each.add_argument("run", metavar="RUN", help=f"a run, or {LATEST}: the last one, see below")
        each.add_argument("uid", metavar="UID", help="the dashboard's, as its address in Grafana has it")
    back.add_argument("--git", action="store_true", help="as git had it at that run, instead of as Grafana had it")
    back.add_argument("--apply", type=int, metavar="VERSION", help="save it; VERSION is the one that the look named")
    back.add_argument("--grafana", required=True, metavar="URL", help="Grafana's address, without /api")
    back.add_argument(
        "--token-parameter",
        default=WRITER,
        metavar="NAME",
        help=f"SSM parameter with a token that may write dashboards; {WRITER} unless it is given",
    )
    for each in (diff, runs, files, change, back):
        each.add_argument("--bucket", required=True, help="the bucket of the snapshots")
    given = parser.parse_args(arguments)
    try:
        store = SnapshotStore(client("s3", _LIMITS), given.bucket)
        return _COMMANDS[given.command](store, given)
    except (*_FAULTS, *FAILURES) as error:
        print(f"dashboard_snapshot: {error}", file=sys.stderr)
        return USAGE


def _runs(store: SnapshotStore, given: argparse.Namespace) -> int:
    for run, outcome in store.runs(utc_now(), given.days):
        print(f"{run}  {outcome}")
    return SAME


def _export(store: SnapshotStore, given: argparse.Namespace) -> int:
    manifest = _run(store, given.run)
    written = export(store, manifest, given.folder, given.git_ref)
    differ = sum(name.startswith(f"{DIFFS}/") for name in written)
    print(
        f"{given.folder}: run {manifest.run}, {many(len(manifest.entries), 'dashboard')}, {differ} differ from before"
    )
    if not manifest.complete:
        print(f"dashboard_snapshot: the run is partial: {reasons_of(manifest.reasons)}", file=sys.stderr)
    return SAME


def _patch(store: SnapshotStore, given: argparse.Namespace) -> int:
    text, caution = patch_of(_judged(store, given.run), given.uid, store.content)
    if caution:
        print(f"dashboard_snapshot: {caution}", file=sys.stderr)
    sys.stdout.write(text)
    return SAME


def _restore(store: SnapshotStore, given: argparse.Namespace) -> int:
    outbound = Outbound(read=20)
    try:
        grafana = Grafana(given.grafana, outbound, given.token_parameter, secret, Event().wait, lambda: _PATIENCE)
    except ValueError as error:
        raise RestoreError("--grafana is no plain https address") from error
    manifest = _judged(store, given.run) if given.git else _run(store, given.run)
    found = look(grafana, store, manifest, given.uid, git=given.git)
    print(f"{given.uid} from {found.source}; Grafana holds version {found.version}")
    if found.same:
        print("nothing to put back: Grafana holds the same")
        return SAME
    print(found.place)
    print(report.text([found.diff]))
    if given.apply is None:
        print(f"nothing is saved yet; add --apply {found.version} to save it")
        return DIFFERENT
    put_back(grafana, given.uid, found, given.apply)
    print("saved, and read back as it should be")
    return SAME


def _run(store: SnapshotStore, name: str) -> Manifest:
    """Raises NoRunError."""
    if name != LATEST:
        return store.run(name)
    found = store.last(utc_now(), "complete")
    if found is None:
        raise NoRunError("there is no complete run")
    return found


def _judged(store: SnapshotStore, name: str) -> Manifest:
    """The newest run that knows how git and Grafana differ: a partial one does, too, and notes are of these.

    Raises NoRunError.
    """
    newest = store.last(utc_now()) if name == LATEST else None
    return newest if newest is not None and newest.drift is not None else _run(store, name)


def _diff(store: SnapshotStore, given: argparse.Namespace) -> int:
    found = compared(store.run(given.older), store.run(given.newer))
    differences = told(found, store.content, _ALL)
    files = [each.diff for each in differences if each.diff is not None]
    match given.format:
        case "json":
            print(as_json(found, differences))
        case "markdown":
            print(text_page(found, differences, store.bucket))
        case "html":
            print(html_page(found, differences, "", "", {}))
        case _:
            print(headline(found))
            for line in cautions(found):
                print(line)
            for each in differences:
                # Dashboards are shown below, part by part.
                author = f", {each.difference.source}: {each.difference.author}" if each.difference.author else ""
                print(f"{each.difference.what:8}{each.difference.entry.path}{author}")
                for leaf in each.leaves:
                    print(f"        {leaf}")
            if files:
                print(report.text(files))
            for entry in found.unread:
                print(f"not read in one of the runs: {entry.path}")
    return DIFFERENT if given.exit_code and found.differences else SAME


_COMMANDS = {"runs": _runs, "diff": _diff, "export": _export, "patch": _patch, "restore": _restore}
