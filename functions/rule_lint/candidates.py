"""Which alerts are worth comparing. Pure.

A fleet has the same alert for each of its services: of millions of pairs, almost all differ in the value of one label.
For each metric the label that tells most alerts apart is found; those with different values are not looked at.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kaizen.promql import metrics
from rule_lint.model import Rule
from rule_lint.shapes import shape


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts, by their place in the list, that read one metric: each with those of its own bucket, and `everywhere`
    with all."""

    buckets: tuple[tuple[int, ...], ...]
    everywhere: tuple[int, ...]

    def __len__(self) -> int:
        count = len(self.everywhere)
        inside = sum(len(each) * (len(each) - 1) // 2 for each in self.buckets)
        return inside + count * (count - 1) // 2 + count * sum(map(len, self.buckets))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Pairs in ascending order of both."""
        for bucket in self.buckets:
            for at, one in enumerate(bucket):
                yield from ((one, other) for other in bucket[at + 1 :])
        for at, one in enumerate(self.everywhere):
            yield from ((one, other) for other in self.everywhere[at + 1 :])
            for bucket in self.buckets:
                yield from ((min(one, other), max(one, other)) for other in bucket)


def candidates(alerts: Sequence[Rule]) -> list[Group]:
    """A group for each metric."""
    by_metric: dict[str, list[int]] = defaultdict(list)
    fixed: list[Mapping[str, str]] = []
    for index, each in enumerate(alerts):
        assert each.normal is not None
        fixed.append(_fixed(each))
        for metric in metrics(each.normal):
            by_metric[metric].append(index)
    return [_group(by_metric[metric], fixed) for metric in sorted(by_metric)]


def _fixed(rule: Rule) -> dict[str, str]:
    """Labels of which every result of the expression has the one value; what the rule itself sets is not compared."""
    known = shape(rule.normal) if rule.normal is not None else None
    values = {} if known is None else known.values
    single = {name: min(each.included) for name, each in values.items() if each.included and len(each.included) == 1}
    return {name: value for name, value in single.items() if name not in rule.labels}


def _group(members: Sequence[int], fixed: Sequence[Mapping[str, str]]) -> Group:
    different: dict[str, set[str]] = defaultdict(set)
    for index in members:
        for name, value in fixed[index].items():
            different[name].add(value)
    label = max(sorted(different), key=lambda name: len(different[name]), default="")
    buckets: dict[str, list[int]] = defaultdict(list)
    everywhere = []
    for index in members:
        if label in fixed[index]:
            buckets[fixed[index][label]].append(index)
        else:
            everywhere.append(index)
    return Group(tuple(map(tuple, buckets.values())), tuple(everywhere))
