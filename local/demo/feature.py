"""What a module of this folder has, so that `make run` and `make demo` can show its feature."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, cast

from local.stack import Stack

Check = Callable[[Stack], str]  # what was seen; raises Unmet, or anything else, where the step does not hold


class Feature(Protocol):
    """One module. It may also have `left_out(stack) -> str`, the reason why there is nothing to show under this policy,
    empty if there is something; `stop(stack)`, which ends what `play` started; and `AFTER`, names of the modules whose
    samples its own build on."""

    __name__: str

    @property
    def CHECKS(self) -> Sequence[tuple[str, Check]]:  # noqa: N802 - a constant of the module
        """Names and checks of the steps of `make demo`."""
        ...

    def play(self, stack: Stack, ended: threading.Event) -> None:
        """Post samples, then do what the clock would do later. Leaves off quietly when `ended` is set.

        Raises LocalError at the first that goes wrong.
        """
        ...

    def card(self, stack: Stack, now: datetime) -> str:
        """HTML articles of the start page; empty for none."""
        ...

    def links(self, stack: Stack) -> Sequence[tuple[str, str]]:
        """Pairs of address and words."""
        ...


def short_name(feature: Feature) -> str:
    return feature.__name__.rpartition(".")[2]


def after(feature: Feature) -> Sequence[str]:
    """The features that are to be played before."""
    return cast(Sequence[str], getattr(feature, "AFTER", ()))


def left_out(feature: Feature, stack: Stack) -> str:
    """Why the feature is not shown; empty if it is."""
    reason = getattr(feature, "left_out", None)
    return cast(Callable[[Stack], str], reason)(stack) if reason else ""


def stop(feature: Feature, stack: Stack) -> None:
    """End what the feature has started, if anything. Safe at any time."""
    end = getattr(feature, "stop", None)
    if end:
        cast(Callable[[Stack], None], end)(stack)
