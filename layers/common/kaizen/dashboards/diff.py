"""What a comparison finds. Pure."""

from dataclasses import dataclass
from typing import Literal

from kaizen.dashboards.drops import Drop, counts
from kaizen.dashboards.edits import Edits
from kaizen.dashboards.plan import Plan
from kaizen.dashboards.sentences import Sentence, many

What = Literal["added", "removed", "changed", "moved", "renamed"]
Subject = Literal["panel", "panels", "row", "variable", "annotation", "link", "dashboard"]
State = Literal["added", "removed", "changed", "same"]


@dataclass(frozen=True, slots=True)
class QueryChange:
    """A query's text on both sides, empty for none; `words` say what is different in it. `live` says what a Prometheus
    gives for it now, empty where none was asked; `answered` says that it gave an answer, and `chart` draws that (SVG,
    our own). `hidden` says that the panel does not draw it, and `blank` that it would draw it but that there is nothing
    to draw. `source` is the data source it goes to now, as `sources.source` has it."""

    name: str
    before: str
    after: str
    words: tuple[Sentence, ...] = ()
    promql: bool = False
    live: Sentence = ()
    chart: str = ""
    hidden: bool = False
    blank: bool = False
    answered: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One part of the dashboard. `was` is its title before, empty unless it was renamed. `where` is the title of its
    row, empty above the first one; `words` are ordered, those that matter most first. `leaves` counts the single values
    that it stands for, and `drawn` all queries that a panel draws, also those that did not change."""

    what: What
    subject: Subject
    title: str
    words: tuple[Sentence, ...] = ()
    queries: tuple[QueryChange, ...] = ()
    where: str = ""
    leaves: int = 0
    drawn: int = 0
    was: str = ""

    @property
    def titles(self) -> tuple[str, ...]:
        """The older one first, where it was renamed; none for many panels."""
        return tuple(each for each in (self.was, self.title) if each)

    @property
    def blank(self) -> bool:
        """Whether the panel will show nothing."""
        return 0 < self.drawn == sum(each.blank for each in self.queries)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Names of metrics. `affected` are read by the dashboard on both sides, and by queries that changed, on either
    side. `approximate` counts queries that could not be read as PromQL, whose names are therefore a guess. `behind`
    says how those are recorded that are."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    approximate: int = 0
    behind: tuple[Sentence, ...] = ()

    @property
    def groups(self) -> list[tuple[str, tuple[str, ...]]]:
        """What is said of some of them, and their names."""
        said = (
            ("new on this dashboard", self.added),
            ("no longer used on it", self.removed),
            ("in changed queries, before or after", self.affected),
        )
        return [each for each in said if each[1]]

    @property
    def guessed(self) -> str:
        """Words on queries whose metrics are not known for sure; empty where there are none."""
        count = many(self.approximate, "query", "queries")
        return f" ({count} could not be read: names from there are a guess)" if self.approximate else ""


@dataclass(frozen=True, slots=True)
class Diff:
    """`breaking` is what stops working. `notes` are told in a line and are no change. `views` are those of them that
    somebody chose in Grafana, and the values that variables begin with: how the dashboard looks when it is opened.
    `drops` are differing values that mean nothing, and `noise` counts them by kind. `layout` are lines of both layouts
    that begin with `-`, `+` or a space; empty where nothing moved. `plan` is what a picture of them is drawn from, and
    `edits` turn the older version into the newer one; None where there is but one."""

    state: State
    title: str
    uid: str = ""
    breaking: tuple[Sentence, ...] = ()
    changes: tuple[Change, ...] = ()
    notes: tuple[Sentence, ...] = ()
    views: tuple[Sentence, ...] = ()
    drops: tuple[Drop, ...] = ()
    metrics: Metrics = Metrics()
    layout: tuple[str, ...] = ()
    plan: Plan | None = None
    edits: Edits | None = None

    @property
    def blank(self) -> int:
        """How many panels will show nothing."""
        return sum(each.blank for each in self.changes)

    @property
    def asked(self) -> list[QueryChange]:
        """Queries whose answers decide what panels show from now on."""
        changes = (change for change in self.changes if change.what != "removed")
        return [each for change in changes for each in change.queries if each.after and not each.hidden]

    @property
    def unasked(self) -> bool:
        """Whether there are more such queries than those: of a dashboard that is new, and where one stands for many."""
        if self.state == "added":
            return bool(self.metrics.added)
        return any(change.subject == "panels" and change.queries for change in self.changes)

    @property
    def noise(self) -> dict[str, int]:
        return counts(self.drops)

    @property
    def empty(self) -> bool:
        """Nothing that a reviewer must look at."""
        return not self.breaking and not self.changes

    def count(self, *whats: What) -> int:
        return sum(each.what in whats for each in self.changes)
