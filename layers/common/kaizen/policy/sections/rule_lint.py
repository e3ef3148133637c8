"""Which files of a repository are Prometheus rules, and which severities there are. Pure. Section [rule_lint]."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kaizen.metrics.catalogue.rule_lint import CHECKS
from kaizen.policy.paths import GLOB, fits
from kaizen.policy.reader import Table, boolean, many, one_of, text

_SEVERITIES = (("critical", "page"), ("error",), ("warning", "ticket"), ("info", "none"))
_FIXED = ("promql", "rule-file", "yaml")  # Prometheus refuses the file: no policy makes it take one
_LEVELS = ("error", "warning", "note", "off")
_LABEL = text(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}", "a name of a label or annotation")
_METRIC = text(r"[a-zA-Z_:*?][a-zA-Z0-9_:*?]{0,199}", "a name of a metric, with * and ? for any")
_NAME = text(r"[^\x00-\x1f\x7f]{1,100}", "a severity of 1 to 100 characters")


@dataclass(frozen=True, slots=True)
class RuleLintPolicy:
    """`paths` are patterns from the repository's root: `*` and `?` stay within a folder, `**` does not. All their files
    together are what one Prometheus loads.

    `severities` are values of the labels `severity` and `level`, from the most severe down; several can share a rank.
    `tests` are patterns of promtool's test files; without any, nobody is told of alerts without a test.
    `recorded_elsewhere` are patterns of recorded metrics that no file here makes. `levels` are those of checks that are
    not to have their own, `off` for none at all. `replay_forks`: expressions of forks' pull requests are asked of
    Prometheus, too; whoever opens one then learns when they held.
    """

    paths: tuple[str, ...] = ("prometheus/rules/*.yml",)
    severities: tuple[tuple[str, ...], ...] = _SEVERITIES
    tests: tuple[str, ...] = ()
    required_labels: tuple[str, ...] = ()
    required_annotations: tuple[str, ...] = ()
    recorded_elsewhere: tuple[str, ...] = ()
    levels: tuple[tuple[str, str], ...] = ()
    replay_forks: bool = False

    def watches(self, path: str) -> bool:
        return fits(path, self.paths)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders below which watched files lie, as far as patterns name them; empty for the root."""
        return folders(self.paths)


def folders(globs: Iterable[str]) -> tuple[str, ...]:
    """The folders below which all files of these patterns lie, none below another one."""
    fixed = {_folder(each) for each in globs}
    return tuple(sorted(each for each in fixed if not any(_below(each, other) for other in fixed - {each})))


def read(file: Table) -> RuleLintPolicy:
    default = RuleLintPolicy()
    if not file.has("rule_lint"):
        return default
    table = file.table("rule_lint")
    found = RuleLintPolicy(
        paths=table.get("paths", many(GLOB), default.paths),
        severities=table.get("severities", _severities, default.severities),
        tests=table.get("tests", many(GLOB), ()),
        required_labels=table.get("required_labels", many(_LABEL), ()),
        required_annotations=table.get("required_annotations", many(_LABEL), ()),
        recorded_elsewhere=table.get("recorded_elsewhere", many(_METRIC), ()),
        levels=_levels(table.table("checks")),
        replay_forks=table.get("replay_forks", boolean, False),
    )
    table.close()
    return found


def contradictions(found: RuleLintPolicy) -> Iterator[str]:
    """A severity with two ranks."""
    names = [name.lower() for rank in found.severities for name in rank]
    for name in sorted({each for each in names if names.count(each) > 1}):
        yield f"rule_lint.severities: {name} is there twice"
    if not found.paths:
        yield "rule_lint.paths: there is none, so that no file is watched"


def _levels(table: Table) -> tuple[tuple[str, str], ...]:
    names = [each for each in CHECKS if each not in _FIXED and table.has(each)]
    found = tuple((each, table.get(each, one_of(_LEVELS), "off")) for each in names)
    table.close()
    return found


def _severities(value: Any) -> tuple[tuple[str, ...], ...]:
    return many(many(_NAME))(value)


def _folder(glob: str) -> str:
    fixed = []
    for part in glob.split("/")[:-1]:
        if "*" in part or "?" in part:
            break
        fixed.append(part)
    return "/".join(fixed)


def _below(folder: str, other: str) -> bool:
    return not other or folder.startswith(f"{other}/")
