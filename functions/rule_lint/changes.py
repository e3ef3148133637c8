"""What changed between two versions of the rules, in words. Pure.

Rules are told by what they are, not by where they stand: one that moved has not changed.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kaizen.promql import walk
from kaizen.promql.writing import duration
from rule_lint.differences import Difference, differences
from rule_lint.implying import Implications
from rule_lint.model import Place, Rule, RuleFile
from rule_lint.severities import LABELS, Ranks, said
from rule_lint.work import Work

# Products of sizes. A comment has room for some hundreds of changes; of more than that, risks may not be named.
_MOST_STEPS = 1_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """One rule that is new, gone or another one now. `words` say how, each with what is a risk in it.

    `before` and `after` are expressions, where words do not tell it all; `lost`: an alert that is gone. `was` and `now`
    are the rule itself; `replay` says what the alert did over the last days, where that is known.
    """

    title: str
    what: str  # new, removed or changed
    place: Place
    words: tuple[Difference, ...] = ()
    before: str = ""
    after: str = ""
    lost: bool = False
    was: Rule | None = None
    now: Rule | None = None
    replay: str = ""

    @property
    def quieter(self) -> bool:
        return self.lost or any(each.quieter or each.milder for each in self.words)


def changes(
    before: Sequence[RuleFile], after: Sequence[RuleFile], ranks: Ranks, unread: frozenset[str] = frozenset()
) -> tuple[Change, ...]:
    """In the order of their places. Nothing is said of files that were unread at one side: their rules are not gone."""
    unread = unread | {each.path for each in (*before, *after) if not each.whole}
    then = [rule for file in before if file.path not in unread for rule in file.rules]
    now = [rule for file in after if file.path not in unread for rule in file.rules]
    matched, gone, new = _matched(then, now)
    found = [_new(each) for each in new]
    found += [_removed(each) for each in gone]
    work = Work(_MOST_STEPS)
    found += [each for pair in matched if (each := _changed(*pair, ranks, work)) is not None]
    return tuple(sorted(found, key=lambda each: (each.place, each.title)))


def moved_back(found: Sequence[Change], renamed: Mapping[str, str]) -> tuple[Change, ...]:
    """With what is gone in its place before, where files have new names: `renamed` has those by the old ones."""
    old = {new: path for path, new in renamed.items()}
    return tuple(
        replace(each, place=replace(each.place, path=old.get(each.place.path, each.place.path)))
        if each.what == "removed"
        else each
        for each in found
    )


def _matched(before: Sequence[Rule], after: Sequence[Rule]) -> tuple[list[tuple[Rule, Rule]], list[Rule], list[Rule]]:
    """Pairs of one rule then and now, and what has no twin; the surest likeness is taken first."""
    pairs: list[tuple[Rule, Rule]] = []
    gone, new = list(before), list(after)
    keys: tuple[Callable[[Rule], Hashable], ...] = (
        lambda rule: (rule.identity, rule.canonical, rule.waits, rule.place.path, rule.group),
        lambda rule: (rule.identity, rule.canonical),
        lambda rule: (rule.identity, rule.place.path, rule.group),
        lambda rule: rule.identity,
        lambda rule: (rule.kind, rule.name, said(rule.labels), rule.place.path),
        lambda rule: (rule.kind, rule.name, rule.canonical),
        lambda rule: (rule.kind, rule.name, rule.place.path),
        lambda rule: (rule.kind, rule.canonical, rule.place.path, rule.group),  # renamed
    )
    for key in keys:
        waiting: dict[Hashable, list[Rule]] = defaultdict(list)
        for each in reversed(gone):
            waiting[key(each)].append(each)
        left = []
        for each in new:
            same = waiting[key(each)]
            if same:
                pairs.append((same.pop(), each))
            else:
                left.append(each)
        taken = {id(one) for one, _ in pairs}
        gone, new = [each for each in gone if id(each) not in taken], left
    return pairs, gone, new


def _new(rule: Rule) -> Change:
    return Change(rule.name, "new", rule.place, _about(rule), after=rule.canonical, now=rule)


def _removed(rule: Rule) -> Change:
    lost = rule.kind == "alert"
    return Change(rule.name, "removed", rule.place, _about(rule), before=rule.canonical, lost=lost, was=rule)


def _about(rule: Rule) -> tuple[Difference, ...]:
    words = [f"severity {said(rule.labels)}"] if said(rule.labels) else []
    words += [f"for {duration(rule.waits)}"] if rule.waits else []
    return tuple(map(Difference, words))


def _changed(one: Rule, other: Rule, ranks: Ranks, work: Work) -> Change | None:
    found: list[Difference] = []
    before = after = ""
    if one.canonical != other.canonical:
        known = differences(one.normal, other.normal) if one.normal and other.normal else None
        if known is None:
            known = [Difference("another expression")]
            before, after = one.canonical, other.canonical
        if not any(each.quieter for each in known) and _less(one, other, work):
            known = [replace(each, quieter=True) for each in known]
        found += sorted(known, key=lambda each: not each.words.startswith("threshold"))
    found += [*_of_lengths(one, other), *_of_labels(one, other, ranks), *_of_names(one, other)]
    if one.annotations != other.annotations:
        names = sorted(
            name
            for name in one.annotations.keys() | other.annotations.keys()
            if one.annotations.get(name) != other.annotations.get(name)
        )
        found.append(Difference(f"annotation {', '.join(names)}"))
    if not found:
        return None
    if one.kind != "alert":
        found = [Difference(each.words) for each in found]
    return Change(other.name, "changed", other.place, tuple(found), before, after, was=one, now=other)


def _less(one: Rule, other: Rule, work: Work) -> bool:
    """Whether the other one fires only where the one does, and not surely wherever that does."""
    if one.normal is None or other.normal is None or one.kind != "alert":
        return False
    sizes = [sum(1 for _ in walk(each)) for each in (one.normal, other.normal)]
    if not work.spend(sizes[0] * sizes[1]):
        return False
    return (
        Implications().implies(other.normal, one.normal) is not None
        and Implications().implies(one.normal, other.normal) is None
    )


def _of_names(one: Rule, other: Rule) -> Iterator[Difference]:
    if one.name != other.name:
        yield Difference(f"renamed from {one.name}")


def _of_labels(one: Rule, other: Rule, ranks: Ranks) -> Iterator[Difference]:
    for name in sorted(one.labels.keys() | other.labels.keys()):
        then, now = one.labels.get(name), other.labels.get(name)
        if then == now:
            continue
        first, second = ranks.of(one.labels), ranks.of(other.labels)
        gone = not said(other.labels)
        lower = name in LABELS and first is not None and (gone if second is None else second < first)
        if then is None:
            yield Difference(f"label {name} {now} added", milder=lower)
        elif now is None:
            yield Difference(f"label {name} {then} removed", milder=lower)
        else:
            yield Difference(f"{name if name in LABELS else f'label {name}'} {then} → {now}", milder=lower)


def _of_lengths(one: Rule, other: Rule) -> Iterator[Difference]:
    for name, then, now, quieter in (
        ("for", one.waits, other.waits, other.waits > one.waits),
        ("keep_firing_for", one.keeps, other.keeps, other.keeps < one.keeps),
        ("interval", one.interval, other.interval, False),
        ("query_offset", one.offset, other.offset, False),
    ):
        if then != now:
            yield Difference(f"{name} {_length(then, name)} → {_length(now, name)}", quieter)


def _length(milliseconds: int, name: str) -> str:
    return "default" if name == "interval" and not milliseconds else duration(milliseconds)
