"""Work grows with what is given, and no faster: it is counted, for a clock says little on a busy machine.

A soak looks at the clock as well: at the processor's time, with room for slow machines.
"""

import time
from unittest.mock import Mock

import pytest

from kaizen.yamltree import LARGEST
from rule_lint import backtest, controls
from rule_lint.backtest import ReplayError, count, step_of
from rule_lint.lint import lint
from rule_lint.model import Rule
from tests.effort import PROFILE
from tests.unit.rule_lint.rule_samples import alert, content, file

SECONDS, ROOM = 5, 4  # an answer for a file, and how much slower than ours a machine may be
OFF = "# kaizen: disable copy until 2030-01-01 x\n"
RULES = "groups:\n  - name: g\n    rules:\n"


def test_files_of_one_name_are_not_written_anew_for_each_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def counting(rule: Rule) -> str:
        written.append(1)
        return rule.text

    monkeypatch.setattr(Rule, "canonical", property(counting))

    def of(files: int) -> int:
        written.clear()
        rules = {
            f"svc-{number}/alerts.yml": content(*(alert(f"A{n}", f'x{n}{{job="{number}"}} > 1') for n in range(4)))
            for number in range(files)
        }
        assert lint(rules).findings == ()
        return len(written)

    assert of(60) <= 2.2 * of(30)


class Lines(list[str]):
    """Counts how often any of them is looked at."""

    looked = 0

    def __getitem__(self, at: object) -> str:  # type: ignore[override]
        Lines.looked += 1
        return super().__getitem__(at)  # type: ignore[no-any-return, call-overload]


def test_lines_below_comments_are_not_walked_anew_for_each_comment() -> None:
    comments, blank = 50, 2000
    lines = Lines([OFF] * comments + ["\n"] * blank + ["groups:"])
    found, faults = controls.read("r.yml", lines, [])
    assert (len(found), len(faults)) == (comments, 0)
    assert Lines.looked <= 3 * len(lines)


def test_a_label_of_many_templates_is_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = Mock(wraps=backtest._VALUE)
    monkeypatch.setattr(backtest, "_VALUE", looked)
    (rule,) = file(alert("A", "x > 1", labels={"a": "{{a}}" * 1000})).rules
    count(rule, [], 0, step_of(rule))
    assert [call[0] for call in looked.mock_calls] == ["search"]
    (rule,) = file(alert("A", "x > 1", labels={"a": "{{a}} {{ $value }}"})).rules
    with pytest.raises(ReplayError):
        count(rule, [], 0, step_of(rule))


LARGE = {
    "comments above nothing": OFF * 1000 + "\n" * 900_000,
    "comments above rules": RULES
    + "".join(f"      {OFF}      - {{alert: A{n}, expr: x > {n}}}\n" for n in range(9000)),
    "a template of comments": RULES + "      - alert: A\n        expr: x > 1\n        annotations: {a: '{{"
    + "/**/" * 240_000 + "}}'}\n",
    "templates": RULES + "      - alert: A\n        expr: x > 1\n        labels: {a: '" + "{{a}}" * 190_000 + "'}\n",
    "rules of one metric": RULES + "".join(f"      - {{alert: A{n}, expr: x > y + {n}}}\n" for n in range(22_000)),
    "records of one name": RULES + "".join(f"      - {{record: a, expr: x + {n}}}\n" for n in range(22_000)),
    "long records of one name": RULES
    + "".join(f"      - {{record: a, expr: x > {n}{' + x' * 90}}}\n" for n in range(2500)),
    "expressions that are none": RULES + "".join(f"      - {{alert: A{n}, expr: x >}}\n" for n in range(22_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_a_file_as_large_as_is_read_is_answered(name: str) -> None:
    """In a soak in good time; else a twentieth of it, at all."""
    text = LARGE[name]
    assert 600_000 < len(text) <= LARGEST
    start = time.process_time()
    lint({"a.yml": (text if PROFILE == "soak" else text[: len(text) // 20]).encode()})
    if PROFILE == "soak":
        assert time.process_time() - start < SECONDS * ROOM
