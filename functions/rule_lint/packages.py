"""Files of one name of which most rules are equal: one file, packaged several times. Pure.

Only one of them is loaded at a time, or they are versions of each other: their rules are not compared with each other.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from rule_lint.model import Rule, RuleFile


class Packages:
    """`copies` are pairs of paths, the file that came first and the one that is taken for a copy of it.

    `compared` are the rules to compare: what a copy has of its original is there once.
    """

    def __init__(self, files: Sequence[RuleFile]) -> None:
        numbers: dict[tuple[object, ...], int] = {}
        # Equal rules have one number. It is made once for each rule: writing the expression takes its time.
        self._numbers = {
            id(rule): numbers.setdefault((rule.identity, rule.canonical), len(numbers))
            for file in files
            for rule in file.rules
        }
        self._rules = {file.path: Counter(self._numbers[id(rule)] for rule in file.rules) for file in files}
        self._original = self._twins()
        self.copies = tuple((twin, path) for path, twin in self._original.items())
        self.compared = tuple(self._once(files))

    def _twins(self) -> dict[str, str]:
        """The original of each copy, by paths. Only files with a rule in common are looked at."""
        found: dict[str, str] = {}
        having: dict[tuple[str, int], list[str]] = defaultdict(list)
        for path, rules in self._rules.items():
            name = path.rpartition("/")[2]
            likely = {each for rule in rules for each in having[name, rule]}
            twin = next((each for each in sorted(likely) if self._alike(each, path)), None)
            if twin is not None:
                found[path] = twin
                continue
            for rule in rules:
                having[name, rule].append(path)
        return found

    def _alike(self, one: str, other: str) -> bool:
        """Whether at least half of the rules of each are rules of the other one, too."""
        first, second = self._rules[one].keys(), self._rules[other].keys()
        longer, shorter = max(len(first), len(second)), min(len(first), len(second))
        return 2 * shorter >= longer and 2 * len(first & second) >= longer

    def _once(self, files: Sequence[RuleFile]) -> list[Rule]:
        there: dict[str, Counter[int]] = defaultdict(Counter)  # what the files before have, by the original
        found = []
        for file in files:
            known, count = there[self._origin(file.path)], Counter[int]()
            for rule in file.rules:
                number = self._numbers[id(rule)]
                count[number] += 1
                if count[number] > known[number]:
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
        return self._numbers[id(one)] not in self._rules[second] and self._numbers[id(other)] not in self._rules[first]
