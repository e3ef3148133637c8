"""What readers see; nothing in it depends on when it is read."""

import re
from datetime import UTC, datetime

import pytest

from kaizen.mttr import window
from kaizen.tickets import FeedKind
from tests.unit.feed.samples import event
from ticket_feed.wording import content, mttr, title


@pytest.mark.parametrize(
    ("kind", "resolution", "wanted"),
    [
        ("opened", "", "Opened: "),
        ("reopened", "", "Reopened: "),
        ("closed", "completed", "Closed: "),
        ("closed", "not_planned", "Closed as not planned: "),
        ("closed", "duplicate", "Closed as duplicate: "),
        ("transferred", "transferred", "Transferred: "),
        ("deleted", "deleted", "Deleted: "),
    ],
)
def test_titles_say_what_happened(kind: FeedKind, resolution: str, wanted: str) -> None:
    item = event(7, kind, resolution=resolution)
    assert title(item) == f"{wanted}Checkout answers 502, case 7 (example-org/shop#7)"


def test_a_ticket_without_a_title_has_one_here() -> None:
    assert title(event(7, title=" \u202e ")) == "Opened: untitled (example-org/shop#7)"


def test_an_opened_ticket() -> None:
    assert content(event(7)) == (
        "<p>Checkout answers 502, case 7 (example-org/shop#7)</p>"
        "<ul><li>Component: api</li><li>Severity: sev1</li><li>Opened: 2026-03-01 09:37 UTC</li>"
        "<li>SLA due: 2026-03-01 13:37 UTC</li></ul>"
    )


def test_a_closed_ticket_with_its_time_to_resolution() -> None:
    assert content(event(7, "closed")).endswith(
        "<li>Closed: 2026-03-01 09:37 UTC</li><li>Time to resolution: 1h 1m</li></ul>"
    )


@pytest.mark.parametrize(("seconds", "words"), [(59, "&lt;1m"), (60, "1m")])
def test_what_a_duration_says_is_no_markup(seconds: int, words: str) -> None:
    """Before, a ticket that was resolved within a minute had a raw `<1m` in its HTML."""
    said = content(event(2, "closed", mttr_seconds=seconds))
    assert f"<li>Time to resolution: {words}</li>" in said
    assert re.sub("</?(p|ul|li)>", "", said).count("<") == 0


def test_a_ticket_without_a_target_has_no_due_date() -> None:
    assert "SLA" not in content(event(7, due_at=None))


def test_an_endless_title_is_cut_in_the_content_too() -> None:
    assert len(content(event(title="🔥" * 10_000))) < 2000


def test_mttr_of_a_group() -> None:
    assert mttr(window("api", "sev1", [3600, 7200, 10800, 14400, 86400], [])) == (
        "MTTR of api sev1 over the last 30 days: mean 6h 48m, median 3h, p90 16h (n = 5)."
    )


def test_few_tickets_are_called_few() -> None:
    assert mttr(window("*", "*", [3600], [])).endswith("p90 1h (n = 1, few samples).")


def test_nothing_resolved_is_no_number() -> None:
    assert mttr(window("*", "sev1", [], [60])) == "MTTR of sev1: no ticket resolved in the last 30 days."


def test_numbers_that_are_not_known_yet_are_left_out() -> None:
    assert mttr(None) == ""


def test_an_instant_is_utc_to_the_minute() -> None:
    late = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert "Opened: 2026-12-31 23:59 UTC" in content(event(at=late))
