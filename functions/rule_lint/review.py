"""One pull request reviewed: what its head has that its merge base has not, in one comment that is kept up to date."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from kaizen.events.github.pull_request import GithubPullRequest
from kaizen.github import checks, comments
from kaizen.github.client import Github
from kaizen.github.comments import Author
from kaizen.github.contents import PullRequest, changed_files, merge_base, pull_request
from kaizen.github.watched import Files, Reader
from kaizen.policy.sections.rule_lint import RuleLintPolicy
from kaizen.reviews import outdated
from kaizen.reviews.lease import Pull, Reviews
from kaizen.reviews.rounds import ACTIONS, reviewed
from rule_lint import checkrun, comment, references
from rule_lint.changes import changes, moved_back
from rule_lint.files import read
from rule_lint.lint import Around, checked, lint
from rule_lint.model import Finding, Place
from rule_lint.replaying import Replayer
from rule_lint.severities import Ranks

Result = Literal["created", "updated", "unchanged", "silent", "unwatched", "closed", "left", "ignored"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done. `left`: to the run that is at this pull request, and looks again before it ends."""

    result: Result
    introduced: tuple[Finding, ...] = ()
    head_sha: str = ""
    address: str = ""


class Reviewer:
    """`author` says whose comments are ours; `clock` gives aware UTC; `dashboards` are patterns of those
    that read recording rules; `replayer` is for this run alone. Calls raise GithubError, and ClientError."""

    def __init__(
        self,
        github: Github,
        author: Callable[[Github], Author],
        reviews: Reviews,
        policy: RuleLintPolicy,
        clock: Callable[[], datetime],
        replayer: Replayer,
        dashboards: Sequence[str] = (),
    ) -> None:
        self._dashboards = tuple(dashboards)
        self._github = github
        self._author = author
        self._reviews = reviews
        self._policy = policy
        self._clock = clock
        self._replayer = replayer

    def take(self, event: GithubPullRequest) -> Outcome:
        """Review the pull request as it is now, which may be newer than the event. Raises RestlessError, too."""
        if event.action not in ACTIONS:
            return Outcome("ignored")
        pull = Pull(event.repository_id, event.number)

        def review(before: str) -> tuple[Outcome, str] | None:
            with outdated.said(self._github, self._author, event, comment.MARKER, before):
                outcome = self._review(event.repository, event.number, before)
            return None if outcome is None else (outcome, outcome.head_sha)

        return reviewed(self._reviews, pull, self._clock, review) or Outcome("left")

    def _review(self, repository: str, number: int, before: str) -> Outcome | None:
        """None where the head moved meanwhile. `before` is the head of the last review, empty before the first."""
        pull = pull_request(self._github, repository, number)
        if pull.state != "open":
            return Outcome("closed", head_sha=before)
        listed = changed_files(self._github, repository, pull)
        touched = any(self._policy.watches(path) for each in listed.files for path in (each.path, each.previous_path))
        if listed.complete and not touched and not before:
            return Outcome("unwatched")
        renamed = {each.previous_path: each.path for each in listed.files if each.status == "renamed"}
        subject = self._subject(repository, pull, renamed)
        if self._moved(repository, pull):
            return None
        subject = self._replayed(repository, pull, subject)
        if any(each.replay for each in subject.changes) and self._moved(repository, pull):  # that takes its time
            return None
        if pull.head_sha != before and self._author(self._github).app_id:  # a token may not write check runs
            checks.create(self._github, repository, pull.head_sha, checkrun.report(subject))
        return self._say(repository, pull, subject)

    def _moved(self, repository: str, pull: PullRequest) -> bool:
        return pull_request(self._github, repository, pull.number).head_sha != pull.head_sha

    def _replayed(self, repository: str, pull: PullRequest, subject: comment.Subject) -> comment.Subject:
        fork = pull.head_repository.casefold() != repository.casefold()
        found = self._replayer.replay(subject.changes, subject.report.rules, fork=fork)
        return replace(subject, changes=found.changes, not_replayed=found.left_out)

    def _subject(self, repository: str, pull: PullRequest, renamed: Mapping[str, str]) -> comment.Subject:
        """`renamed` are the new names of paths: what was wrong in a file before it moved is not brought by the move."""
        base = merge_base(self._github, repository, pull.base_sha, pull.head_sha)
        reader = Reader(self._github, repository)
        before, after = (reader.read(each, self._policy.paths) for each in (base, pull.head_sha))
        tests_before, tests = (self._tests(reader, each) for each in (base, pull.head_sha))
        moved = {path: new for path, new in renamed.items() if path in before.contents and new not in before.contents}
        then = lint(
            {moved.get(path, path): each for path, each in before.contents.items()},
            self._policy,
            self._around(before, tests_before),
        )
        files = [read(path, after.contents[path]) for path in sorted(after.contents)]
        around = replace(self._around(after, tests), before=references.defined(then.rules))
        dashboards = Files()
        if around.before - references.defined([rule for each in files for rule in each.rules]):
            dashboards = reader.read(pull.head_sha, self._dashboards)
            around = replace(around, dashboards=dashboards.contents)
        now = checked(files, self._policy, around)
        known = {each.id for each in then.findings}
        unread = after.unread | {renamed.get(path, path) for path in before.unread}
        return comment.Subject(
            now,
            tuple(each for each in now.findings if each.id not in known),
            moved_back(changes(then.files, now.files, Ranks(self._policy.severities), unread), moved),
            linker(pull, base),
            pull.head_sha,
            _gaps(before, after, dashboards, tests or Files()),
        )

    def _tests(self, reader: Reader, commit: str) -> Files | None:
        return reader.read(commit, self._policy.tests) if self._policy.tests else None

    def _around(self, files: Files, tests: Files | None) -> Around:
        known = None if tests is None or tests.left_out else tests.contents
        return Around(self._clock().date(), tests=known, complete=not files.left_out)

    def _say(self, repository: str, pull: PullRequest, subject: comment.Subject) -> Outcome:
        """Write the comment; where there is nothing to say, only if one of ours is there to be put right."""
        author = self._author(self._github)
        if not subject.worth_saying and not comments.there(
            self._github, repository, pull.number, comment.MARKER, author
        ):
            return Outcome("silent", head_sha=pull.head_sha)
        body = comment.write(subject)
        kept = comments.upsert(self._github, repository, pull.number, comment.MARKER, author, body)
        return Outcome(kept.done, subject.introduced, pull.head_sha, kept.address)


def _gaps(before: Files, after: Files, *more: Files) -> tuple[str, ...]:
    """What was not read, each once; what was too large at the merge base as well is said of the head."""
    found = [*after.left_out, *(each for files in more for each in files.left_out)]
    found += [f"At the merge base: {each}" for each in before.left_out if each not in after.left_out]
    return tuple(dict.fromkeys(found))


def linker(pull: PullRequest, base: str) -> Callable[[Place, bool], str]:
    """Addresses of places: at the head, or at the merge base for what is gone."""
    root = pull.address.rpartition("/pull/")[0]

    def link(place: Place, gone: bool) -> str:
        if not root.startswith("https://"):
            return ""
        return f"{root}/blob/{base if gone else pull.head_sha}/{quote(place.path)}#L{place.line}"

    return link
