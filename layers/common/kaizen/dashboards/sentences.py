"""Sentences with foreign parts kept apart, so that whoever shows them can make those harmless. Pure."""

import json
from dataclasses import dataclass
from typing import Any

LONGEST = 120  # characters that are shown of a value
ALARM = "⚠️"  # what begins with it is told on a line of its own


@dataclass(frozen=True, slots=True)
class Quoted:
    """Text that comes from the file."""

    text: str


Sentence = tuple[str | Quoted, ...]


class _Missing:
    """Where there is no value at all; false, as nothing is."""

    def __repr__(self) -> str:
        return "nothing"

    def __bool__(self) -> bool:
        return False


MISSING: Any = _Missing()


def quoted(value: Any) -> str | Quoted:
    """A value as a part of a sentence."""
    if value is MISSING or value is None or value == "":
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text.split()) or repr(text)
    return Quoted(line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…")


def changed(what: str | Quoted, before: Any, after: Any, more: str = "") -> Sentence:
    """`what: a → b`, with long texts cut down to where they differ."""
    if isinstance(before, str) and isinstance(after, str) and max(len(before), len(after)) > LONGEST:
        before, after = _cut(before, after)
    return (what, " ", quoted(before), " → ", quoted(after), more)


def plain(sentence: Sentence) -> str:
    """For a terminal."""
    return "".join(each if isinstance(each, str) else each.text for each in sentence)


def many(count: int, word: str, plural: str = "") -> str:
    return f"{count} {word}" if count == 1 else f"{count} {plural or word + 's'}"


def listed(names: list[str], most: int = 12) -> Sentence:
    """`a`, `b` and 3 more."""
    parts: list[str | Quoted] = []
    for index, name in enumerate(names[:most]):
        parts += [", "] * bool(index) + [quoted(name)]
    if len(names) > most:
        parts.append(f" and {len(names) - most} more")
    return tuple(parts)


def _cut(before: str, after: str) -> tuple[str, str]:
    same = next((at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    start = max(same - 30, 0)
    mark = "…" if start else ""
    return mark + before[start:], mark + after[start:]
