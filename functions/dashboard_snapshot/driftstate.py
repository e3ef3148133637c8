"""What a run knows of drift: kept in its manifest. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dashboard_snapshot.drift import Item
from dashboard_snapshot.gitfiles import GitFile


@dataclass(frozen=True, slots=True)
class Drift:
    """`head` and `base` are commits; `base_from` says how the deployed one is known: `deployment`, `tag`, or empty for
    none. `judged_at` is when the sides were last compared. `items` are all that is not the same. `files` is the hash of
    the object that lists known versions of files, last written at `files_at`. `alike` are pairs of hashes (a file's, a
    dashboard's) that mean the same. `note` is the subject of the note that stands in Slack, empty for none."""

    repository: str
    folder: str
    head: str
    base: str
    base_from: str
    judged_at: str
    items: tuple[Item, ...]
    problems: tuple[str, ...]
    files: str
    files_at: str
    alike: tuple[tuple[str, str], ...]
    note: str = ""

    @property
    def deployed_by(self) -> str:
        """How the deployed commit is known, in words."""
        return {"deployment": "GitHub's newest deployment", "tag": "its tag"}.get(self.base_from, "")


def from_json(given: Mapping[str, Any] | None) -> Drift | None:
    """None for a manifest without drift. Raises KeyError, TypeError."""
    if given is None:
        return None
    plain = {name: given[name] for name in Drift.__dataclass_fields__ if name not in ("items", "problems", "alike")}
    items = tuple(Item(**{name: each[name] for name in Item.__dataclass_fields__}) for each in given["items"])
    alike = tuple((each[0], each[1]) for each in given["alike"])
    return Drift(**plain, items=items, problems=tuple(given["problems"]), alike=alike)


def files_to_json(known: Mapping[str, GitFile]) -> list[dict[str, Any]]:
    return [asdict(known[blob]) for blob in sorted(known)]


def files_from_json(given: list[dict[str, Any]]) -> dict[str, GitFile]:
    """By blob. Raises KeyError, TypeError."""
    made = [GitFile(**{name: each[name] for name in GitFile.__dataclass_fields__}) for each in given]
    return {each.blob: each for each in made}
