"""Patterns of paths in a repository: `*` and `?` stay within a folder, `**` does not. Pure."""

import re
from collections.abc import Iterable
from functools import cache

from kaizen.policy.reader import text

GLOB = text(
    r"(?!/)(?!.*//)[^\x00-\x1f\x7f\\]{1,300}", "a path such as prometheus/rules/*.yml, from the repository's root"
)


def fits(path: str, globs: Iterable[str]) -> bool:
    return any(_pattern(each).fullmatch(path) for each in globs)


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    """`**/` is any folders or none, `**` anything, `*` and `?` anything within a name."""
    parts = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    found, at = "", 0
    while at < len(glob):
        key = next((each for each in parts if glob.startswith(each, at)), "")
        found += parts[key] if key else re.escape(glob[at])
        at += len(key) or 1
    return re.compile(found)
