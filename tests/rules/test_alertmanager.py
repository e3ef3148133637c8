"""Where Alertmanager sends each alert, by its own judgement."""

from typing import Any

import pytest

from tests.rules.rule_files import alerts
from tests.rules.tools import PROMETHEUS, run

CONFIGURATION = PROMETHEUS / "alertmanager.yml"
BY_SEVERITY = {"page": "pages", "ticket": "tickets", "warning": "tickets", "heartbeat": "heartbeat", "silent": "nobody"}
BY_NAME = {"KaizenCanaryBudgetExceeded": "canaries"}


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_each_alert_has_its_receiver(alert: dict[str, Any]) -> None:
    name, severity = alert["alert"], alert["labels"]["severity"]
    run(
        "amtool", "config", "routes", "test", f"--config.file={CONFIGURATION}",
        f"--verify.receivers={BY_NAME.get(name) or BY_SEVERITY[severity]}",
        f"alertname={name}", f"severity={severity}", "repository=acme/shop", "environment=production", "deployment=7",
    )  # fmt: skip


def test_a_wrong_receiver_is_found() -> None:
    """The check above is worth as much as this."""
    with pytest.raises(AssertionError):
        run("amtool", "config", "routes", "test", f"--config.file={CONFIGURATION}", "--verify.receivers=pages", "a=b")
