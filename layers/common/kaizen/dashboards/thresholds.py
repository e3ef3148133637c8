"""Thresholds: steps from minus infinity up, each with a colour. Pure."""

from typing import Any

from kaizen.dashboards.sentences import Quoted, Sentence, many, quoted
from kaizen.dashboards.units import in_unit

# What Grafana takes where none are given.
_GRANTED = ((None, "green"), (80, "red"))
_MOST = 20  # steps that are told one by one
Step = tuple[Any, Any]


def words(before: Any, after: Any, units: tuple[Any, Any] = ("", "")) -> tuple[Sentence, ...]:
    """Empty where both mean the same. `units` are what the values count, before and after, in Grafana's names."""
    one, other = steps(before), steps(after)
    if one == other:
        return ()
    if max(len(one), len(other)) > _MOST:
        return ((f"thresholds differ ({many(len(one), 'step')} → {many(len(other), 'step')})",),)
    if len(one) == len(other):
        found: list[Sentence] = []
        for (low, colour), (high, new_colour) in zip(one, other, strict=True):
            if low != high:
                shown: Sentence = ("threshold ", _value(low, units[0]), " → ", _value(high, units[1]))
                told = " (" if colour == new_colour else " (now "
                found.append((*shown, told, quoted(new_colour), ")"))
            elif colour != new_colour:
                at = _value(low, units[1])
                found.append(("colour from ", at, " on: ", quoted(colour), " → ", quoted(new_colour)))
        return tuple(found)
    gone = [each for each in one if each not in other]
    new = [each for each in other if each not in one]
    return tuple(
        ("threshold ", _value(value, unit), " (", quoted(colour), f") {word}")
        for some, word, unit in ((gone, "removed", units[0]), (new, "added", units[1]))
        for value, colour in some
    )


def _value(value: Any, unit: Any) -> str | Quoted:
    return quoted("-∞" if value is None else in_unit(value, unit))


def steps(given: Any) -> tuple[Step, ...]:
    """Pairs of value and colour; what Grafana takes where none are given."""
    listed = given if isinstance(given, list) else []
    return tuple((each.get("value"), each.get("color")) for each in listed if isinstance(each, dict)) or _GRANTED
