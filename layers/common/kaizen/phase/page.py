"""The heatmap's page as it lies beside the functions: its files, and its build, which is the hash of them all.

Two doors need it: phase_heatmap serves the files, and schema_handshake tells a page of another build to reload.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Where the files are, below the folder that all functions are deployed in.
FOLDER = Path("phase_heatmap") / "web"
DOCUMENT = "index.html"
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}
_BUILD_CHARACTERS = 16
_PLACE = b"{{build}}"  # in the document, where the addresses of assets name the build


@dataclass(frozen=True, slots=True)
class File:
    """`digest` is the hash of the bytes, in hex."""

    content_type: str
    data: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Page:
    """`document` has the build in the addresses of its assets; `assets` are the other files, by name."""

    build: str
    document: File
    assets: Mapping[str, File]


def read_page(functions: Path) -> Page:
    """The page in the folder of all functions. Raises OSError when it is not there."""
    found = {
        path.name: path.read_bytes()
        for path in sorted((functions / FOLDER).iterdir())
        if path.suffix in CONTENT_TYPES and path.is_file()
    }
    build = _build(found)
    if DOCUMENT not in found:
        raise FileNotFoundError(f"{functions / FOLDER} has no {DOCUMENT}")
    document = found.pop(DOCUMENT).replace(_PLACE, build.encode())
    return Page(build, _file(DOCUMENT, document), {name: _file(name, data) for name, data in found.items()})


def _build(files: Mapping[str, bytes]) -> str:
    """Of names and bytes; each with its length, so that no two sets of files look the same."""
    whole = hashlib.sha256()
    for name, data in files.items():
        for part in (name.encode(), data):
            whole.update(len(part).to_bytes(8))
            whole.update(part)
    return whole.hexdigest()[:_BUILD_CHARACTERS]


def _file(name: str, data: bytes) -> File:
    return File(CONTENT_TYPES[Path(name).suffix], data, hashlib.sha256(data).hexdigest())
