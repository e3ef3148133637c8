"""Commands as people copy them from a note or a page: whole, with the bucket and the run. Pure."""

from shlex import quote

LATEST = "latest"
WRITER = "/kaizen/grafana/writer"  # SSM parameter with a token that may write dashboards, unless another one is named
_NAME = "./kaizen dashboard_snapshot"


def diff(bucket: str, older: str, newer: str) -> str:
    return f"{_NAME} diff --bucket {quote(bucket)} {older} {newer}"


def patch(bucket: str, run: str, uid: str) -> str:
    return f"{_NAME} patch --bucket {quote(bucket)} {_named(run, uid)}"


def restore(bucket: str, grafana: str, run: str, uid: str) -> str:
    """As git has it. It only shows what would change, until --apply is added."""
    return f"{_NAME} restore --git --bucket {quote(bucket)} --grafana {quote(grafana)} {_named(run, uid)}"


def _named(run: str, uid: str) -> str:
    """Uids that Grafana makes may begin with a hyphen, as options do."""
    return f"{'-- ' if uid.startswith('-') else ''}{run} {quote(uid)}"
