"""The outbox on moto: who may post, what a takeover knows, and counters that go with the state."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from kaizen.metrics.changes import Change, add
from kaizen.slack.blocks import MAX_MESSAGE, Message, section
from kaizen.slack.outbox import LeaseLostError, Outbox, _packed, _unpacked
from tests.contract.digest_world import World, world
from tests.effort import examples

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=150)
FIRST, SECOND = Message((section("first"),), "first"), Message((section("second"),), "second")
OK: list[Change] = [add("kaizen_slack_requests_total", {"method": "webhook", "result": "ok"})]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(monkeypatch) as made:
        yield made


def outbox(here: World, client: Any = None) -> Outbox:
    return Outbox(client or here.dynamodb, "SlackTable", "MetricsTable", here.sleeps.append)


def claimed(
    box: Outbox, owner: str = "one", now: datetime = NOW, messages: tuple[Message, ...] = (FIRST, SECOND)
) -> Any:
    return box.claim("digest#default", "2026-03-02", messages, owner, now, LEASE)


def test_one_owner_until_the_lease_runs_out(here: World) -> None:
    box = outbox(here)
    claim = claimed(box)
    assert claim.messages == (FIRST, SECOND)
    assert (claim.stamps, claim.thread, claim.unclear, claim.done) == ((), "", False, False)
    assert claim.next_key == "digest#default/2026-03-02/0"
    assert claimed(box, "two", NOW + LEASE - timedelta(seconds=1)) is None
    taken = claimed(box, "two", NOW + LEASE, messages=(SECOND,))
    assert taken.messages == (FIRST, SECOND)  # those that may be out already
    assert taken.unclear
    assert taken.since == NOW


def test_a_repeated_claim_of_the_same_owner_holds(here: World) -> None:
    """The SDK repeats a write whose answer was lost."""
    box = outbox(here)
    assert claimed(box) is not None
    assert claimed(box) is not None


def test_progress_is_kept_and_the_end_is_final(here: World) -> None:
    box = outbox(here)
    claim = box.posted(claimed(box), "1.1", OK, NOW)
    taken = claimed(box, "two", NOW + LEASE)
    assert (taken.stamps, taken.thread, taken.next_key) == (("1.1",), "1.1", "digest#default/2026-03-02/1")
    with pytest.raises(LeaseLostError):
        box.posted(claim, "1.2", OK, NOW)
    taken = box.posted(taken, "1.2", OK, NOW)
    assert taken.done
    assert box.last("digest#default") == ""
    box.finish(taken, OK, NOW)
    assert box.last("digest#default") == "2026-03-02"
    assert claimed(box, "three", NOW + timedelta(days=9)) is None
    with pytest.raises(LeaseLostError):
        box.release(taken, [], NOW, not_before=NOW)
    assert here.metric("kaizen_slack_requests_total") == {("webhook", "ok"): 3}  # what was refused counted nothing
    (marker,) = here.markers()
    assert marker["status"] == "posted"
    assert marker["stamps"] == ["1.1", "1.2"]
    assert "messages" not in marker
    assert marker["expires_at"] > (NOW + timedelta(days=29)).timestamp()


def test_a_release_says_what_is_known(here: World) -> None:
    box = outbox(here)
    box.release(claimed(box), [], NOW, not_before=NOW)
    again = claimed(box, "two", messages=(SECOND,))
    assert again.messages == (SECOND,)  # nothing was out: the state of now
    assert not again.unclear
    again = box.posted(again, "", [], NOW)
    assert again.done  # a webhook's stamp is empty, and counts


def test_a_release_in_the_midst_keeps_the_messages(here: World) -> None:
    box = outbox(here)
    claim = box.posted(claimed(box), "1.1", [], NOW)
    box.release(claim, [], NOW, not_before=NOW + timedelta(minutes=5))
    assert claimed(box, "two", NOW + timedelta(minutes=4)) is None
    again = claimed(box, "two", NOW + timedelta(minutes=5), messages=(SECOND,))
    assert again.messages == (FIRST, SECOND)
    assert again.stamps == ("1.1",)
    assert not again.unclear


def test_unclear_stays_unclear_until_someone_has_looked(here: World) -> None:
    box = outbox(here)
    claimed(box)
    taken = claimed(box, "two", NOW + LEASE)
    box.release(taken, [], NOW, not_before=NOW)  # it could not look
    assert claimed(box, "three").unclear


class Atomic:
    """A client whose writes are atomic, as DynamoDB's are and moto's are not in threads."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def update_item(self, **request: Any) -> Any:
        with self._lock:
            return self._client.update_item(**request)


def test_of_many_at_once_one_wins(here: World) -> None:
    barrier, won, client = threading.Barrier(8), [], Atomic(here.dynamodb)

    def race(owner: str) -> None:
        box = outbox(here, client)
        barrier.wait()
        if claimed(box, owner) is not None:
            won.append(owner)

    threads = [threading.Thread(target=race, args=(f"owner-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


class Conflicting:
    """A client whose transactions meet others so many times."""

    def __init__(self, client: Any, times: int, code: str = "TransactionConflict") -> None:
        self._client = client
        self._times = times
        self._code = code

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        if self._times:
            self._times -= 1
            reasons = [{"Code": "None"}, {"Code": self._code}]
            response: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise self._client.exceptions.TransactionCanceledException(response, "TransactWriteItems")
        return self._client.transact_write_items(**request)


def test_a_conflict_on_a_counter_is_tried_again(here: World) -> None:
    box = outbox(here, Conflicting(here.dynamodb, 4))
    box.posted(claimed(box), "1.1", OK, NOW)
    assert here.metric("kaizen_slack_requests_total") == {("webhook", "ok"): 1}
    assert [0 <= pause <= 0.1 * 2**attempt for attempt, pause in enumerate(here.sleeps)] == [True] * 4


@pytest.mark.parametrize(("times", "code"), [(5, "TransactionConflict"), (1, "ValidationError")])
def test_any_other_failure_is_raised(here: World, times: int, code: str) -> None:
    box = outbox(here, Conflicting(here.dynamodb, times, code))
    with pytest.raises(ClientError):
        box.posted(claimed(box), "1.1", OK, NOW)


@settings(max_examples=examples(20))
@given(st.lists(st.text(max_size=50), max_size=5))
def test_messages_survive_the_store(texts: list[str]) -> None:
    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    messages = tuple(Message((section(text),), text) for text in clean)
    assert _unpacked(_packed(messages)) == messages


def test_the_biggest_digest_fits_an_item(here: World) -> None:
    """Five full messages of letters that compress badly, three bytes each."""
    letters = [chr(0x4E00 + (number * 7919) % 20_000) for number in range(MAX_MESSAGE)]
    texts = ["".join(letters[start:] + letters[:start]) for start in range(5)]
    messages = tuple(Message((section(text),), text[::-1]) for text in texts)
    assert len(_packed(messages)) < 380_000
    assert claimed(outbox(here), messages=messages).messages == messages
