"""All that is said of a set of files that one Prometheus loads. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from kaizen.policy.sections.rule_lint import RuleLintPolicy
from rule_lint import conditions, controls, duplicates, overlaps, references
from rule_lint.files import read
from rule_lint.model import LEVELS, Finding, Rule, RuleFile, ordered
from rule_lint.packages import Packages
from rule_lint.severities import Ranks
from rule_lint.work import Work

DEFAULT = RuleLintPolicy()


@dataclass(frozen=True, slots=True)
class Report:
    """`decided` of `compared` pairs of alerts that read a metric in common; `ladders` of them are good ones.

    `copies` are pairs of files that are taken for one file packaged twice: their rules are not compared.
    For up to `skipped` more pairs there was no time; `disabled` findings are turned off by comments.
    """

    files: tuple[RuleFile, ...]
    findings: tuple[Finding, ...]
    compared: int = 0
    decided: int = 0
    ladders: int = 0
    copies: tuple[tuple[str, str], ...] = ()
    skipped: int = 0
    disabled: int = 0

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(rule for file in self.files for rule in file.rules)

    def count(self, level: str) -> int:
        return sum(each.level == level for each in self.findings)


@dataclass(frozen=True, slots=True)
class Around:
    """What else is known. `before` is what the change began with: a rule of it that is gone may still be read.

    `tests` are promtool's, None where nobody asks for any; `dashboards` are users of recording rules, too.
    """

    today: date = date.min
    before: frozenset[references.Name] = frozenset()
    tests: Mapping[str, bytes] | None = None
    dashboards: Mapping[str, bytes] = field(default_factory=dict)
    complete: bool = True  # all files of the load set were read


ALONE = Around()


def lint(contents: Mapping[str, bytes], policy: RuleLintPolicy = DEFAULT, around: Around = ALONE) -> Report:
    """Read and compare files by their paths. Raises nothing: what cannot be read is a finding."""
    return checked([read(path, contents[path]) for path in sorted(contents)], policy, around)


def checked(given: Sequence[RuleFile], policy: RuleLintPolicy = DEFAULT, around: Around = ALONE) -> Report:
    """The same of files that have been read."""
    files = tuple(given)
    ranks = Ranks(policy.severities)
    everything = [rule for file in files for rule in file.rules]
    packages = Packages(files)
    rules = packages.compared
    judged, skipped = overlaps.pairs(rules, ranks, packages.apart)
    found = [finding for file in files for finding in file.findings]
    work = Work(duplicates.MOST_STEPS)
    found += duplicates.exact(rules)
    found += duplicates.clashes(rules, work, packages.apart)
    found += duplicates.copies(rules, ranks, work, packages.apart)
    found += overlaps.findings(judged)
    found += conditions.findings(everything, policy)
    if around.complete and all(each.whole for each in files):  # what is not read may define anything
        found += references.undefined(everything, around.before, policy.recorded_elsewhere, around.dashboards)
    if around.tests is not None:
        found += references.untested(everything, around.tests)
    kept, disabled = _controlled(files, _plainer(found), around.today)
    return Report(
        files,
        ordered(_levelled(kept, dict(policy.levels))),
        len(judged),
        sum(each.verdict != "undecided" for each in judged),
        sum(each.verdict == "good" for each in judged),
        packages.copies,
        skipped + work.skipped,
        disabled,
    )


def _controlled(files: Sequence[RuleFile], found: Sequence[Finding], today: date) -> tuple[list[Finding], int]:
    """Without what comments turn off, and how much that is; with what is wrong with those comments."""
    off: set[tuple[str, str, int]] = set()
    more: list[Finding] = []
    for file in files:
        if not any("kaizen:" in line for line in file.lines):
            continue
        starts = sorted({(each.place.line, each.place.column) for each in file.rules})
        given, faults = controls.read(file.path, file.lines, starts)
        more += [*faults, *controls.expired(given, today)]
        off |= {(each.check, file.path, each.rule) for each in given if each.holds(today)}

    def shown(finding: Finding) -> Iterator[Finding]:
        left = tuple(
            each
            for each in finding.members
            if not {(finding.check, each.place.path, each.place.line), (finding.check, each.place.path, 0)} & off
        )
        if finding.check in references.CHECKS:
            if left:  # each is true by itself
                yield replace(finding, members=left)
        elif len(left) >= min(len(finding.members), 2):  # with one left, there is nothing to compare it with
            yield finding

    kept = [one for each in found for one in shown(each)]
    return kept + more, len(found) - len(kept)


def _levelled(found: Iterable[Finding], levels: Mapping[str, str]) -> Iterator[Finding]:
    for each in found:
        level = next((known for known in LEVELS if known == levels.get(each.check, each.level)), None)
        if level is not None:
            yield replace(each, level=level)


def _plainer(found: Sequence[Finding]) -> list[Finding]:
    """Without clashes between alerts of which it is said that one is redundant: that says more."""
    told = {member.place for each in found if each.check in ("redundant", "inverted-ladder") for member in each.members}
    return [
        each
        for each in found
        if each.check != "alert-clash" or not all(member.place in told for member in each.members)
    ]
