"""What changed queries give now, before and after the change: as words for the comment, as charts for the report."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kaizen.dashboards.asking import askable
from kaizen.dashboards.diff import Change, Diff, QueryChange
from kaizen.dashboards.files import FileDiff
from kaizen.dashboards.queries import Query
from kaizen.dashboards.query_chart import chart
from kaizen.dashboards.sentences import Sentence, many
from kaizen.dashboards.sources import DEFAULT
from kaizen.dashboards.variables import Stand
from kaizen.prometheus.patient import Patient, Ranged
from kaizen.prometheus.results import Matrix, Series

MOST = 12  # queries of a pull request
PATIENCE = timedelta(seconds=40)  # from the beginning; an answer that is under way may take ten seconds more
RANGE, STEP = timedelta(hours=6), timedelta(minutes=2)
_ASKED = " in the Prometheus that was asked"
FORK = "Queries were not asked: the policy keeps those of forks from Prometheus."


@dataclass(frozen=True, slots=True)
class Asked:
    """The files with what came of their queries; `left_out` says in a sentence what was not tried, empty for all."""

    files: list[FileDiff]
    left_out: str = ""


class Queries:
    """For one run. `connect` as Patient takes it, None where there is no Prometheus. `clock` gives aware UTC; `forks`
    says whether queries of forks are asked, too; `sources` are the uids of data sources that are this Prometheus."""

    def __init__(
        self,
        connect: Callable[[], Ranged] | None,
        clock: Callable[[], datetime],
        *,
        forks: bool,
        sources: Collection[str] = (),
    ) -> None:
        self._ask = None if connect is None else Patient(connect, clock, PATIENCE, "a query could not be asked")
        self._forks = forks
        self._sources = sources
        # A whole minute: a review that is repeated soon asks the same, and Prometheus's caches know it.
        self._end = clock().replace(second=0, microsecond=0)
        self._left = MOST
        self._more = 0

    def ask(self, files: Sequence[FileDiff], *, fork: bool) -> Asked:
        if self._ask is None:
            return Asked(list(files))
        if fork and not self._forks:
            wanted = any(_wanted(query) for each in files if each.diff for change in each.diff.changes
                         for query in change.queries)  # fmt: skip
            return Asked(list(files), FORK if wanted else "")
        found = [each if each.diff is None else replace(each, diff=self._diff(each.diff)) for each in files]
        words = f"{many(self._more, 'more query', 'more queries')} not asked: {MOST} at most." if self._more else ""
        return Asked(found, words)

    def _diff(self, given: Diff) -> Diff:
        return replace(given, changes=tuple(self._change(each) for each in given.changes))

    def _change(self, given: Change) -> Change:
        if not given.queries or given.what == "removed":
            return given
        asked = replace(given, queries=tuple(map(self._query, given.queries)))
        blank = "this panel will be blank" if asked.blank else "what it draws will be blank"
        queries = [replace(each, live=(*each.live, f": {blank}")) if each.blank else each for each in asked.queries]
        return replace(asked, queries=tuple(queries))

    def _query(self, given: QueryChange) -> QueryChange:
        if not _wanted(given):
            return given
        if self._left == 0:
            self._more += 1
            return given
        self._left -= 1
        new = self._series(given.after)
        if isinstance(new, str):
            return replace(given, live=(f"could not be asked: {new}",))
        old = self._series(given.before) if given.before else ()
        drawn = chart(old if given.before and not isinstance(old, str) else None, new)
        ours = self._ours(given.source)
        live = _told(given, old, new) if ours or new else (f"no series{_ASKED}",)
        blank = ours and not new and not given.hidden
        return replace(
            given,
            live=live if ours or not new else (*live, _ASKED),
            chart=drawn,
            blank=blank,
            answered=ours or bool(new),
        )

    def _ours(self, source: str) -> bool:
        """Whether a data source may be this Prometheus: one that the policy names, or that is a variable or the
        default. Another one may be another Prometheus, which has what this one lacks."""
        return source.startswith("$") or source == DEFAULT or source in self._sources

    def _series(self, text: str) -> Sequence[Series] | str:
        asked = askable(text)
        if not asked:
            return "there is no telling for every value of its variables"
        assert self._ask is not None
        found = self._ask.matrix(asked, self._end - RANGE, self._end, STEP)
        return found.series if isinstance(found, Matrix) else found


def _wanted(given: QueryChange) -> bool:
    """What is no PromQL is told as what breaks."""
    return given.promql and given.before != given.after and Query(given.after, True, Stand()).tree is not None


def _told(given: QueryChange, old: Sequence[Series] | str, new: Sequence[Series]) -> Sentence:
    if not new:
        before = ", and gave some before the change" if old and not isinstance(old, str) else ""
        return (f"⚠️ returns no series now{before}",)
    if given.before and not isinstance(old, str):
        return (f"{len(old)} → {len(new)} series in 6 h",) if len(old) != len(new) else (f"{len(new)} series in 6 h",)
    return (f"{len(new)} series in 6 h",)
