"""Replayed firings against promtool, evaluation by evaluation: the same points, `for` and `keep_firing_for`."""

import json
import random
from pathlib import Path
from typing import Any

from rule_lint.backtest import firings
from tests.rules.tools import run
from tests.unit.rule_lint.rule_samples import alert, content

LENGTH = 40
LENGTHS = [(0, 0), (1, 0), (3, 0), (0, 2), (2, 3), (3, 7)]  # minutes


def test_the_same_evaluations_fire_as_in_prometheus(tmp_path: Path) -> None:
    drawn = random.Random(14)
    rules, tests, fired = [], [], 0
    for number, (waits, keeps) in enumerate(LENGTHS):
        more = {"keep_firing_for": f"{keeps}m"} if keeps else {}
        rules.append(alert(f"A{number}", f"x{number} > 0", "", f"{waits}m", **more))
        for stay in (0.5, 0.7, 0.85):
            holds = [drawn.random() < 0.5]
            while len(holds) < LENGTH:
                holds.append(holds[-1] if drawn.random() < stay else not holds[-1])
            active = [at for at, each in enumerate(holds) if each]
            found = firings(active, waits=waits, keeps=keeps, latest=LENGTH - 1)
            fired += len(found)
            values = " ".join("1" if each else "0" for each in holds)
            tests.append(_test(number, values, [any(a <= at <= b for a, b in found) for at in range(LENGTH)]))
    assert fired > len(LENGTHS)
    (tmp_path / "rules.yml").write_bytes(content(*rules))
    file = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "test.yml").write_text(json.dumps(file), encoding="utf-8")
    assert "SUCCESS" in run("promtool", "test", "rules", tmp_path / "test.yml")


def _test(number: int, values: str, fires: list[bool]) -> dict[str, Any]:
    expected = [
        {"eval_time": f"{at}m", "alertname": f"A{number}", "exp_alerts": [{"exp_labels": {}}] if each else []}
        for at, each in enumerate(fires)
    ]
    return {"interval": "1m", "input_series": [{"series": f"x{number}", "values": values}], "alert_rule_test": expected}
