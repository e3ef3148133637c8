"""What the bus is told of a delivery says by itself whether a label was put on or taken off."""

import pytest

from kaizen.events.ticket import TicketChanged
from tests.factories import issue_event
from ticket_tracker.telling import changed


@pytest.mark.parametrize(
    ("action", "kind", "taken_off"),
    [("labeled", "labeled", False), ("unlabeled", "labeled", True), ("edited", "changed", False)],
)
def test_a_label_is_put_on_or_taken_off(action: str, kind: str, taken_off: bool) -> None:
    told = changed(issue_event(action, action_label="sev1"))
    assert (told.kind, told.label, told.taken_off) == (kind, "sev1", taken_off)
    assert TicketChanged.from_detail(told.detail()) == told
