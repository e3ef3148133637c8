"""Thresholds: steps from minus infinity up, each with a colour. Pure."""

from typing import Any

from kaizen.dashboards.sentences import Sentence, many, quoted

# What Grafana takes where none are given.
_GRANTED = ((None, "green"), (80, "red"))
_MOST = 20  # steps that are told one by one
Step = tuple[Any, Any]


def words(before: Any, after: Any) -> tuple[Sentence, ...]:
    """Empty where both mean the same."""
    one, other = steps(before), steps(after)
    if one == other:
        return ()
    if max(len(one), len(other)) > _MOST:
        return ((f"thresholds differ ({many(len(one), 'step')} → {many(len(other), 'step')})",),)
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
        for some, word in ((gone, "removed"), (new, "added"))
        for value, colour in some
    )


def _value(value: Any) -> Any:
    return "-∞" if value is None else value


def steps(given: Any) -> tuple[Step, ...]:
    """Pairs of value and colour; what Grafana takes where none are given."""
    listed = given if isinstance(given, list) else []
    return tuple((each.get("value"), each.get("color")) for each in listed if isinstance(each, dict)) or _GRANTED
