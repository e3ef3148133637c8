"""Alerts that fire together, pair by pair: O1 to O6, and what their severities make of it. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from kaizen.promql import selectors, walk
from kaizen.promql.nodes import Expression
from kaizen.promql.writing import duration
from rule_lint import labelsets
from rule_lint.candidates import candidates
from rule_lint.covering import covers, merged
from rule_lint.firing import split
from rule_lint.implying import Implication, Implications
from rule_lint.model import Apart, Finding, Level, Rule, member, never
from rule_lint.severities import Ranks, others, said
from rule_lint.shapes import meeting, shape
from rule_lint.witnesses import witness

# What is compared at most, in products of sizes: hostile files take seconds, not hours. What is left out is counted.
_LARGEST_PAIR, _LEAST_PAIR, _MOST_WORK = 10_000, 100, 3_000_000

Verdict = Literal["good", "inverted", "same", "partial", "apart", "other", "undecided"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two alerts and their verdict. Whenever `one` fires, so does `other`, where it is good, inverted or same.

    `witness` is an example for which both fire, as a person would write it; it may be empty.
    """

    one: Rule
    other: Rule
    verdict: Verdict
    witness: str = ""
    together: bool = False  # the other way round as well: always both


def pairs(rules: Sequence[Rule], ranks: Ranks, apart: Apart = never) -> tuple[list[Pair], int]:
    """Every two alerts that read a metric in common, but those whose labels differ at first sight; and how many more
    there may be, for which there was no time. Those that are `apart` are left out."""
    alerts = [each for each in rules if each.kind == "alert" and each.normal is not None]
    sizes = [
        len(each.labels) // 4 + sum(1 + len(getattr(node, "matchers", ())) for node in walk(_normal(each)))
        for each in alerts
    ]
    groups = candidates(alerts)
    waiting = sum(map(len, groups))
    found: list[Pair] = []
    seen: set[tuple[int, int]] = set()
    work = 0
    for group in groups:
        for one, other in group:
            if (one, other) not in seen and not apart(alerts[one], alerts[other]):
                size = sizes[one] * sizes[other]
                work += min(max(size, _LEAST_PAIR), _LARGEST_PAIR)
                if work > _MOST_WORK:
                    return found, waiting
                seen.add((one, other))
                undecided = Pair(alerts[one], alerts[other], "undecided")
                found.append(_judged(alerts[one], alerts[other], ranks) if size <= _LARGEST_PAIR else undecided)
            waiting -= 1
    return found, 0


def _normal(rule: Rule) -> Expression:
    assert rule.normal is not None
    return rule.normal


def _judged(one: Rule, other: Rule, ranks: Ranks) -> Pair:
    forth = Implications().implies(_normal(one), _normal(other))
    back = Implications().implies(_normal(other), _normal(one))
    if forth is None and back is None:
        return _besides(one, other)
    if forth is not None and back is not None:
        return _together(one, other, forth, ranks)
    if forth is None:
        assert back is not None
        one, other, forth = other, one, back
    if one.waits < other.waits or one.keeps > other.keeps or not _looked_at(one, other):
        return Pair(one, other, "other")  # they only wait together
    return Pair(one, other, _ladder(one, other, ranks), witness(forth, _normal(one)))


def _looked_at(one: Rule, other: Rule) -> bool:
    """Whether the other one is surely evaluated as often as the one at least, and over the same time."""
    as_often = one.interval == other.interval or 0 < other.interval < one.interval
    return as_often and one.offset == other.offset


def _together(one: Rule, other: Rule, why: Implication, ranks: Ranks) -> Pair:
    """The same condition: the one that waits longer fires only while the other does."""
    if (one.waits, -one.keeps, one.interval) < (other.waits, -other.keeps, other.interval):
        one, other = other, one
    if one.keeps > other.keeps or not _looked_at(one, other):
        return Pair(one, other, "other")
    both = one.waits == other.waits and one.keeps == other.keeps and _looked_at(other, one)
    verdict = _ladder(one, other, ranks)
    if both and verdict in ("good", "inverted"):
        verdict = "same" if others(one.labels) == others(other.labels) else "other"
    return Pair(one, other, verdict, witness(why, _normal(one)), together=both)


def _ladder(one: Rule, other: Rule, ranks: Ranks) -> Verdict:
    """What to make of it that `one` never fires without `other`."""
    if others(one.labels) != others(other.labels):
        return "other"  # they go to different people
    first, second = ranks.of(one.labels), ranks.of(other.labels)
    if said(one.labels) == said(other.labels) or (first is not None and first == second):
        return "same"
    if first is None or second is None:
        return "undecided"
    return "good" if first > second else "inverted"


def _besides(one: Rule, other: Rule) -> Pair:
    """Neither implies the other: apart, in part together, or not decided."""
    fixed = frozenset(one.labels.keys() | other.labels.keys())
    if meeting(shape(_normal(one)), shape(_normal(other)), fixed) == "apart":
        return Pair(one, other, "apart")
    first, second = split(_normal(one)), split(_normal(other))
    if first is None or second is None:
        return Pair(one, other, "undecided")
    if not first[1].meets(second[1]) and first[0] == second[0]:
        return Pair(one, other, "apart")
    common = merged(first[0], second[0])
    if common is None or not _some_in_both(first[0], second[0]):
        return Pair(one, other, "undecided")
    ways = [covers(common, each) for each in (first[0], second[0])]
    if any(each is None or each.bound != "equal" for each in ways):
        return Pair(one, other, "undecided")
    if not first[1].meets(second[1]):
        return Pair(one, other, "apart")
    verdict: Verdict = "partial" if one.labels == other.labels else "other"
    shared = labelsets.constraints(selectors(common)[0].matchers) if selectors(common) else None
    return Pair(one, other, verdict, witness(Implication(first[1], second[1], shared), common))


def _some_in_both(one: Expression, other: Expression) -> bool:
    """Whether each selector of the one and its twin surely have values in common, and speak of the same labels."""
    for first, second in zip(selectors(one), selectors(other), strict=True):
        left, right = labelsets.constraints(first.matchers), labelsets.constraints(second.matchers)
        if left.keys() != right.keys() or labelsets.disjoint(left, right) is not False:
            return False
    return True


def findings(judged: Sequence[Pair]) -> Iterator[Finding]:
    """One for each cluster of alerts and verdict."""
    for verdict in ("inverted", "same", "partial"):
        chosen = [each for each in judged if each.verdict == verdict and not _told_otherwise(each)]
        for cluster in _clusters(chosen):
            yield _finding(cluster, verdict)


def _told_otherwise(pair: Pair) -> bool:
    """Whether duplicates say it: equal expressions under one identity, or of one severity under two names."""
    if pair.one.canonical != pair.other.canonical or pair.verdict != "same":
        return False
    return pair.one.identity == pair.other.identity or pair.one.name != pair.other.name


def _clusters(chosen: Sequence[Pair]) -> Iterator[list[Pair]]:
    """Pairs that hang together (union-find)."""
    above: dict[int, int] = {}

    def top(key: int) -> int:
        above.setdefault(key, key)
        while above[key] != key:
            above[key] = above[above[key]]
            key = above[key]
        return key

    for each in chosen:
        above[top(id(each.one))] = top(id(each.other))
    found: dict[int, list[Pair]] = defaultdict(list)
    for each in chosen:
        found[top(id(each.one))].append(each)
    yield from found.values()


_SAID: dict[str, tuple[str, Level, str]] = {
    "inverted": (
        "inverted-ladder",
        "error",
        "Let the less severe alert fire first: change its threshold or `for`, or swap the severities.",
    ),
    "same": ("redundant", "warning", "Remove one, or give them severities of their own."),
    "partial": ("overlap", "warning", "Narrow one of them, so that each thing has one alert."),
}


def _finding(cluster: Sequence[Pair], verdict: str) -> Finding:
    check, level, todo = _SAID[verdict]
    rules = list({id(rule): rule for each in cluster for rule in (each.one, each.other)}.values())
    rules.sort(key=lambda rule: (rule.place, rule.number))
    first = cluster[0]
    message = _sentence(first, verdict)
    if len(cluster) > 1:
        message += f" The same holds for {len(cluster) - 1} more of these {len(rules)} alerts, two by two."
    if first.witness:
        message += f" For example, both fire at {first.witness}."
    code = "\n".join(f"{_named(each)}: {each.canonical}{_wait(each)}" for each in rules[:10])
    key = tuple(sorted(f"{each.identity} {each.canonical} {each.waits}" for each in rules))
    return Finding(
        check, "error" if level == "error" else "warning", message, todo, tuple(map(member, rules)), key, code
    )


def _sentence(pair: Pair, verdict: str) -> str:
    one, other = _named(pair.one), _named(pair.other)
    if one == other:
        one, other = f"{one} at {pair.one.place}", f"{other} at {pair.other.place}"
    match verdict:
        case "inverted":
            return f"{one} never fires without {other}, the more severe one: it comes too late to warn of anything."
        case "same" if pair.together:
            return f"{one} and {other} always fire together: one of them says nothing new."
        case "same":
            return f"{one} never fires without {other}, for the same people: it says nothing new."
    return f"{one} and {other} overlap: for some values both fire, with equal labels."


def _named(rule: Rule) -> str:
    severity = said(rule.labels)
    return f"{rule.name} ({severity})" if severity else rule.name


def _wait(rule: Rule) -> str:
    return f"   for {duration(rule.waits)}" if rule.waits else ""
