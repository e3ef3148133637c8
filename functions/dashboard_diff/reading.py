"""Both versions of every watched file that a pull request changes, from GitHub."""

from collections.abc import Iterator

from kaizen.dashboards import joining
from kaizen.dashboards.files import FileDiff
from kaizen.dashboards.joining import Found
from kaizen.dashboards.reading import LARGEST
from kaizen.github.client import Github
from kaizen.github.contents import ChangedFile, file_at
from kaizen.github.errors import NotAFileError, TooLargeFileError
from kaizen.policy.sections.dashboard_diff import DashboardDiffPolicy

MOST_FILES = 100  # two requests each: more would not be read within the function's time


def watched(files: tuple[ChangedFile, ...], policy: DashboardDiffPolicy) -> list[ChangedFile]:
    """Those that are dashboards on either side of a rename."""
    names = [each for each in files if any(policy.watches(path) for path in (each.path, each.previous_path) if path)]
    return sorted(names, key=lambda each: each.path)


def compared(github: Github, repository: str, files: list[ChangedFile], base: str, head: str) -> list[FileDiff]:
    """Each file at the merge base and at the head. Raises GithubError."""
    return joining.joined(_each(github, repository, files, base, head))


def _each(github: Github, repository: str, files: list[ChangedFile], base: str, head: str) -> Iterator[Found]:
    for each in files[:MOST_FILES]:
        try:
            before = file_at(github, repository, each.base_path, base, LARGEST).content if each.base_path else None
            after = file_at(github, repository, each.head_path, head, LARGEST).content if each.head_path else None
        except TooLargeFileError:
            problem = f"Not compared: it is larger than {LARGEST // 1024 // 1024} MiB."
            yield Found(FileDiff(each.path, problems=(problem,)))
        except NotAFileError:
            link = "Not compared: under this name there is a folder or a link."
            yield Found(FileDiff(each.path, problems=(link,)))
        else:
            yield from joining.compared(each.path, before, after, each.base_path)
