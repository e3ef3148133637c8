"""Lists of other parts paired, and what changed places in them. Pure."""

import json
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from typing import Any

type Pair[T] = tuple[T | None, T | None]


def items[T](before: Sequence[T], after: Sequence[T], *keys: Callable[[T], Hashable]) -> list[Pair[T]]:
    """Pairs of other parts by the first key that fits, those that are gone or new with None; in the newer order."""
    if keys and len(before) == len(after):
        signs = [keys[0](each) for each in before]
        if None not in signs and signs == [keys[0](each) for each in after] and len(set(signs)) == len(signs):
            return list(zip(before, after, strict=True))  # as it mostly is
    left, right = dict(enumerate(before)), dict(enumerate(after))
    pairs: dict[int, Pair[T]] = {}
    for key in keys:
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for at, each in left.items():
            waiting[key(each)].append(at)
        for index, each in list(right.items()):
            sign = key(each)
            if sign is not None and waiting.get(sign):
                pairs[index] = (left.pop(waiting[sign].popleft()), right.pop(index))
    pairs |= {index: (None, each) for index, each in right.items()}
    return [pairs[index] for index in sorted(pairs)] + [(each, None) for each in left.values()]


def word(value: Any) -> str:
    """A value of a file as a key: where a name should stand there may be anything."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def moved[K: Hashable](before: Sequence[K], after: Sequence[K]) -> set[K]:
    """Those that changed places, as few as can be: the others stand in the same order on both sides."""
    place = {each: index for index, each in enumerate(before)}
    order = [place[each] for each in after]
    best: list[int] = []  # of each length, the index in `order` of the smallest end of a rising run
    previous: list[int] = []
    for index, each in enumerate(order):
        at = bisect_left(best, each, key=order.__getitem__)
        previous.append(best[at - 1] if at else -1)
        best[at : at + 1] = [index]
    kept, index = set(), best[-1] if best else -1
    while index >= 0:
        kept.add(after[index])
        index = previous[index]
    return set(after) - kept
