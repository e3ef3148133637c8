"""Check runs with any number of annotations. GitHub takes 50 a request, from a GitHub App alone.

https://docs.github.com/en/rest/checks/runs
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kaizen.github import reading
from kaizen.github.client import Github, repository_path
from kaizen.github.errors import TooLongError

BATCH = 50
LONGEST = 65_535  # characters of a summary or text
_TITLE, _MESSAGE = 255, 64 * 1024  # characters, bytes

Level = Literal["notice", "warning", "failure"]
Conclusion = Literal["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark on lines of a file, which need not be part of the change."""

    path: str
    start_line: int
    end_line: int
    level: Level
    message: str
    title: str = ""

    def content(self) -> dict[str, Any]:
        """As GitHub wants it; what is too long is cut."""
        given: dict[str, Any] = {
            "path": self.path,
            "start_line": self.start_line,
            "end_line": self.end_line,
            "annotation_level": self.level,
            "message": self.message.encode()[:_MESSAGE].decode("utf-8", "ignore"),
        }
        return given | ({"title": self.title[:_TITLE]} if self.title else {})


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found. `title` and `summary` must not be empty; summary and text are Markdown."""

    name: str
    conclusion: Conclusion
    title: str
    summary: str
    text: str = ""
    annotations: tuple[Annotation, ...] = ()
    details_url: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class CheckRun:
    check_run_id: int
    address: str
    requests: int  # that it took


def batches(annotations: Sequence[Annotation]) -> list[list[dict[str, Any]]]:
    """Annotations as GitHub takes them, 50 a request; one empty batch where there are none."""
    whole = [each.content() for each in annotations]
    return [whole[start : start + BATCH] for start in range(0, len(whole), BATCH)] or [[]]


def requests(report: Report, head_sha: str) -> list[dict[str, Any]]:
    """The bodies of the one POST and the PATCHes after it. Only the last one concludes: no check stands half told.

    Raises TooLongError for a summary or text that GitHub would refuse.
    """
    for name, given in (("summary", report.summary), ("text", report.text)):
        if len(given) > LONGEST:
            raise TooLongError(f"the check's {name} has {len(given)} characters, and GitHub takes {LONGEST}")
    output: dict[str, Any] = {"title": report.title[:_TITLE], "summary": report.summary}
    if report.text:
        output["text"] = report.text
    parts = batches(report.annotations)
    bodies: list[dict[str, Any]] = [
        {"status": "in_progress", "output": output | ({"annotations": part} if part else {})} for part in parts
    ]
    bodies[0] |= {"name": report.name, "head_sha": head_sha}
    bodies[0] |= {"details_url": report.details_url} if report.details_url else {}
    bodies[0] |= {"external_id": report.external_id} if report.external_id else {}
    bodies[-1] |= {"status": "completed", "conclusion": report.conclusion}
    return bodies


def create(github: Github, repository: str, head_sha: str, report: Report) -> CheckRun:
    """A new check run on a commit; GitHub shows the newest of each name. Raises TooLongError, GithubError."""
    root = f"{repository_path(repository)}/check-runs"
    first, *more = requests(report, head_sha)
    answer = github.post(root, first)
    check_run_id = reading.number(answer, "id")
    for body in more:
        github.patch(f"{root}/{check_run_id}", body)
    return CheckRun(check_run_id, reading.optional_text(answer, "html_url"), 1 + len(more))
