"""What `make run` shows and `make demo` checks: one module for each feature."""

from collections.abc import Sequence

from local.demo import (
    bandwidth,
    canary,
    cards,
    dashboard_diff,
    house,
    phase,
    rule_lint,
    sandboxes,
    snapshots,
    tickets,
    webhook_sweep,
)
from local.demo.feature import Feature

# One line for each feature, in the order in which they begin and are checked; the house looks at all of them.
FEATURES: Sequence[Feature] = (
    tickets,
    webhook_sweep,
    cards,
    canary,
    phase,
    bandwidth,
    rule_lint,
    dashboard_diff,
    snapshots,
    sandboxes,
    house,
)
