"""Variables in queries: `$v`, `${v}`, `${v:format}`, `[[v]]`. For the PromQL parser each becomes something that may
stand there, and is made a variable again where the query is shown. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kaizen.promql.writing import duration

USE = re.compile(
    r"\$\{(?P<braced>[A-Za-z_]\w*)(?P<format>(?:\.[^}:$]{0,200})?(?::[^}$]{0,200})?)\}"
    r"|\[\[(?P<old>[A-Za-z_]\w*)(?P<oldformat>:[^\]\[]{0,200})?\]\]|\$(?P<bare>[A-Za-z_]\w*)"
)  # without a `$` or `[` inside and with an end, so that no text takes long
_UNIT = re.compile(r"(ms|[smhdwy])\b")
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
_NUMBERS = ("_ms", "_s")  # endings of Grafana's own variables that are numbers
FIRST = 900_000_000  # milliseconds, and a number: nobody writes these by hand
FUNCTION = 950_000_000  # the parameter of the aggregation that stands for a function
_MOST, _EACH = 250_000, 200  # characters of queries that are read, and of those that each costs beside its own
_STRINGS = "\"'`"
_ANY = "[z]"
_STOOD = re.compile(
    r'kzv(?P<label>\d+)z="kzv(?P=label)z"|kzv(?P<name>\d+)z(?:\[z\])?'
    r"|quantile(?P<grouping> (?:by|without) \([^)]*\) )?\(95(?P<function>\d{7}), "
    r"|\b(?P<written>\d\w*)(?:\.000)?"
)


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
    if "$" not in text and "[[" not in text:
        return
    inside: list[str] = []
    string, at = "", 0
    while at < len(text):
        found = USE.match(text, at) if text[at] in "$[" else None
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


def chosen(text: str) -> bool:
    """Whether a query names a variable of which somebody chooses the value: not a time that Grafana fills in."""
    return any(not (each["braced"] or each["old"] or each["bare"]).startswith("__") for each in USE.finditer(text))


class Stand:
    """What stands for variables, the same for both sides of a comparison."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._keys: dict[str, int] = {}  # their places in it
        self._written: dict[str, str] = {}  # durations and numbers that stand for variables
        self.known: dict[tuple[str, bool], Any] = {}  # queries that were read with it, by their texts
        self._room = _MOST

    def room(self, text: str) -> bool:
        """Whether there is still time to read a query: hostile files hold megabytes of them."""
        self._room -= _EACH + len(text)
        return self._room >= 0

    def _index(self, shown: str) -> int:
        if shown not in self._keys:
            self._keys[shown] = len(self._shown)
            self._shown.append(shown)
        return self._keys[shown]

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
            place = "number" if index in numbers else each.place
            parts += [text[at : each.start], self._stand(place, each.shown, text, each.end)]
            at = text.index("(", each.end) + 1 if place == "function" else each.end
        return "".join([*parts, text[at:]])

    def _stand(self, place: str, shown: str, text: str, end: int) -> str:
        key = self._index(shown)
        match place:
            case "range":
                self._written[duration(FIRST + key)] = self._written[f"{FIRST + key}ms"] = shown
                return f"{FIRST + key}ms"
            case "digits" | "number":
                unit = _UNIT.match(text, end) if place == "digits" else None
                if unit:
                    self._written[duration((FIRST + key) * _UNITS[unit[1]])] = f"{_braced(shown)}{unit[1]}"
                self._written[str(FIRST + key)] = shown
                return str(FIRST + key)
            case "label":
                return f'{_name(key)}="{_name(key)}"'
            case "function":  # whatever it is, it takes series and gives series
                return f"quantile({FUNCTION + key}, "
            case "string":  # a pattern, not a literal: what is in the variable is not known
                return f"{_name(key)}{_ANY}"
        return _name(key)

    def shown(self, text: str) -> str:
        """The text with its variables again."""
        names = self._shown

        def again(found: re.Match[str]) -> str:
            if found["written"]:
                return self._written.get(found["written"], found[0])
            key = int(found["label"] or found["name"] or found["function"])
            if key >= len(names):
                return found[0]
            if found["function"]:
                return f"{names[key]}{found['grouping'] or ''}("
            return names[key] if found["label"] else _braced(names[key])

        return re.sub(r"\$\{([A-Za-z_]\w*)\}(?!\w)", r"$\1", _STOOD.sub(again, text)) if names else text

    def function(self, number: float) -> str:
        """The variable for which an aggregation with this parameter stands; empty for none."""
        known = FUNCTION <= number < FUNCTION + len(self._shown)
        return self._shown[int(number) - FUNCTION] if known else ""


def _name(key: int) -> str:
    return f"kzv{key}z"


def _braced(shown: str) -> str:
    return shown if shown.startswith("${") else f"${{{shown[1:]}}}"
