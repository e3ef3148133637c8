"""Lists of other parts paired, and what changed places in them. Pure."""

from collections.abc import Callable, Hashable, Sequence

type Pair[T] = tuple[T | None, T | None]


def items[T](before: Sequence[T], after: Sequence[T], *keys: Callable[[T], Hashable]) -> list[Pair[T]]:
    """Pairs of other parts by the first key that fits, those that are gone or new with None; in the newer order."""
    left, right = dict(enumerate(before)), dict(enumerate(after))
    pairs: dict[int, Pair[T]] = {}
    for key in keys:
        for index, each in list(right.items()):
            sign = key(each)
            found = next((at for at, other in left.items() if sign is not None and key(other) == sign), None)
            if found is not None:
                pairs[index] = (left.pop(found), right.pop(index))
    pairs |= {index: (None, each) for index, each in right.items()}
    return [pairs[index] for index in sorted(pairs)] + [(each, None) for each in left.values()]


def moved[K: Hashable](before: Sequence[K], after: Sequence[K]) -> set[K]:
    """Those that changed places, as few as can be: the others stand in the same order on both sides."""
    place = {each: index for index, each in enumerate(before)}
    order = [place[each] for each in after]
    best: list[int] = []  # of each length, the index in `order` of the smallest end of a rising run
    previous: list[int] = []
    for index, each in enumerate(order):
        at = next((i for i, end in enumerate(best) if order[end] >= each), len(best))
        previous.append(best[at - 1] if at else -1)
        best[at : at + 1] = [index]
    kept, index = set(), best[-1] if best else -1
    while index >= 0:
        kept.add(after[index])
        index = previous[index]
    return set(after) - kept
