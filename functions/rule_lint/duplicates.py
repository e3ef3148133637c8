"""Rules that are there twice, or that write over one another: D1 to D4. Pure."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence

from kaizen.promql import metrics, walk
from kaizen.promql.writing import duration
from rule_lint.exclusive import exclusive, surely_at_once
from rule_lint.model import ERROR, WARNING, Apart, Finding, Rule, member, never
from rule_lint.severities import Ranks, others, said
from rule_lint.shapes import Shape, meeting, shape
from rule_lint.work import Work

_MOST = 200  # rules of one name or expression that are compared with each other
MOST_STEPS = 200_000  # of all; a step looks at one label, or at one pair


def exact(rules: Sequence[Rule]) -> Iterator[Finding]:
    """D1: the same kind, name, labels and expression."""
    for same in _groups(rules, lambda rule: (*rule.identity, rule.canonical)):
        first = same[0]
        waits = sorted({each.waits for each in same})
        more = f", with `for` {' and '.join(map(duration, waits))}" if len(waits) > 1 else ""
        effect = (
            "each evaluation counts, and notifications of the two mix"
            if first.kind == "alert"
            else "the same series is written more than once"
        )
        yield Finding(
            "duplicate",
            "error",
            f"{first.kind} {first.name} is there {_times(len(same))}, with equal labels and an equal expression{more}: "
            f"{effect}.",
            "Keep one of them.",
            tuple(map(member, same)),
            (*map(str, first.identity), first.canonical, *sorted(each.place.path for each in same)),
            first.canonical,
        )


def clashes(rules: Sequence[Rule], work: Work, apart: Apart = never) -> Iterator[Finding]:
    """D2, D3: the same name and labels by different expressions, where results can have the same labels."""
    for same in _groups(rules, lambda rule: rule.identity):
        different = list({each.canonical: each for each in same}.values())
        clashing = _clashing(different, work, apart)
        if len(clashing) < 2:
            continue
        first = clashing[0]
        if first.kind == "record":
            check, level = "record-clash", ERROR
            message = (
                f"{first.name} is recorded by {len(clashing)} different expressions with equal labels: for the same "
                "series Prometheus gets two values at once, keeps one and drops the other."
            )
            todo = "Give one of them another name or a label of its own."
        else:
            check, level = "alert-clash", WARNING
            message = (
                f"Alert {first.name} has {len(clashing)} different expressions with equal labels: where more than one "
                "of them holds, Alertmanager takes what they find for one alert, and each resolves what another fires."
            )
            todo = "Give one of them another name or a label of its own, or join them with `or`."
        yield Finding(
            check,
            level,
            message,
            todo,
            tuple(map(member, clashing)),
            (*map(str, first.identity), *sorted(each.canonical for each in clashing)),
            "\n".join(each.canonical for each in clashing),
        )


def _clashing(rules: Sequence[Rule], work: Work, apart: Apart) -> list[Rule]:
    """Those of which another one can have results with the same labels."""
    shapes = [None if each.normal is None else shape(each.normal) for each in rules[:_MOST]]
    sizes = [0 if each.normal is None else sum(1 for _ in walk(each.normal)) for each in rules[:_MOST]]
    found: set[int] = set()
    for index, one in enumerate(shapes):
        for after, other in enumerate(shapes[index + 1 :], index + 1):
            if index in found and after in found:
                continue
            in_time = work.spend(3 + _labels(one) + _labels(other))
            if not in_time or apart(rules[index], rules[after]):
                continue
            same = meeting(one, other, frozenset(rules[index].labels)) == "same"
            if same and work.spend(sizes[index] + sizes[after]) and _at_once(rules[index], rules[after]):
                found |= {index, after}
    return [rules[index] for index in sorted(found)]


def _at_once(one: Rule, other: Rule) -> bool:
    """Whether both can have results at one time. Of recording rules that must be sure, for the finding is an error."""
    if one.normal is None or other.normal is None or exclusive(one.normal, other.normal):
        return False
    return one.kind == "alert" or surely_at_once(one.normal, other.normal)


def _labels(known: Shape | None) -> int:
    return 0 if known is None else len(known.values) + len(known.labels or ())


def copies(rules: Sequence[Rule], ranks: Ranks, work: Work, apart: Apart = never) -> Iterator[Finding]:
    """D4: alerts of different names with equal expressions. Constants and escalations are meant."""
    alerts = [each for each in rules if each.kind == "alert" and each.normal is not None and metrics(each.normal)]
    for same in _groups(alerts, lambda rule: rule.canonical):
        members = [
            each
            for each in same[:_MOST]
            if any(work.spend(1) and _copied(each, other, ranks) and not apart(each, other) for other in same[:_MOST])
        ]
        if len({each.name for each in members}) < 2:
            continue
        names = ", ".join(dict.fromkeys(each.name for each in members))
        waits = ", ".join(f"{each.name} for {duration(each.waits)}" for each in members)
        yield Finding(
            "copy",
            "warning",
            f"{names} have the same expression ({waits}): they fire for the same things.",
            "Keep one, or let them differ: a longer `for` and a higher severity make an escalation.",
            tuple(map(member, members)),
            (members[0].canonical, *sorted({each.name for each in members})),
            members[0].canonical,
        )


def _copied(one: Rule, other: Rule, ranks: Ranks) -> bool:
    """Whether two alerts of one expression say the same; not so for an escalation, or for other receivers."""
    if one.name == other.name or others(one.labels) != others(other.labels):
        return False
    first, second = ranks.of(one.labels), ranks.of(other.labels)
    if first is None or second is None:
        return said(one.labels) == said(other.labels)
    return first == second or one.waits == other.waits


def _groups(rules: Sequence[Rule], key: Callable[[Rule], Hashable]) -> Iterator[list[Rule]]:
    """Rules of one key, where there are several; in the order of their places."""
    found: dict[Hashable, list[Rule]] = defaultdict(list)
    for each in rules:
        if each.expression is not None:
            found[key(each)].append(each)
    for same in found.values():
        if len(same) > 1:
            yield sorted(same, key=lambda rule: (rule.place, rule.number))


def _times(count: int) -> str:
    return {2: "twice", 3: "three times"}.get(count, f"{count} times")
