"""All that is said of a set of files that one Prometheus loads. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kaizen.policy.sections.rule_lint import RuleLintPolicy
from rule_lint import duplicates, overlaps
from rule_lint.files import read
from rule_lint.model import Finding, Rule, RuleFile, ordered
from rule_lint.severities import Ranks
from rule_lint.work import Work

DEFAULT = RuleLintPolicy()


@dataclass(frozen=True, slots=True)
class Report:
    """`decided` of `compared` pairs of alerts that read a metric in common; `ladders` of them are good ones.

    `copies` are pairs of files that are taken for one file packaged twice: their rules are not compared.
    For up to `skipped` more pairs there was no time.
    """

    files: tuple[RuleFile, ...]
    findings: tuple[Finding, ...]
    compared: int = 0
    decided: int = 0
    ladders: int = 0
    copies: tuple[tuple[str, str], ...] = ()
    skipped: int = 0

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(rule for file in self.files for rule in file.rules)

    def count(self, level: str) -> int:
        return sum(each.level == level for each in self.findings)


def lint(contents: Mapping[str, bytes], severities: Sequence[Sequence[str]] = DEFAULT.severities) -> Report:
    """Read and compare files by their paths. Raises nothing: what cannot be read is a finding."""
    files = tuple(read(path, contents[path]) for path in sorted(contents))
    ranks = Ranks(severities)
    copies = _copies(files)
    left_out = {path for _, path in copies}
    rules = [rule for file in files if file.path not in left_out for rule in file.rules]
    judged, skipped = overlaps.pairs(rules, ranks)
    found = [finding for file in files for finding in file.findings]
    work = Work(duplicates.MOST_STEPS)
    found += [*duplicates.exact(rules), *duplicates.clashes(rules, work), *duplicates.copies(rules, ranks, work)]
    found += overlaps.findings(judged)
    return Report(
        files,
        ordered(_plainer(found)),
        len(judged),
        sum(each.verdict != "undecided" for each in judged),
        sum(each.verdict == "good" for each in judged),
        copies,
        skipped + work.skipped,
    )


def _copies(files: Sequence[RuleFile]) -> tuple[tuple[str, str], ...]:
    """Files of one name in different folders of which most rules are equal: one file, packaged twice."""
    by_name: dict[str, list[RuleFile]] = defaultdict(list)
    for file in files:
        if file.rules:
            by_name[file.path.rpartition("/")[2]].append(file)
    found = []
    for same in by_name.values():
        kept: list[RuleFile] = []
        for file in same:
            twin = next((each for each in kept if _alike(each, file)), None)
            if twin is None:
                kept.append(file)
            else:
                found.append((twin.path, file.path))
    return tuple(found)


def _alike(one: RuleFile, other: RuleFile) -> bool:
    first, second = ({(each.identity, each.canonical) for each in file.rules} for file in (one, other))
    return 2 * len(first & second) >= min(len(first), len(second))


def _plainer(found: Sequence[Finding]) -> list[Finding]:
    """Without clashes between alerts of which it is said that one is redundant: that says more."""
    told = {member.place for each in found if each.check in ("redundant", "inverted-ladder") for member in each.members}
    return [
        each
        for each in found
        if each.check != "alert-clash" or not all(member.place in told for member in each.members)
    ]
