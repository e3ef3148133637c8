"""The rule files as data."""

from functools import cache
from typing import Any

import yaml

from tests.rules.tools import RULES


@cache
def rules() -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in RULES]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def recorded() -> set[str]:
    """The names that recording rules make."""
    return {rule["record"] for rule in rules() if "record" in rule}
