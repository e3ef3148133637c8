"""The house as data: its source files with what they import, and its template."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"
LAYER = ROOT / "layers" / "common"


@dataclass(frozen=True)
class Module:
    """One Python file; `imports` are dotted names, those for type checking alone left out."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    def imports(self) -> set[str]:
        return set(_imported(self.tree))

    def __str__(self) -> str:
        return self.name


def _imported(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from _imported(child)


def _modules(root: Path) -> list[Module]:
    found = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        found.append(Module(name, path, ast.parse(path.read_text(encoding="utf-8"))))
    return found


@cache
def function_modules() -> list[Module]:
    return _modules(FUNCTIONS)


@cache
def layer_modules() -> list[Module]:
    return _modules(LAYER)


def features() -> list[str]:
    return sorted(path.parent.name for path in FUNCTIONS.glob("*/handler.py"))


@cache
def template() -> dict[str, Any]:
    """template.yaml as it stands, short tags written out (`!Ref X` is `{"Ref": "X"}`)."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return parsed


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Logical id -> properties of every resource of one type."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template()["Resources"].items()
        if resource["Type"] == kind
    }


def lambda_functions() -> dict[str, dict[str, Any]]:
    return resources("AWS::Serverless::Function")


def function_of(feature: str) -> dict[str, Any]:
    """The template's function whose handler lies in the feature's folder."""
    (found,) = [each for each in lambda_functions().values() if each["Handler"].partition(".")[0] == feature]
    return found


def statements(function: dict[str, Any]) -> list[dict[str, Any]]:
    """The IAM statements that a function's policies spell out."""
    return [each for policy in function.get("Policies", []) for each in policy.get("Statement", [])]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def target(value: Any) -> str:
    """The logical id behind `!Ref X`, `!GetAtt X.Arn` or `!Sub ${X.Arn}/...`; empty for anything else."""
    match value:
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(name), *_]}:
            return name
        case {"Fn::Sub": str(text)} if text.startswith("${"):
            return text[2:].partition("}")[0].partition(".")[0]
    return ""
