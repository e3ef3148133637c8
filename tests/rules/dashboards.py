"""The dashboards of this repository, and their queries as Grafana asks them."""

import json
import re
from pathlib import Path
from typing import Any

from tests.architecture.house import ROOT

DASHBOARDS = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def expressions(path: Path) -> list[str]:
    """Every query, with Grafana's variables filled in as Grafana would where all values are chosen."""
    queries = [target["expr"] for panel in read(path)["panels"] for target in panel["targets"]]
    return [re.sub(r"\$__rate_interval", "2m", re.sub(r"\$(?!__)\w+", ".*", query)) for query in queries]
