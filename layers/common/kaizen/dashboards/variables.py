"""Variables in queries: `$v`, `${v}`, `${v:format}`, `[[v]]`. For the PromQL parser each becomes something that may
stand there, and is made a variable again where the query is shown. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kaizen.promql.writing import duration

USE = re.compile(
    r"\$\{(?P<braced>[A-Za-z_]\w*)(?:\.[^}:]*)?(?P<format>:[^}]*)?\}"
    r"|\[\[(?P<old>[A-Za-z_]\w*)(?P<oldformat>:[^\]]*)?\]\]|\$(?P<bare>[A-Za-z_]\w*)"
)
_UNIT = re.compile(r"(?:ms|[smhdwy])\b")
_NUMBERS = ("_ms", "_s")  # endings of Grafana's own variables that are numbers
FIRST = 900_000_000  # milliseconds, and a number: nobody writes these by hand
_MOST, _EACH = 250_000, 200  # characters of queries that are read, and of those that each costs beside its own
_STRINGS = "\"'`"
_ANY = "[z]"


@dataclass(frozen=True, slots=True)
class Use:
    """A variable in a text. `place` is range, string, label (alone among matchers), function, number, or name."""

    name: str
    shown: str
    start: int
    end: int
    place: str


def uses(text: str) -> Iterator[Use]:
    """Every variable of a query, with the kind of place it stands in."""
    inside: list[str] = []
    string, at = "", 0
    while at < len(text):
        found = USE.match(text, at)
        if found:
            name = found["braced"] or found["old"] or found["bare"]
            form = found["format"] or found["oldformat"] or ""
            place = _place(text, found.start(), found.end(), name, "string" if string else "".join(inside[-1:]))
            yield Use(name, f"${name}" if not form else f"${{{name}{form}}}", found.start(), found.end(), place)
            at = found.end()
            continue
        each = text[at]
        if string:
            at += each == "\\" and string != "`"
            string = "" if each == string else string
        elif each in _STRINGS:
            string = each
        elif each in "[{(":
            inside.append(each)
        elif each in "]})" and inside:
            inside.pop()
        at += 1


def _place(text: str, start: int, end: int, name: str, around: str) -> str:
    if around == "string":
        return "string"
    before, after = text[:start].rstrip(), text[end:].lstrip()
    if around == "[":
        return "digits" if _UNIT.match(text, end) else "range"
    if around == "{" and before[-1:] in ("{", ",") and after[:1] in ("}", ","):
        return "label"
    if before.endswith("offset"):
        return "range"
    if name.startswith("__") and name.endswith(_NUMBERS):
        return "number"
    return "function" if after[:1] == "(" and not before[-1:].isalnum() else "name"


class Stand:
    """What stands for variables, the same for both sides of a comparison."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self.known: dict[tuple[str, bool], Any] = {}  # queries that were read with it, by their texts
        self._room = _MOST

    def room(self, text: str) -> bool:
        """Whether there is still time to read a query: hostile files hold megabytes of them."""
        self._room -= _EACH + len(text)
        return self._room >= 0

    def _index(self, shown: str) -> int:
        if shown not in self._shown:
            self._shown.append(shown)
        return self._shown.index(shown)

    def filled(self, text: str) -> Iterator[str]:
        """The text with its variables replaced, the likeliest reading first."""
        found = list(uses(text))
        yield self._filled(text, found, ())
        open_ = [index for index, each in enumerate(found) if each.place in ("name", "function")]
        if open_:
            yield self._filled(text, found, open_)
        if 1 < len(open_) <= 8:
            for index in open_:
                yield self._filled(text, found, (index,))

    def _filled(self, text: str, found: Sequence[Use], numbers: Sequence[int]) -> str:
        parts, at = [], 0
        for index, each in enumerate(found):
            key = self._index(each.shown)
            place = "number" if index in numbers else each.place
            parts += [text[at : each.start], _stand(place, key)]
            at = each.end
        return "".join([*parts, text[at:]])

    def shown(self, text: str) -> str:
        """The text with its variables again."""
        if "kzv" not in text and "9000" not in text and "10d10h" not in text:
            return text
        for key, shown in enumerate(self._shown):
            text = text.replace(f'kzv{key}z="kzv{key}z"', shown).replace(f"{_name(key)}{_ANY}", _braced(shown))
            text = text.replace(_name(key), _braced(shown))
            text = text.replace(duration(FIRST + key), shown).replace(str(FIRST + key), shown)
        return re.sub(r"\$\{([A-Za-z_]\w*)\}(?!\w)", r"$\1", text)


def _stand(place: str, key: int) -> str:
    match place:
        case "range":
            return f"{FIRST + key}ms"
        case "digits" | "number":
            return str(FIRST + key)
        case "label":
            return f'{_name(key)}="{_name(key)}"'
        case "function":
            return "avg"
        case "string":  # a pattern, not a literal: what is in the variable is not known
            return f"{_name(key)}{_ANY}"
    return _name(key)


def _name(key: int) -> str:
    return f"kzv{key}z"


def _braced(shown: str) -> str:
    return shown if shown.startswith("${") else f"${{{shown[1:]}}}"
