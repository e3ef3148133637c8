"""Rule files are taken or refused as promtool takes or refuses them; what differs has its reason beside it."""

import re
import subprocess
from pathlib import Path

import pytest

from rule_lint.files import read
from tests.rules.tools import tool

RULE = "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: x > 1\n"
GROUP = "groups:\n- name: a\n"
FILES = {
    "one alert": RULE,
    "empty": "",
    "only a comment": "# nothing\n",
    "groups of nothing": "groups:\n",
    "no rules": GROUP,
    "rules of nothing": GROUP + "  rules:\n",
    "json": '{"groups": [{"name": "a", "rules": [{"alert": "A", "expr": "x"}]}]}',
    "a byte order mark": "\ufeff" + RULE,
    "an end mark": RULE + "...\n",
    "no mapping": "just text",
    "a list": "- a",
    "another key": RULE + "rules: []\n",
    "groups no list": "groups: {}\n",
    "a group without a name": "groups:\n- rules: []\n",
    "a group's name twice": "groups:\n- name: a\n- name: a\n",
    "a group's other key": GROUP + "  foo: 1\n",
    "interval": GROUP + "  interval: 30s\n",
    "interval of 0": GROUP + "  interval: 0s\n",
    "interval below 0": GROUP + "  interval: -5s\n",
    "interval with a point": GROUP + "  interval: 1.5m\n",
    "limit": GROUP + "  limit: 5\n",
    "limit as text": GROUP + "  limit: x\n",
    "a key twice": GROUP + "  name: b\n",
    "a tab": "groups:\n\t- name: a\n",
    "a rule as text": GROUP + "  rules: [x]\n",
    "a rule of nothing": GROUP + "  rules: [null]\n",
    "a rule's other key": RULE + "    foo: 1\n",
    "alert and record": RULE + "    record: a:b\n",
    "neither alert nor record": GROUP + "  rules:\n  - expr: x\n",
    "an empty alert": GROUP + '  rules:\n  - alert: ""\n    expr: x\n',
    "an alert as a number": GROUP + "  rules:\n  - alert: 7\n    expr: x\n",
    "expr as a number": GROUP + "  rules:\n  - alert: A\n    expr: 1\n",
    "expr as a truth": GROUP + "  rules:\n  - alert: A\n    expr: true\n",
    "expr of nothing": GROUP + "  rules:\n  - alert: A\n    expr:\n",
    "expr as a list": GROUP + "  rules:\n  - alert: A\n    expr: [x]\n",
    "expr no PromQL": GROUP + "  rules:\n  - alert: A\n    expr: x >\n",
    "expr of types": GROUP + "  rules:\n  - alert: A\n    expr: rate(x)\n",
    "expr in a block": GROUP + "  rules:\n  - alert: A\n    expr: |\n      x >\n      1\n",
    "for": RULE + "    for: 1h30m\n",
    "for as 0": RULE + "    for: 0\n",
    "for as a number": RULE + "    for: 10\n",
    "for as nothing": RULE + '    for: ""\n',
    "for below 0": RULE + "    for: -5m\n",
    "for in the wrong order": RULE + "    for: 5m1h\n",
    "for too long": RULE + "    for: 999999y\n",
    "keep firing": RULE + "    keep_firing_for: 5m\n",
    "a record with for": GROUP + "  rules:\n  - record: a:b\n    expr: x\n    for: 5m\n",
    "a record with for 0": GROUP + "  rules:\n  - record: a:b\n    expr: x\n    for: 0s\n",
    "a record with annotations": GROUP + "  rules:\n  - record: a:b\n    expr: x\n    annotations: {a: b}\n",
    "labels": RULE + "    labels: {a: b, c: 1.50, d: yes, e: , f: 2024-01-01}\n",
    "labels as a list": RULE + "    labels: [a]\n",
    "a label as a mapping": RULE + "    labels: {a: {b: c}}\n",
    "a record's name with braces": GROUP + "  rules:\n  - record: a{b}\n    expr: x\n",
    "an empty label's name": RULE + '    labels: {"": c}\n',
    "an empty annotation's name": RULE + '    annotations: {"": c}\n',
    "the metric's name as label": RULE + "    labels: {__name__: c}\n",
    "a template": RULE + '    annotations: {a: "{{ $value | humanize }} of {{ $labels.job }}"}\n',
    "a template without an end": RULE + '    annotations: {a: "{{ $value"}\n',
    "a template with braces in quotes": RULE + "    annotations: {a: '{{ \"}}\" }} {{`{{`}}'}\n",
    "a template with a comment": RULE + "    annotations: {a: '{{/* }} */}} text'}\n",
    "a label's template without an end": RULE + '    labels: {a: "{{ $labels.x "}\n',
    "an anchor": GROUP + "  rules:\n  - &x\n    alert: A\n    expr: x\n  - <<: *x\n    alert: B\n",
    "an unknown anchor": GROUP + "  rules:\n  - *x\n",
    "two documents, both good": RULE + "---\n" + RULE,
}
# (ours, promtool's): why.
DIFFERENT = {
    "query_offset": (GROUP + "  query_offset: 1m\n", True, False, "Prometheus 2.53"),
    "labels of a group": (GROUP + "  labels: {a: b}\n", True, False, "Prometheus 3.0"),
    "a record's name": (GROUP + "  rules:\n  - record: a.b-c:d\n    expr: x\n", True, False, "UTF-8, Prometheus 3.0"),
    "a label's name": (RULE + "    labels: {service.name: c}\n", True, False, "UTF-8, Prometheus 3.0"),
    "an annotation's name": (RULE + "    annotations: {größe: c}\n", True, False, "UTF-8, Prometheus 3.0"),
    "a resource": (
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n  " + RULE.replace("\n", "\n  "),
        True, False, "the operator of Kubernetes takes it",
    ),
    "a template of an unknown function": (
        RULE + '    annotations: {a: "{{ foo }}"}\n', True, False, "the language of templates is left to promtool",
    ),
    "a fault in the second document": (RULE + "---\n" + RULE + "    foo: 1\n", False, True, "promtool reads the first"),
    "not UTF-8 in a name": (RULE + '    labels: {a: "\\xff"}\n', True, True, "the same: an escape is a character"),
}  # fmt: skip


def ours(text: str) -> bool:
    return not [each for each in read("f.yml", text.encode()).findings if each.level == "error"]


def promtools(texts: dict[str, str], folder: Path) -> dict[str, bool]:
    paths = {}
    for index, (name, text) in enumerate(texts.items()):
        paths[name] = folder / f"{index}.yml"
        paths[name].write_text(text, encoding="utf-8")
    command = [tool("promtool"), "check", "rules", "--lint=none", *map(str, paths.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    refused = set(re.findall(r"^(\S+?\.yml): ", done.stderr, re.MULTILINE))
    return {name: str(path) not in refused for name, path in paths.items()}


def test_promtools_verdict_is_ours(tmp_path: Path) -> None:
    assert len(FILES) >= 30
    verdicts = promtools(FILES, tmp_path)
    assert {True, False} == set(verdicts.values())
    assert {name: ours(text) for name, text in FILES.items()} == verdicts


def test_each_disagreement_has_its_reason(tmp_path: Path) -> None:
    verdicts = promtools({name: given[0] for name, given in DIFFERENT.items()}, tmp_path)
    found = {name: (ours(given[0]), verdicts[name]) for name, given in DIFFERENT.items()}
    assert found == {name: given[1:3] for name, given in DIFFERENT.items()}


@pytest.mark.parametrize("name", ["for as a number", "an empty label's name", "a rule's other key", "expr no PromQL"])
def test_a_fault_names_the_rule_that_promtool_names(name: str) -> None:
    (found,) = read("f.yml", FILES[name].encode()).findings
    assert found.members[0].title == "group 'a', alert A"
