"""The line of the policy file that a fault is about. Pure.

The TOML reader of the standard library tells no places, so keys and headers are found by a look at the text.
"""

import re
import tomllib
from collections.abc import Iterable

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=\s*(.*)")
_TEXT = re.compile(r"""("(?:[^"\\]|\\.)*"|'[^']*')\s*(?:#.*)?""")
NAMING = ("name", "id")  # the keys by which the entries of an array are told apart


def places(text: str) -> dict[str, int]:
    """Place as the reader names it -> line, counted from 1: `routes.0.zone`, and `routes.team.zone` by the name."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    entries: dict[str, str] = {}  # `routes.0` -> `routes.team`
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.fullmatch(line):
            section = _parts(header[2])
            if header[1] == "[[":
                array = ".".join(section)
                counts[array] = counts.get(array, -1) + 1
                found.setdefault(array, number)
                section = (*section, str(counts[array]))
            found.setdefault(".".join(section), number)
        elif key := _KEY.match(line):
            parts = _parts(key[1])
            for end in range(1, len(parts) + 1):  # `a.b = 1` makes the table a, too
                found.setdefault(".".join((*section, *parts[:end])), number)
            name = _TEXT.fullmatch(key[2])
            if name and len(section) > 1 and len(parts) == 1 and parts[0] in NAMING:
                entries.setdefault(".".join(section), ".".join((*section[:-1], *_parts(name[1]))))
    return _by_name(found, entries) | found


def _parts(dotted: str) -> tuple[str, ...]:
    """The keys of `a."b.c"`: the reader's own knows each escape."""
    parts = []
    try:
        table = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return (dotted,)
    while isinstance(table, dict):
        ((key, table),) = table.items()
        parts.append(key)
    return tuple(parts)


def _by_name(found: dict[str, int], entries: dict[str, str]) -> dict[str, int]:
    named: dict[str, int] = {}
    for place, number in found.items():
        for entry, name in entries.items():
            if place == entry or place.startswith(f"{entry}."):
                named.setdefault(name + place[len(entry) :], number)
    return named


def with_lines(text: str, problems: Iterable[str]) -> list[str]:
    """Each problem with `line N: ` before it, where the place or the table around it is found in the text."""
    known = places(text)
    return [_with_line(problem, known) for problem in problems]


def _with_line(problem: str, known: dict[str, int]) -> str:
    place = problem.partition(": ")[0]
    while place:
        if place in known:
            return f"line {known[place]}: {problem}"
        place = place.rpartition(".")[0]
    return problem
