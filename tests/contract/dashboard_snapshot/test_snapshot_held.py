"""What holds a run together over time: its base, what the bucket keeps, the pauses, and whose words a note shows."""

from datetime import timedelta
from typing import Any

import pytest

from dashboard_snapshot.answers import pause
from dashboard_snapshot.store import RENEWED
from kaizen.runtime.outbound import Answer
from tests.architecture.house import resources
from tests.contract.dashboard_snapshot.snapshot_world import World


@pytest.mark.parametrize("days", [3, 40, 300])
def test_a_run_after_a_long_pause_is_compared_with_the_last_one(world: World, days: int) -> None:
    base = world.run()
    world.now += timedelta(days=days)
    world.save("checkout", author="ben", expr="up")
    assert world.run().base == base.run
    assert "by *ben*" in world.note()


def test_the_bucket_keeps_what_a_manifest_names_for_as_long_as_the_manifest() -> None:
    """An object is written again by the first run after RENEWED, and named by manifests until then."""
    bucket = resources("AWS::S3::Bucket")["SnapshotsBucket"]
    rules: dict[str, Any] = {each["Id"]: each for each in bucket["LifecycleConfiguration"]["Rules"]}
    assert rules.keys() == {"runs", "objects", "overwritten"}
    assert all(each["Status"] == "Enabled" for each in rules.values())
    assert (rules["runs"]["Prefix"], rules["objects"]["Prefix"]) == ("runs/", "objects/")
    runs, objects = (timedelta(days=rules[name]["ExpirationInDays"]) for name in ("runs", "objects"))
    assert runs >= timedelta(days=365)
    assert objects >= runs + RENEWED + timedelta(days=2), "an hour and a day of S3's are to spare"
    assert "ExpirationInDays" not in rules["overwritten"], "it has no prefix: it would remove all that is kept"


@pytest.mark.parametrize(
    ("status", "given", "seconds"),
    [
        (429, "7", 7), (429, "60", 60), (429, "61", None), (429, "0", 1), (429, "", 5), (429, "soon", 5),
        (503, "9", 9), (503, None, 1), (500, "9", 1), (200, "9", None), (404, "9", None), (403, None, None),
    ],
)  # fmt: skip
def test_the_pause_is_what_grafana_asks_for_up_to_a_minute(
    status: int, given: str | None, seconds: float | None
) -> None:
    headers = {} if given is None else {"retry-after": given}
    assert pause(Answer(status, headers, b"")) == seconds


def test_a_run_waits_for_as_long_as_grafana_asks(world: World) -> None:
    world.grafana.trouble("429", at="/search", after=9)
    assert world.run().complete
    assert world.waited == [9]


def test_a_note_shows_the_words_of_the_save_that_it_tells_of(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A save after the dashboard was read has words of its own: they are not those of what is told."""
    world.world.rights.writes = True
    world.run()
    for uid in ("checkout", "search"):
        world.world.edit(uid, 0, "Orders", "up", "ben", f"words for {uid}")
    answer = world.grafana.answer

    def acting(request: Any) -> Any:
        if request.path.endswith("/checkout/versions"):
            world.world.edit("checkout", 0, "Orders", "down", "ana", "later words")
        return answer(request)

    monkeypatch.setattr(world.grafana, "answer", acting)
    world.run()
    note = world.note()
    assert "“words for search”" in note
    assert "later words" not in note
    assert "words for checkout" not in note
