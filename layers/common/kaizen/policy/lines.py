"""The line of the policy file that a fault is about. Pure.

The TOML reader of the standard library tells no places, so keys and headers are found by a look at the text.
"""

import re
from collections.abc import Iterable

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')\s*=")
_NAME = re.compile(r"\s*name\s*=\s*[\"']([^\"']*)[\"']")


def places(text: str) -> dict[str, int]:
    """Place as the reader names it (`routes.0.zone`) -> line, counted from 1; entries with a name by that too."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    section = named = ""
    start = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.fullmatch(line):
            section = ".".join(part.strip().strip("\"'") for part in header[2].split("."))
            start, named = number, section
            if header[1] == "[[":
                counts[section] = counts.get(section, -1) + 1
                found.setdefault(section, number)
                section = f"{section}.{counts[section]}"
            found.setdefault(section, number)
        elif key := _KEY.match(line):
            name = key[1].strip("\"'")
            found.setdefault(f"{section}.{name}" if section else name, number)
            if entry := _NAME.match(line):
                found.setdefault(f"{named}.{entry[1]}", start)
    return found


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
