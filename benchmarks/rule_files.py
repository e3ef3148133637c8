"""600 rule files checked by us, duplicates and overlaps included, beside one run of promtool over the same files."""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from rule_lint.lint import lint

FILES, RULES = 600, 8


def content(number: int) -> bytes:
    """Rules as teams have them: each over its own service, a ladder among them."""
    job = f"service-{number}"
    requests = f'http_requests_total{{job="{job}"}}[5m]'
    rules: list[dict[str, Any]] = [
        {"record": f"job:requests_{number}:rate5m", "expr": f"sum by (job) (rate({requests}))"}
    ]
    for index in range(RULES - 1):
        severity = ("warning", "critical")[index % 2]
        rules.append(
            {
                "alert": f"Errors{number}x{index // 2}",
                "expr": f'sum by (job) (rate(errors_{index // 2}_total{{job="{job}", code=~"5.."}}[5m])) / '
                f'sum by (job) (rate(requests_total{{job="{job}"}}[5m])) > 0.0{1 + index % 2 * 4}',
                "for": "10m",
                "labels": {"severity": severity},
                "annotations": {"summary": "{{ $labels.job }} fails"},
            }
        )
    return json.dumps({"groups": [{"name": f"g{number}", "rules": rules}]}).encode()


def main() -> None:
    contents = {f"{number}.yml": content(number) for number in range(FILES)}
    start = time.perf_counter()
    report = lint(contents)
    ours = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        for name, text in contents.items():
            (Path(folder) / name).write_bytes(text)
        command = ["promtool", "check", "rules", "--lint=all", *(str(Path(folder) / name) for name in contents)]
        start = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        theirs = time.perf_counter() - start
    print(f"{FILES} files, {len(report.rules)} rules, {report.compared} pairs compared, {report.skipped} left out")
    print(f"ours      {ours:6.2f} s  {report.count('error')} errors, {report.ladders} good ladders")
    print(f"promtool  {theirs:6.2f} s  grammar and duplicates within a file")


if __name__ == "__main__":
    main()
