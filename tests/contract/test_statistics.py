"""The statistics on DynamoDB (moto): what the tracker observed becomes rows, and rows without a cause vanish."""

from typing import Any

import pytest

from kaizen.metrics.rows import read_rows
from kaizen.mttr import ALL
from kaizen.mttr_store import read_windows
from kaizen.storage.items import to_item
from kaizen.tickets import UnreadableTicketsError
from tests.contract.test_tracker_store import Context, apply, client  # noqa: F401 - the fixture
from tests.factories import OPENED, default_policy, hours, issue_event
from ticket_statistics import handler

NEXT = "kaizen_ticket_next_deadline_timestamp_seconds"


@pytest.fixture
def run(client: Any, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: F811
    monkeypatch.setattr(handler, "settings", lambda: handler.StatisticsSettings("TicketsTable", "MetricsTable", "p"))
    monkeypatch.setattr(handler, "dynamodb", lambda: client)
    monkeypatch.setattr(handler, "current_policy", lambda _: default_policy())
    monkeypatch.setattr(handler, "utc_now", lambda: OPENED + hours(10))
    return lambda: handler.lambda_handler({}, Context())


def test_rows_follow_the_tickets(client: Any, run: Any) -> None:  # noqa: F811
    apply(client, issue_event(), issue_event(issue_id=8, delivery_id="8"))
    assert run() == {"open": 2, "observations": 0}
    rows, _ = read_rows(client, "MetricsTable")
    assert rows[NEXT]["api", "sev2"].value == int((OPENED + hours(24)).timestamp())
    assert read_windows(client, "MetricsTable") == {}

    apply(client, issue_event("closed", OPENED + hours(4)))
    apply(client, issue_event("closed", OPENED + hours(6), issue_id=8, delivery_id="8c"))
    assert run() == {"open": 0, "observations": 2}
    rows, _ = read_rows(client, "MetricsTable")
    assert NEXT not in rows
    windows = read_windows(client, "MetricsTable")
    assert set(windows) == {("api", "sev2"), ("api", ALL), (ALL, "sev2"), (ALL, ALL)}
    assert (windows[ALL, ALL].n, windows[ALL, ALL].mean, windows[ALL, ALL].median) == (2, 5 * 3600, 5 * 3600)


def test_a_second_run_writes_the_time_alone(client: Any, run: Any) -> None:  # noqa: F811
    apply(client, issue_event(), issue_event("closed", OPENED + hours(4)))
    run()
    writes: list[str] = []
    client.meta.events.register("before-call.dynamodb.*", lambda model, **_: writes.append(model.name))
    run()
    assert [name for name in writes if name not in ("Scan", "Query")] == ["UpdateItem"]


def test_an_old_window_empties(client: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    apply(client, issue_event(), issue_event("closed", OPENED + hours(4)))
    run()
    monkeypatch.setattr(handler, "utc_now", lambda: OPENED + hours(24 * 70))
    run()
    assert {each.n for each in read_windows(client, "MetricsTable").values()} == {0}


def test_a_ticket_that_cannot_be_read_does_not_stop_the_others(client: Any, run: Any) -> None:  # noqa: F811
    apply(client, issue_event())
    broken = {"pk": "ticket#666", "sk": "ticket", "open_component": "api"}
    client.put_item(TableName="TicketsTable", Item=to_item(broken))
    with pytest.raises(UnreadableTicketsError, match="ticket#666"):
        run()
    rows, _ = read_rows(client, "MetricsTable")
    assert rows[NEXT]["api", "sev2"].value
