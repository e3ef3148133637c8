"""Which of two alerts is the more severe one. Pure."""

from collections.abc import Mapping, Sequence

LABELS = ("severity", "level")


class Ranks:
    """`ordered` are the values of severity labels, from the most severe down; several may share a rank."""

    def __init__(self, ordered: Sequence[Sequence[str]]) -> None:
        self._ranks = {name.lower(): -rank for rank, names in enumerate(ordered) for name in names}

    def of(self, labels: Mapping[str, str]) -> int | None:
        """The larger, the more severe; None for a rule without such a label, or with a value that is not listed."""
        return self._ranks.get(said(labels).lower())


def said(labels: Mapping[str, str]) -> str:
    """The severity as the rule names it; empty for none."""
    return next((labels[name] for name in LABELS if name in labels), "")


def others(labels: Mapping[str, str]) -> dict[str, str]:
    """What else an alert is routed by."""
    return {name: value for name, value in labels.items() if name not in LABELS}
