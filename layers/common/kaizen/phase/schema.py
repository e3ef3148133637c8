"""Versions of the phase schema: `major.minor.build`, compared as integers.

Another major does not understand the frames; a higher minor only adds what may be ignored; the build informs and
decides nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from kaizen.phase.errors import PhaseFormatError, Reason

# [0-9], for \d also matches digits of other scripts; no leading zeros, so that a version has one spelling.
_NUMBER = "(0|[1-9][0-9]{0,4})"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}")

# What the frame header has room for.
_MAX_MAJOR, _MAX_MINOR, _MAX_BUILD = 0xFF, 0xFF, 0xFFFF


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A schema version. Raises PhaseFormatError(version) if a number does not fit the frame header."""

    major: int
    minor: int
    build: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.major <= _MAX_MAJOR and 0 <= self.minor <= _MAX_MINOR and 0 <= self.build <= _MAX_BUILD):
            raise PhaseFormatError(Reason.VERSION, f"version {self} is beyond {_MAX_MAJOR}.{_MAX_MINOR}.{_MAX_BUILD}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Three integers and two dots, nothing else. Raises PhaseFormatError(version)."""
        match = _VERSION.fullmatch(text)
        if match is None:
            raise PhaseFormatError(Reason.VERSION, f"{text[:40]!r} is not a version such as 1.4.207")
        return cls(*map(int, match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.build}"


# The version that this code writes. Build 0: a deployment puts its own number there.
SCHEMA = Version(1, 0, 0)


@dataclass(frozen=True, slots=True)
class Support:
    """The minors of one major that a server speaks, both ends included."""

    major: int
    min: int
    max: int

    def __post_init__(self) -> None:
        if self.min > self.max:
            raise ValueError(f"support of {self.major}.{self.min} to {self.major}.{self.max} is empty")


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Minors that a server still speaks, and until when. `sunset` is aware UTC."""

    major: int
    min: int
    max: int
    since: datetime
    sunset: datetime

    def covers(self, version: Version) -> bool:
        return version.major == self.major and self.min <= version.minor <= self.max


def supported(version: Version, supports: Iterable[Support]) -> Support | None:
    """The support of a version's major; None if there is none, or if its minor is below it."""
    return next((each for each in supports if each.major == version.major and version.minor >= each.min), None)
