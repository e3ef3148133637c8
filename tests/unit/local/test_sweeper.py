"""The background's thread: one fault does not end it, nor keep the others from their turn."""

from datetime import UTC, datetime

from local.aws.sweeper import Sweeper

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_fault_is_said_and_the_others_go_on() -> None:
    said: list[str] = []
    swept: list[datetime] = []

    def fail(now: datetime) -> None:
        raise RuntimeError("no such table")

    Sweeper({"the first": fail, "the second": swept.append}, said.append).once(NOW)
    assert said == ["the first failed: no such table"]
    assert swept == [NOW]


def test_it_starts_and_stops() -> None:
    sweeper = Sweeper({}, print)
    sweeper.start()
    sweeper.stop()
    assert not sweeper._thread.is_alive()
