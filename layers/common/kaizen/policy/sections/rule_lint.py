"""Which files of a repository are Prometheus rules, and which severities there are. Pure. Section [rule_lint]."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kaizen.policy.paths import GLOB, fits
from kaizen.policy.reader import Table, many, text

_SEVERITIES = (("critical", "page"), ("error",), ("warning", "ticket"), ("info", "none"))
_NAME = text(r"[^\x00-\x1f\x7f]{1,100}", "a severity of 1 to 100 characters")


@dataclass(frozen=True, slots=True)
class RuleLintPolicy:
    """`paths` are patterns from the repository's root: `*` and `?` stay within a folder, `**` does not. All their files
    together are what one Prometheus loads.

    `severities` are values of the labels `severity` and `level`, from the most severe down; several can share a rank.
    """

    paths: tuple[str, ...] = ("prometheus/rules/*.yml",)
    severities: tuple[tuple[str, ...], ...] = _SEVERITIES

    def watches(self, path: str) -> bool:
        return fits(path, self.paths)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders below which watched files lie, as far as patterns name them; empty for the root."""
        fixed = {_folder(each) for each in self.paths}
        return tuple(sorted(each for each in fixed if not any(_below(each, other) for other in fixed - {each})))


def read(file: Table) -> RuleLintPolicy:
    default = RuleLintPolicy()
    if not file.has("rule_lint"):
        return default
    table = file.table("rule_lint")
    found = RuleLintPolicy(
        paths=table.get("paths", many(GLOB), default.paths),
        severities=table.get("severities", _severities, default.severities),
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
