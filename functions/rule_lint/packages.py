"""Files of one name of which most rules are equal: one file, packaged several times. Pure.

Only one of them is loaded at a time, or they are versions of each other: their rules are not compared with each other.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from rule_lint.model import Rule, RuleFile

Key = tuple[object, ...]


class Packages:
    """`copies` are pairs of paths, the file that came first and the one that is taken for a copy of it.

    `compared` are the rules to compare: what a copy has of its original is there once. `lookups` counts the
    comparisons of two files.
    """

    def __init__(self, files: Sequence[RuleFile]) -> None:
        self.lookups = 0
        self._keys = {file.path: Counter(map(_key, file.rules)) for file in files if file.rules}
        self._original: dict[str, str] = {}
        kept: dict[str, list[str]] = defaultdict(list)
        for path in self._keys:
            same = kept[path.rpartition("/")[2]]
            twin = next((each for each in same if self._alike(each, path)), None)
            if twin is None:
                same.append(path)
            else:
                self._original[path] = twin
        self.copies = tuple((twin, path) for path, twin in self._original.items())
        self.compared = tuple(self._once(files))

    def _alike(self, one: str, other: str) -> bool:
        """Whether at least half of the rules of each are rules of the other one, too."""
        self.lookups += 1
        first, second = self._keys[one].keys(), self._keys[other].keys()
        longer = max(len(first), len(second))
        return 2 * min(len(first), len(second)) >= longer and 2 * len(first & second) >= longer

    def _once(self, files: Sequence[RuleFile]) -> list[Rule]:
        there: dict[str, Counter[Key]] = defaultdict(Counter)  # what the files before have, by the original
        found = []
        for file in files:
            known, count = there[self._origin(file.path)], Counter[Key]()
            for rule in file.rules:
                key = _key(rule)
                count[key] += 1
                if count[key] > known[key]:
                    found.append(rule)
            known |= count
        return found

    def _origin(self, path: str) -> str:
        return self._original.get(path, path)

    def apart(self, one: Rule, other: Rule) -> bool:
        """Whether they are of two packages of one file, and neither file has both."""
        first, second = one.place.path, other.place.path
        if first == second or self._origin(first) != self._origin(second):
            return False
        return not self._keys[second][_key(one)] and not self._keys[first][_key(other)]


def _key(rule: Rule) -> Key:
    return (rule.identity, rule.canonical)
