"""Which files a Jsonnet source imports, read without running it.

Sources come from whoever opens a pull request, and an import of /etc/passwd would put that file into a comment. Jsonnet
has no computed imports: after each `import` stands its path. What looks like an import within a comment or a text is
taken for one, too: that is harmless.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_MOST = 5000  # files of one source
_LONGEST = 4095  # bytes of a path, for the system
_IMPORT = re.compile(
    r"""(?<![A-Za-z0-9_"'])import(?P<text>str|bin)?\s*(?:(?P<comment>//|/\*|\#)|(?P<raw>@?)(?P<quote>["']))"""
)


class UnsafeError(ValueError):
    """The source must not be run; the message says why."""


def reached(root: Path, source: Path, libraries: Sequence[Path]) -> dict[str, bytes]:
    """The source and all that it imports, by their paths below `root`; what is not there is left out, as jsonnet will
    say so. `libraries` are folders in which jsonnet looks, too. Raises UnsafeError."""
    root = root.resolve()
    found: dict[str, bytes] = {}
    waiting, seen = [(source, True)], {(source, True)}
    while waiting:
        at, is_code = waiting.pop()
        real = at.resolve()
        if not real.is_relative_to(root):
            raise UnsafeError("it is a link to a file outside of the repository")
        if not real.is_file():
            continue
        content = real.read_bytes()
        found[str(real.relative_to(root))] = content
        if len(found) > _MOST:
            raise UnsafeError(f"it imports more than {_MOST} files")
        for path, more_code in _paths(content) if is_code else ():
            for folder in (at.parent, *libraries):
                place = _place(root, folder / path)
                if place is not None and (place, more_code) not in seen:
                    seen.add((place, more_code))
                    waiting.append((place, more_code))
    return found


def _place(root: Path, path: Path) -> Path | None:
    """Where the system finds a file, its own name kept: what it imports is looked for beside it. None for no file."""
    real = path.resolve()
    if not real.exists() or real.is_dir():
        return None
    if not real.is_relative_to(root):
        raise UnsafeError(f"it imports {path.name!r} from outside of the repository")
    return path.parent.resolve() / path.name


def _paths(content: bytes) -> Iterator[tuple[str, bool]]:
    """Each path, and whether what it names is Jsonnet again."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:  # jsonnet would read it in its own way
        raise UnsafeError("it is not UTF-8") from error
    for found in _IMPORT.finditer(text):
        if found["comment"]:
            raise UnsafeError("a comment stands between an import and its path, which is not read")
        end = text.find(found["quote"], found.end())
        path = text[found.end() : end]
        if end < 0 or len(path.encode()) > _LONGEST:
            continue  # no path, for jsonnet and for the system
        if path.startswith("/"):
            raise UnsafeError(f"it imports {path[:200]!r}, and only files of the repository are read")
        escaped = "\\" in path and not found["raw"]
        doubled = found["raw"] and text[end + 1 : end + 2] == found["quote"]
        if escaped or doubled or "\0" in path:
            raise UnsafeError(f"it imports {path[:200]!r}, which is no plain path")
        yield path, not found["text"]
