"""One pull request: what it changes in dashboards, in one comment and one report that are kept up to date."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dashboard_diff import comment
from dashboard_diff.page import About
from dashboard_diff.querying import Queries
from dashboard_diff.reading import MOST_FILES, compared, watched
from dashboard_diff.reports import Reports
from kaizen.dashboards import recorded
from kaizen.dashboards.files import FileDiff
from kaizen.dashboards.markdown import Links
from kaizen.events.github.pull_request import GithubPullRequest
from kaizen.github import comments
from kaizen.github.client import Github
from kaizen.github.comments import Author
from kaizen.github.contents import changed_files, merge_base, pull_request
from kaizen.github.watched import Reader
from kaizen.policy.sections.dashboard_diff import DashboardDiffPolicy
from kaizen.reviews import outdated
from kaizen.reviews.lease import Pull, Reviews
from kaizen.reviews.rounds import ACTIONS, reviewed

Result = Literal["created", "updated", "unchanged", "unwatched", "closed", "left", "ignored"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done. `left`: to the run that is at this pull request, and looks again before it ends."""

    result: Result
    head_sha: str = ""
    address: str = ""


class Reviewer:
    """`author` says whose comments are ours; `clock` gives aware UTC; `new_id` gives ids that nobody guesses; without
    `reports` there is the comment alone; `rules` are patterns of files with Prometheus' rules.

    Calls raise GithubError, and ClientError.
    """

    def __init__(
        self,
        github: Github,
        author: Callable[[Github], Author],
        reviews: Reviews,
        policy: DashboardDiffPolicy,
        clock: Callable[[], datetime],
        reports: Reports | None,
        new_id: Callable[[], str],
        rules: Sequence[str],
        queries: Queries,
    ) -> None:
        self._github = github
        self._author = author
        self._reviews = reviews
        self._policy = policy
        self._clock = clock
        self._reports = reports
        self._new_id = new_id
        self._rules = rules
        self._queries = queries

    def take(self, event: GithubPullRequest) -> Outcome:
        """Compare what the pull request changes now, which may be newer than the event. Raises RestlessError, too."""
        if event.action not in ACTIONS:
            return Outcome("ignored")
        pull = Pull(event.repository_id, event.number)

        def review(before: str) -> tuple[Outcome, str] | None:
            with outdated.said(self._github, self._author, event, comment.MARKER, before):
                outcome = self._review(event, before)
            return None if outcome is None else (outcome, outcome.head_sha)

        return reviewed(self._reviews, pull, self._clock, review) or Outcome("left")

    def _review(self, event: GithubPullRequest, before: str) -> Outcome | None:
        """None where the head moved meanwhile. `before` is the head of the last review, empty before the first."""
        repository, number = event.repository, event.number
        pull = pull_request(self._github, repository, number)
        if pull.state != "open":
            return Outcome("closed", head_sha=before)
        listed = changed_files(self._github, repository, pull)
        files = watched(listed.files, self._policy)
        if listed.complete and not files and not before:
            return Outcome("unwatched")
        base = merge_base(self._github, repository, pull.base_sha, pull.head_sha)
        diffs = compared(self._github, repository, files, base, pull.head_sha)
        if recorded.wanted(diffs):
            rules = Reader(self._github, repository).read(pull.head_sha, self._rules)
            diffs = recorded.explained(diffs, recorded.rules(rules.contents))
        left_out = []
        if not listed.complete:
            left_out.append(f"GitHub lists only {len(listed.files)} of {pull.changed_files} changed files.")
        if len(files) > MOST_FILES:
            left_out.append(f"{len(files) - MOST_FILES} of {len(files)} dashboards were not read.")
        if self._moved(repository, number, pull.head_sha):
            return None
        asked = self._queries.ask(diffs, fork=pull.head_repository.casefold() != repository.casefold())
        diffs = asked.files
        if asked.left_out:
            left_out.append(asked.left_out)
        if self._moved(repository, number, pull.head_sha):  # that takes its time
            return None
        links = self._published(event, diffs, left_out, pull.head_sha)
        body = comment.write(diffs, left_out, pull.head_sha, links)
        author = self._author(self._github)
        kept = comments.upsert(self._github, repository, number, comment.MARKER, author, body)
        return Outcome(kept.done, pull.head_sha, kept.address)

    def _moved(self, repository: str, number: int, head_sha: str) -> bool:
        return pull_request(self._github, repository, number).head_sha != head_sha

    def _published(
        self, event: GithubPullRequest, diffs: Sequence[FileDiff], left_out: Sequence[str], head_sha: str
    ) -> Links:
        """Where nothing is left to show, an earlier report stays as it is, and nothing links to it."""
        if self._reports is None or not diffs:
            return Links()
        pull = Pull(event.repository_id, event.number)
        name = f"{event.repository}#{event.number}"
        about = About(event.title, event.url, name, head_sha, f"{self._clock():%Y-%m-%d %H:%M} UTC")
        return self._reports.publish(lambda: self._reviews.report_id(pull, self._new_id()), diffs, left_out, about)
