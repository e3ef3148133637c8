"""What a reviewer reads: one comment on the pull request, with the marker by which it is found again. Pure."""

from collections.abc import Sequence

from kaizen.dashboards import markdown
from kaizen.dashboards.files import FileDiff
from kaizen.dashboards.markdown import Links

MARKER = "<!-- kaizen:dashboard-diff:v1 -->"
_NONE = Links()


def write(files: Sequence[FileDiff], left_out: Sequence[str] = (), head_sha: str = "", links: Links = _NONE) -> str:
    """The comment with its marker."""
    note = f"at {head_sha[:7]}" if head_sha else ""
    whole = f"[The full report]({links.page})" if links.page else "`./kaizen dashboard_diff git`"
    return f"{MARKER}\n" + markdown.write(files, left_out, note, whole=f"{whole} shows all.", links=links)
