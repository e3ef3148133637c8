"""One Jsonnet source made into JSON, by the program `jsonnet`.

Whoever opens a pull request may write sources that never end, fill the memory or read other files. So each one has a
limit of time, of memory and of output, no environment, and is not run at all where it would leave the repository.
"""

import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dashboard_diff.imports import UnsafeError, reached

SECONDS = 20  # for one source at one commit
ALL_SECONDS = 300  # for all of them
_MEMORY = 2 << 30  # bytes
_OUTPUT = 32 << 20  # bytes; the largest dashboard that is read has fewer, also when it is indented
_WORDS = 300  # characters of what jsonnet says
_MISSING, _BUNDLE = "couldn't open import", "jsonnetfile.json"


class RenderError(Exception):
    """The source gives no JSON; the message is jsonnet's own, or says what stopped it."""


@dataclass(frozen=True, slots=True)
class Side:
    """A commit's files below `root`. `program` is where jsonnet lies, None where there is none; `until` is on the
    clock of `time.monotonic`."""

    root: Path
    program: str | None
    until: float

    def reached(self, name: str) -> Mapping[str, bytes]:
        """The source and all that it imports. Raises UnsafeError."""
        return reached(self.root, self.root / name, self._libraries(name))

    def rendered(self, name: str) -> bytes:
        """Raises RenderError."""
        if self.program is None:
            raise RenderError("the program jsonnet is not installed")
        try:
            self.reached(name)
        except UnsafeError as error:
            raise RenderError(str(error)) from error
        seconds = min(SECONDS, self.until - time.monotonic())
        if seconds <= 0:
            raise RenderError(f"no time was left: all sources together have {ALL_SECONDS} s")
        libraries = [part for each in self._libraries(name) for part in ("-J", str(each))]
        try:
            return _run([self.program, "--max-trace", "3", *libraries, "--", name], self.root, seconds)
        except RenderError as error:
            if _MISSING in str(error) and any((each / _BUNDLE).is_file() for each in self._above(name)):
                hint = f"Nothing is installed from {_BUNDLE}: its folder vendor must be committed"
                raise RenderError(f"{error}. {hint}") from error
            raise

    def _above(self, name: str) -> list[Path]:
        """The folders on the way to the source, the nearest first."""
        return [each for each in (self.root / name).parents if each.is_relative_to(self.root)]

    def _libraries(self, name: str) -> list[Path]:
        """Each folder `vendor` on the way to the source. Jsonnet looks into the last first, which is the nearest."""
        return [each / "vendor" for each in reversed(self._above(name)) if (each / "vendor").is_dir()]


def _run(command: list[str], folder: Path, seconds: float) -> bytes:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as said:
        try:
            code = subprocess.run(  # noqa: S603 - no shell
                command, cwd=folder, env={}, stdin=subprocess.DEVNULL, stdout=output, stderr=said, timeout=seconds,
                check=False, preexec_fn=_limited,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise RenderError(f"it was stopped after {seconds:.0f} s") from error
        said.seek(0)
        if code == -signal.SIGXFSZ:
            raise RenderError(f"it gives more than {_OUTPUT >> 20} MiB")
        if code:
            raise RenderError(_words(said.read(10_000), folder) or f"jsonnet ended with {code}")
        output.seek(0)
        return output.read()


def _words(given: bytes, folder: Path) -> str:
    text = " ".join(given.decode(errors="replace").replace(f"{folder}/", "").split()).removesuffix(".")
    return text if len(text) <= _WORDS else f"{text[: _WORDS - 1]}…"


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (_OUTPUT, _OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
