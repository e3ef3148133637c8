"""The downsampler on S3, DynamoDB's transactions and FIFO queues (moto): batches, failures, and what is written how."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kaizen.phase import keys
from kaizen.phase.coding import compress
from kaizen.phase.streams import epoch_sort, key, read_epochs
from kaizen.phase.wire import MEDIA_TYPE, read_header
from kaizen.runtime.settings import SettingsError
from phase_downsampler import handler
from phase_downsampler.downsampling import Conflict
from phase_ingest import small
from tests.architecture.house import ROOT
from tests.contract.downsampler_world import (
    OTHER,
    SMALL,
    Context,
    World,
    batch,
    downsampler_world,
    new_process,
    producer,
)
from tests.contract.phase_aws import BUCKET, METRICS, TABLE
from tests.unit.downsampler.world import NAME, NOW, T0_US, MemoryStore, Producer, policy_of, send, written

EVENT = json.loads((ROOT / "events" / "phase_downsampler.json").read_text(encoding="utf-8"))
BODIES = [(0, 63), (64, 120), (130, 200), (201, 299)]


@pytest.fixture
def world() -> Iterator[World]:
    with downsampler_world() as made:
        yield made


class Broken:
    """A client of which one call fails, before or after it is done; the rest is the real one's."""

    def __init__(self, client: Any, name: str, *, after: bool = False) -> None:
        self._client, self._name, self._after = client, name, after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if name != self._name:
            return real

        def fail(**given: Any) -> Any:
            self._name = ""
            if self._after:
                real(**given)
            raise ClientError({"Error": {"Code": "InternalError", "Message": "try again"}}, name)

        return fail


def breaking(client: str, name: str, *, after: bool = False) -> None:
    """The next such call of this process fails."""
    store = handler.store()
    object.__setattr__(store, client, Broken(getattr(store, client), name, after=after))


def test_the_same_end_as_the_twin_in_memory(world: World) -> None:
    given = producer()
    assert world.take(*(world.post(given, *body) for body in BODIES)) == []
    twin = MemoryStore()
    send(twin, given, policy_of(chunk_columns=64), *BODIES)
    assert world.stream() == twin.streams[NAME]
    assert list(read_epochs(world.dynamodb, TABLE, NAME)) == [twin.epochs[NAME, 7]]
    prefixes = ("ring/", "v1/", "sums/")
    assert world.objects(*prefixes) == {name: each.data for name, each in written(twin, *prefixes).items()}
    labels = (NAME,)
    assert world.metric("phase_frames_processed_total") == {labels: 291}
    assert world.metric("phase_gaps_total") == {labels: 1}
    assert world.metric("phase_epochs_total") == {labels: 1}
    assert world.metric("phase_chunks_total") == {(NAME, "0"): 4, (NAME, "1"): 2, (NAME, "2"): 1}
    assert world.metric("phase_rows") == {(NAME, "sampled"): 5, (NAME, "total"): 5}
    assert world.metric("phase_last_frame_timestamp_seconds") == {labels: (T0_US + 299 * 100_000) / 1e6}
    assert world.metric("phase_last_processed_timestamp_seconds") == {labels: NOW.timestamp()}
    assert world.metric("phase_frames_dropped_total") == {}


def test_how_objects_lie_in_the_bucket(world: World) -> None:
    given = producer()
    world.take(world.post(given, 0, 299))
    expected: dict[str, tuple[str | None, str | None, list[dict[str, str]]]] = {
        keys.config(NAME, 7): (None, None, []),
        keys.ring(NAME, 7, 0, 299): ("zstd", None, []),
        keys.sums(NAME, 7, 0, 0): ("zstd", None, [{"Key": "kept", "Value": "fine"}]),
    }
    for coding in ("zstd", "gzip"):
        for level, kept in ((0, "fine"), (1, "medium"), (2, "medium")):
            expected[keys.chunk(NAME, 7, level, 0, coding)] = (
                coding,
                "public, max-age=31536000, immutable",
                [{"Key": "kept", "Value": kept}],
            )
    for name, (coding, cached, tags) in expected.items():  # type: ignore[assignment]
        head = world.s3.head_object(Bucket=BUCKET, Key=name)
        assert (head.get("ContentEncoding"), head.get("CacheControl")) == (coding, cached), name
        assert head["ContentType"] == MEDIA_TYPE
        assert head["Metadata"] == {"phase-schema": "1.0.0"}
        assert world.s3.get_object_tagging(Bucket=BUCKET, Key=name)["TagSet"] == tags, name


def test_state_has_no_date(world: World) -> None:
    """Objects expire by the bucket's rules; where a stream stands does not."""
    world.take(world.post(producer(), 0, 9))
    for sort in ("meta", epoch_sort(7)):
        assert "expires_at" not in world.dynamodb.get_item(TableName=TABLE, Key=key(NAME, sort))["Item"]


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize(
    ("client", "call", "after"),
    [
        ("s3", "get_object", False),
        ("s3", "put_object", False),
        ("s3", "put_object", True),
        ("dynamodb", "transact_write_items", False),
        ("dynamodb", "transact_write_items", True),
    ],
)
def test_a_failure_anywhere_is_mended_by_the_redelivery(
    world: World, client: str, call: str, after: bool, fresh: bool
) -> None:
    """In the same process or in a new one: the same bytes, counted once."""
    given = producer()
    assert world.take(world.post(given, *BODIES[0])) == []
    breaking(client, call, after=after)
    rest = [world.post(given, *body) for body in BODIES[1:]]
    assert world.take(*rest) == ["message-0", "message-1", "message-2"]
    if fresh:
        new_process()
    assert world.take(*rest) == []
    twin = MemoryStore()
    send(twin, given, policy_of(chunk_columns=64), *BODIES)
    assert world.stream() == twin.streams[NAME]
    prefixes = ("ring/", "v1/", "sums/")
    assert world.objects(*prefixes) == {name: each.data for name, each in written(twin, *prefixes).items()}
    assert world.metric("phase_frames_processed_total") == {(NAME,): 291}
    committed = call == "transact_write_items" and after
    assert world.metric("phase_frames_dropped_total") == ({(NAME, "duplicate"): 57} if committed else {})


def test_another_writer_is_not_overwritten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    given = producer()
    first, second = world.post(given, 0, 63), world.post(given, 60, 70)
    store = handler.store()
    real = type(store).commit
    raced: list[bool] = []

    def late(self: Any, old: Any, new: Any, *rest: Any) -> None:
        if not raced:
            raced.append(True)
            assert world.take(first) == []  # another process, in the midst
        real(self, old, new, *rest)

    monkeypatch.setattr(type(store), "commit", late)
    assert world.take(second) == []
    assert world.stream().version == 2
    assert (world.stream().epoch.first_seq, world.stream().epoch.last_seq) == (0, 70)
    assert world.metric("phase_frames_processed_total") == {(NAME,): 71}
    assert world.metric("phase_frames_dropped_total") == {(NAME, "duplicate"): 4}


def test_a_writer_that_read_an_older_version_is_refused(world: World) -> None:
    given = producer()
    world.take(world.post(given, 0, 9))
    old = world.stream()
    world.take(world.post(given, 10, 19))
    for stale in (old, None):
        with pytest.raises(Conflict, match="ConditionalCheckFailed"):
            handler.store().commit(stale, old, None, [], NOW)
    assert world.stream().version == 2


def test_a_new_epoch_ends_the_old_one(world: World) -> None:
    old, new = producer(), producer(epoch=8, rows=3)
    assert world.take(world.post(old, 0, 70), world.post(new, 0, 9), world.post(old, 71, 79)) == []
    epochs = list(read_epochs(world.dynamodb, TABLE, NAME))
    assert [(each.epoch, each.ended, each.last_seq, each.rows) for each in epochs] == [
        (8, False, 9, 3),
        (7, True, 70, 5),
    ]
    for level in range(3):
        for number in epochs[1].chunks(level):
            for coding in keys.CHUNK_CODINGS:
                world.s3.head_object(Bucket=BUCKET, Key=keys.chunk(NAME, 7, level, number, coding))
    assert world.metric("phase_frames_dropped_total") == {(NAME, "stale"): 9}
    assert world.metric("phase_epochs_total") == {(NAME,): 2}
    assert world.metric("phase_chunks_total") == {(NAME, "0"): 2, (NAME, "1"): 1, (NAME, "2"): 1}
    assert world.metric("phase_rows") == {(NAME, "sampled"): 3, (NAME, "total"): 3}


def poison(world: World, given: Producer) -> dict[str, Any]:
    """Kind -> an arrival that nothing can cure."""
    gone = given.arrival(64, 65)
    damaged = given.arrival(64, 66)
    world.s3.put_object(Bucket=BUCKET, Key=damaged.key, Body=b"not zstd")
    other = given.arrival(64, 67)
    world.s3.put_object(Bucket=BUCKET, Key=other.key, Body=world.s3.get_object(
        Bucket=BUCKET, Key=given.arrival(0, 63).key)["Body"].read())  # fmt: skip
    return {"no JSON": "{", "no arrival": "{}", "gone": gone, "damaged": damaged, "other frames": other}


@pytest.mark.parametrize("kind", ["no JSON", "no arrival", "gone", "damaged", "other frames"])
def test_a_poison_message_is_buried_alone(world: World, kind: str) -> None:
    given, beside = producer(), producer(OTHER)
    first, last = world.post(given, 0, 63), world.post(given, 64, 80)
    bad = poison(world, given)[kind]
    assert world.take(first, bad, last, world.post(beside, 0, 9)) == []
    assert world.stream().epoch.last_seq == 80
    assert world.stream(OTHER).epoch.last_seq == 9
    (letter,) = world.buried()
    assert letter["Body"] == (bad if isinstance(bad, str) else bad.body())
    assert letter["Attributes"]["MessageGroupId"] == NAME
    assert letter["Attributes"]["MessageDeduplicationId"] == f"{NAME}-1"
    assert letter["MessageAttributes"]["fault"]["StringValue"]
    lost = {} if isinstance(bad, str) else {(NAME, "malformed"): bad.last_seq - bad.first_seq + 1}
    assert world.metric("phase_frames_dropped_total") == lost


def test_frames_of_an_unknown_stream_make_no_series(world: World) -> None:
    stranger = producer("stranger")
    assert world.take(stranger.arrival(0, 9)) == []
    assert len(world.buried()) == 1
    assert world.metric("phase_frames_dropped_total") == {}


def test_a_message_that_cannot_be_buried_waits(world: World) -> None:
    breaking("sqs", "send_message")
    assert world.take("{") == ["message-0"]
    assert world.take("{") == []
    assert len(world.buried()) == 1


def test_what_is_buried_does_not_come_back_for_its_count(world: World) -> None:
    given = producer()
    world.take(world.post(given, 0, 9))
    breaking("dynamodb", "update_item")
    assert world.take(given.arrival(10, 19)) == []
    assert len(world.buried()) == 1


def test_a_stream_that_fails_waits_from_there_and_others_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    given, beside = producer(), producer(OTHER)
    world.take(world.post(given, 0, 9))
    arrivals = [
        world.post(beside, 0, 9),
        world.post(given, 10, 19),
        world.post(beside, 10, 19),
        world.post(given, 20, 29),
        given.arrival(30, 39),  # would be buried, but not before its turn
        world.post(beside, 20, 29),
    ]
    taken = []
    apply = type(handler.downsampler()).apply

    def fail(self: Any, arrival: Any, *rest: Any) -> Any:
        taken.append((arrival.stream, arrival.first_seq))
        if (arrival.stream, arrival.first_seq) == (NAME, 10):
            raise RuntimeError("a fault of ours")
        return apply(self, arrival, *rest)

    monkeypatch.setattr(type(handler.downsampler()), "apply", fail)
    assert world.take(*arrivals) == ["message-1", "message-3", "message-4"]
    assert taken == [(OTHER, 0), (NAME, 10), (OTHER, 10), (OTHER, 20)]
    assert world.stream().epoch.last_seq == 9
    assert world.stream(OTHER).epoch.last_seq == 29
    assert world.buried() == []


def test_what_no_time_is_left_for_waits(world: World) -> None:
    given = producer()
    event = batch(world.post(given, 0, 9), world.post(given, 10, 19), world.post(given, 20, 29))
    assert world.call(event, Context((50_000, 19_999))) == ["message-1", "message-2"]
    assert world.stream().epoch.last_seq == 9
    assert world.call(event) == []
    assert world.stream().epoch.last_seq == 29


def test_a_stream_that_the_policy_does_not_know_yet_waits(world: World) -> None:
    given = producer("third")
    arrival = world.post(given, 0, 9)
    assert world.take(arrival) == ["message-0"]
    assert world.buried() == []
    world.put_policy(SMALL, (NAME, "third"))
    new_process()
    assert world.take(arrival) == []
    assert world.stream("third").epoch.last_seq == 9


def test_two_streams_share_nothing(world: World) -> None:
    one, other = producer(), producer(OTHER, rows=9)
    arrivals = [world.post(each, *body) for body in BODIES for each in (one, other)]
    assert world.take(*arrivals) == []
    for name, rows in ((NAME, 5), (OTHER, 9)):
        assert (world.stream(name).epoch.last_seq, world.stream(name).epoch.rows) == (299, rows)
        assert world.metric("phase_frames_processed_total")[name,] == 291


def test_the_sample_event_is_of_the_frames_that_phase_ingest_takes_in_its_own(world: World) -> None:
    (record,) = EVENT["Records"]
    told = json.loads(record["body"])
    posted = json.loads((ROOT / "events" / "phase_ingest.json").read_text(encoding="utf-8"))
    messages = small.to_phf1(posted["body"].encode())
    world.s3.put_object(Bucket=BUCKET, Key=told["key"], Body=compress("zstd", messages))
    config = messages[: read_header(messages).message_bytes]
    world.s3.put_object(Bucket=BUCKET, Key=keys.rows(told["stream"], told["epoch"]), Body=config)
    assert record["attributes"]["MessageGroupId"] == told["stream"]
    assert world.call(EVENT) == []
    assert world.buried() == []
    assert world.stream().epoch.last_seq == told["last_seq"] == 4
    assert world.metric("phase_rows") == {(NAME, "sampled"): 6, (NAME, "total"): 6}


def test_settings_name_what_is_missing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PHASE_BUCKET")
    monkeypatch.setenv("METRICS_TABLE", "")
    with pytest.raises(SettingsError, match="METRICS_TABLE, PHASE_BUCKET"):
        handler.settings()


def test_metric_rows_are_written_in_the_transaction(world: World) -> None:
    """A transaction that is refused for its metrics moves no stream."""
    given = producer()
    world.take(world.post(given, 0, 9))
    world.dynamodb.delete_table(TableName=METRICS)
    assert world.take(world.post(given, 10, 19)) == ["message-0"]
    assert world.stream().epoch.last_seq == 9
