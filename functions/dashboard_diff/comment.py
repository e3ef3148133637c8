"""What a reviewer reads: one comment on the pull request, with the marker by which it is found again. Pure."""

from collections.abc import Sequence

from kaizen.dashboards import markdown
from kaizen.dashboards.files import FileDiff

MARKER = "<!-- kaizen:dashboard-diff:v1 -->"
_WHOLE = "`./kaizen dashboard_diff git` shows all."


def write(files: Sequence[FileDiff], left_out: Sequence[str] = (), head_sha: str = "") -> str:
    """The comment with its marker."""
    note = f"at {head_sha[:7]}" if head_sha else ""
    return f"{MARKER}\n" + markdown.write(files, left_out, note, whole=_WHOLE)
