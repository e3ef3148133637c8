"""`kaizen.promql` takes what Prometheus takes: judged by promtool, and by the grammar of Prometheus's own editor."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from kaizen.promql import PromqlError, canonical, normal, parse, write
from tests.architecture.house import ROOT
from tests.rules.promql_corpus import BAD, DIFFERENT, GOOD
from tests.rules.tools import tool

NODE = ROOT / ".build" / "node" / "node_modules"
TAKEN, REFUSED = GOOD.strip().splitlines(), BAD.strip().splitlines()


def ours(text: str) -> bool:
    try:
        parse(text)
    except PromqlError:
        return False
    return True


def promtools(texts: list[str], folder: Path) -> dict[str, bool]:
    """One run over a file for each."""
    paths = {}
    for index, text in enumerate(texts):
        paths[text] = folder / f"{index}.yml"
        rules = [{"record": "a:b", "expr": text}]
        paths[text].write_text(json.dumps({"groups": [{"name": "a", "rules": rules}]}), encoding="utf-8")
    command = [tool("promtool"), "check", "rules", "--lint=none", *map(str, paths.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    refused = set(re.findall(r"^(\S+?\.yml): ", done.stderr, re.MULTILINE))
    return {text: str(path) not in refused for text, path in paths.items()}


def grammars(texts: list[str]) -> dict[str, bool]:
    assert NODE.is_dir(), "make test installs the npm packages; or: make .build/node/.done"
    script = Path(__file__).with_name("promql_syntax.mjs")
    done = subprocess.run(
        [tool("node"), str(script), str(NODE)], input=json.dumps(texts), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(texts, json.loads(done.stdout), strict=True))


def test_the_corpus_is_large_enough() -> None:
    assert len(TAKEN) + len(REFUSED) >= 120
    assert 2 * len(REFUSED) >= len(TAKEN) + len(REFUSED)


def test_promtools_verdict_is_ours(tmp_path: Path) -> None:
    verdicts = promtools([*TAKEN, *REFUSED], tmp_path)
    assert [text for text, good in verdicts.items() if good != (text in TAKEN)] == []
    assert [text for text in verdicts if ours(text) != verdicts[text]] == []


def test_the_grammar_takes_what_we_take() -> None:
    """It knows no types: what it refuses must be refused, the rest is promtool's to judge."""
    verdicts = grammars([*TAKEN, *REFUSED])
    assert [text for text, good in verdicts.items() if not good and ours(text)] == []


def test_each_disagreement_has_its_reason(tmp_path: Path) -> None:
    tools, syntax = promtools(list(DIFFERENT), tmp_path), grammars(list(DIFFERENT))
    found = {text: (ours(text), tools[text], syntax[text]) for text in DIFFERENT}
    assert found == {text: verdicts[:3] for text, verdicts in DIFFERENT.items()}


@pytest.mark.parametrize("text", TAKEN)
def test_what_is_written_is_read_as_the_same(text: str) -> None:
    tree = parse(text)
    assert repr(parse(write(tree))) == repr(tree)  # NaN is not equal to itself
    assert canonical(parse(canonical(tree))) == canonical(tree)
    assert repr(normal(normal(tree))) == repr(normal(tree))
