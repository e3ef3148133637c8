"""Rules for tests, as short as can be."""

import json
from typing import Any

from rule_lint.files import read
from rule_lint.lint import Report, lint
from rule_lint.model import RuleFile


def alert(name: str, expr: str, severity: str = "warning", wait: str = "", **more: Any) -> dict[str, Any]:
    labels = {"severity": severity} if severity else {}
    return (
        {"alert": name, "expr": expr, "labels": labels | more.pop("labels", {})}
        | ({"for": wait} if wait else {})
        | more
    )


def record(name: str, expr: str, **labels: str) -> dict[str, Any]:
    return {"record": name, "expr": expr, "labels": labels}


def content(*rules: dict[str, Any], group: str = "g", **more: Any) -> bytes:
    """A rule file of one group, as JSON, which is YAML."""
    return json.dumps({"groups": [{"name": group, "rules": list(rules)} | more]}, indent=1).encode()


def file(*rules: dict[str, Any], path: str = "rules.yml") -> RuleFile:
    return read(path, content(*rules))


def linted(*rules: dict[str, Any]) -> Report:
    return lint({"rules.yml": content(*rules)})


def checks(*rules: dict[str, Any]) -> list[str]:
    """The checks that find something, the worst first."""
    return [each.check for each in linted(*rules).findings]
