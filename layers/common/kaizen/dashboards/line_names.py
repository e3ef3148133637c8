"""What a chart's lines are called: by the labels in which they differ. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from kaizen.prometheus.results import Labels

MOST = 5  # names of a chart, each with a colour of its own
_METRIC = "__name__"
_Key = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Names:
    """`shown` are those that have a number, counted from 1; `more` counts the others. None at all where there is but
    one: there is nothing to tell apart."""

    shown: tuple[str, ...]
    more: int
    known: tuple[_Key, ...]
    metric: bool

    def number(self, labels: Labels) -> int:
        """0 for a line without a name."""
        key = _key(labels, metric=self.metric)
        return self.known.index(key) + 1 if key in self.known else 0


def line_names(*sides: Sequence[Labels]) -> Names:
    """Names of the lines of all sides; those of one name are the same line on either side. The metric counts only where
    one side has several."""
    metric = any(len({each.get(_METRIC) for each in side}) > 1 for side in sides)
    keys = list(dict.fromkeys(_key(each, metric=metric) for side in sides for each in side))
    if len(keys) < 2:
        return Names((), 0, (), metric)
    common = frozenset.intersection(*keys)
    apart = sorted({label for key in keys for label, _ in key - common})
    shown = tuple(_name(dict(key), apart) for key in keys[:MOST])
    return Names(shown, max(len(keys) - MOST, 0), tuple(keys[:MOST]), metric)


def _key(labels: Labels, *, metric: bool) -> _Key:
    return frozenset(each for each in labels.items() if metric or each[0] != _METRIC)


def _name(labels: Labels, apart: Sequence[str]) -> str:
    own = [labels[label] if label == _METRIC else f"{label}={labels[label]}" for label in apart if label in labels]
    return ", ".join(own) or f"without {', '.join(apart)}"
