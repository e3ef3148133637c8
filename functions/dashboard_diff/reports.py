"""A pull request's report: written where its door reads it, and the links to it for the comment."""

import hashlib
from collections.abc import Callable, Sequence

from dashboard_diff.door import PAGE, PICTURE
from dashboard_diff.page import About, html_page
from dashboard_diff.store import ReportStore
from kaizen.dashboards import picture
from kaizen.dashboards.files import FileDiff
from kaizen.dashboards.markdown import Links

_MOST_PICTURES = 20  # of one pull request


class Reports:
    """`api` is the address of our doors; only an https one is shown to GitHub, which loads pictures itself."""

    def __init__(self, store: ReportStore, api: str) -> None:
        self._store = store
        self._api = api.rstrip("/")

    def publish(
        self, report_id: Callable[[], str], files: Sequence[FileDiff], left_out: Sequence[str], about: About
    ) -> Links:
        """Raises ClientError."""
        name = report_id()
        pictures = dict(self._pictures(name, files)) if self._api.startswith("https://") else {}
        self._store.write(name, html_page(files, left_out, about).encode(), PAGE)
        return Links(f"{self._api}/reviews/{name}", pictures)

    def _pictures(self, name: str, files: Sequence[FileDiff]) -> Sequence[tuple[str, str]]:
        """Paths with addresses. The digest has no meaning but for caches: a picture that changed is loaded anew."""
        relaid = [
            (each.path, each.diff.plan, each.diff.title)
            for each in files
            if each.diff is not None and each.diff.layout and each.diff.plan is not None
        ]
        found = []
        for number, (path, plan, title) in enumerate(relaid[:_MOST_PICTURES], 1):
            drawn = picture.both(plan, title).encode()
            self._store.write(f"{name}-{number}.svg", drawn, PICTURE)
            digest = hashlib.sha256(drawn).hexdigest()[:12]
            found.append((path, f"{self._api}/reviews/{name}-{number}.svg?at={digest}"))
        return found
