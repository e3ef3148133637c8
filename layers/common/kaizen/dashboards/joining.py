"""A dashboard that is gone from one place and new in another is one dashboard, which was moved. Pure.

Git and GitHub see most renames. They see none where the file was written anew as well, where JSON became Jsonnet, or
where a source that gives several dashboards gives one of them under another name.
"""

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kaizen.dashboards.files import FileDiff, file_diff, file_diffs

_LARGEST = 1 << 20  # bytes of a content that is kept, compressed: a hundred of them must have room
_SOURCE = re.compile(r"(?P<name>.*?\.jsonnet)(?:: .*)?", re.DOTALL)
Key = Callable[[FileDiff], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was compared. `content` is the one version of a dashboard that is new or gone, compressed; empty for
    all others."""

    diff: FileDiff
    content: bytes = b""

    @property
    def state(self) -> str:
        return self.diff.diff.state if self.content and self.diff.diff is not None else ""


def compared(path: str, before: bytes | None, after: bytes | None, old_path: str = "") -> list[Found]:
    """A file, as `file_diffs` takes it."""
    return [_found(each, before, after) for each in file_diffs(path, before, after, old_path)]


def _found(given: FileDiff, before: bytes | None, after: bytes | None) -> Found:
    state = given.diff.state if given.diff is not None and not given.problems else ""
    version = before if state == "removed" else after if state == "added" else None
    content = b"" if version is None else zlib.compress(version, 1)
    return Found(given, content if len(content) <= _LARGEST else b"")


def joined(given: Iterable[Found]) -> list[FileDiff]:
    """Those that are gone and those that are new made one, where one of each has the same uid, or within one Jsonnet
    source the same title."""
    found = list(given)
    for key in (_uid, _title):
        found = _joined(found, key)
    return [each.diff for each in found]


def _joined(given: Sequence[Found], key: Key) -> list[Found]:
    gone, new = (_alone([each for each in given if each.state == state], key) for state in ("removed", "added"))
    pairs = {id(new[sign]): gone[sign] for sign in new.keys() & gone.keys()}
    old = set(map(id, pairs.values()))
    return [_pair(pairs[id(each)], each) if id(each) in pairs else each for each in given if id(each) not in old]


def _pair(gone: Found, new: Found) -> Found:
    before, after = zlib.decompress(gone.content), zlib.decompress(new.content)
    return Found(file_diff(new.diff.path, before, after, gone.diff.path))


def _alone(given: Sequence[Found], key: Key) -> dict[tuple[str, ...], Found]:
    """By what each is known by; of two that have that in common neither is known."""
    signs = [key(each.diff) for each in given]
    counts = Counter(signs)
    return {sign: each for sign, each in zip(signs, given, strict=True) if sign and counts[sign] == 1}


def _uid(given: FileDiff) -> tuple[str, ...]:
    return (given.diff.uid,) if given.diff is not None and given.diff.uid else ()


def _title(given: FileDiff) -> tuple[str, ...]:
    source = _SOURCE.fullmatch(given.path)
    return (source["name"], given.diff.title) if source and given.diff is not None else ()
