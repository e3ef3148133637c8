"""Thresholds: steps from minus infinity up, each with a colour. Pure."""

from typing import Any

from kaizen.dashboards.sentences import Sentence, quoted

# What Grafana takes where none are given.
_GRANTED = ((None, "green"), (80, "red"))
Step = tuple[Any, Any]


def words(before: Any, after: Any) -> tuple[Sentence, ...]:
    """Empty where both mean the same."""
    one, other = _steps(before) or _GRANTED, _steps(after) or _GRANTED
    if one == other:
        return ()
    if len(one) == len(other):
        found: list[Sentence] = []
        for (low, colour), (high, new_colour) in zip(one, other, strict=True):
            if low != high:
                shown: Sentence = ("threshold ", quoted(_value(low)), " → ", quoted(_value(high)))
                told = " (" if colour == new_colour else " (now "
                found.append((*shown, told, quoted(new_colour), ")"))
            elif colour != new_colour:
                found.append(("colour from ", quoted(_value(low)), " on: ", quoted(colour), " → ", quoted(new_colour)))
        return tuple(found)
    gone = [each for each in one if each not in other]
    new = [each for each in other if each not in one]
    return tuple(
        ("threshold ", quoted(_value(value)), " (", quoted(colour), f") {word}")
        for steps, word in ((gone, "removed"), (new, "added"))
        for value, colour in steps
    )


def _value(value: Any) -> Any:
    return "-∞" if value is None else value


def _steps(given: Any) -> tuple[Step, ...]:
    steps = given if isinstance(given, list) else []
    return tuple((each.get("value"), each.get("color")) for each in steps if isinstance(each, dict))
