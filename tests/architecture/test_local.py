"""The stack on one machine: what holds it up does not know who shows it."""

import ast
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, Module

LOCAL = ROOT / "local"
SHOWN_BY = ("local.demo", "local.startpage", "local.session", "local.phase")
STANDS_ALONE = [
    LOCAL / "stack.py",
    LOCAL / "template.py",
    *(path for part in ("aws", "lambda_", "doors", "outside") for path in sorted((LOCAL / part).rglob("*.py"))),
]


def imports(path: Path) -> set[str]:
    return Module(path.stem, path, ast.parse(path.read_text(encoding="utf-8"))).imports()


@pytest.mark.parametrize("path", STANDS_ALONE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_stack_knows_neither_start_page_nor_demos(path: Path) -> None:
    assert not [name for name in imports(path) if name.startswith(SHOWN_BY)]


def test_doubles_know_no_stack() -> None:
    for path in (LOCAL / "outside").rglob("*.py"):
        others = {name for name in imports(path) if name.startswith(("local.stack", "local.aws", "kaizen"))}
        assert others <= {"kaizen.times.format_instant"}


def test_the_check_sees_an_import() -> None:
    assert any(name.startswith(SHOWN_BY) for name in imports(LOCAL / "session.py"))
