"""What a comparison left out because it means nothing, each with the place where it was: nobody need take it on trust.

Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kaizen.dashboards.leaves import Leaf, Room
from kaizen.dashboards.noise import WORDS
from kaizen.dashboards.sentences import Quoted, Sentence, changed, many, quoted


@dataclass(frozen=True, slots=True)
class Drop:
    """`kind` is one of kaizen.dashboards.noise; `where` names the part of the dashboard, `what` the value within it."""

    kind: str
    where: str
    what: str
    before: Any
    after: Any

    @property
    def sentence(self) -> Sentence:
        place: Sentence = (quoted(self.where), ": ") if self.where else ()
        return (*place, *changed(Quoted(self.what), self.before, self.after))


class Drops:
    """Grows while two versions are compared; `room` is left for values that are told one by one."""

    def __init__(self) -> None:
        self.all: list[Drop] = []
        self.room = Room()

    def add(self, kind: str, where: str, what: str, before: Any, after: Any) -> None:
        self.all.append(Drop(kind, where, what, before, after))

    def leaf(self, leaf: Leaf, where: str, kind: str = "") -> None:
        """A value that differs; of the leaf's own kind unless another one is given."""
        self.add(kind or leaf.noise, where, ".".join(leaf.path), leaf.before, leaf.after)


def unlisted(noise: Mapping[str, int]) -> str:
    """What of the differences is not listed, and why, from the counts of each kind."""
    told = ", ".join(many(count, *WORDS[kind]) for kind, count in noise.items())
    return f"Not listed, because Grafana makes such differences by itself: {told}"


def counts(given: Sequence[Drop]) -> dict[str, int]:
    return dict(sorted(Counter(each.kind for each in given).items()))
