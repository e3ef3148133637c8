"""The store of phase_stream on moto: what is gone, and what is read consistently."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from phase_stream.store import ExpiredError, PhaseStore, Places
from tests.contract.phase_aws import BUCKET
from tests.contract.stream_world import StreamWorld, stream_world
from tests.unit.stream.source import NAME, Source


@pytest.fixture
def world() -> Iterator[StreamWorld]:
    with stream_world() as made:
        yield made


def store(client: Any, s3: Any) -> PhaseStore:
    return PhaseStore(client, s3, Places("PhaseTable", BUCKET))


def test_objects_that_are_gone(world: StreamWorld) -> None:
    source = Source()
    source.begin(7, 3)
    made = store(world.dynamodb, world.s3)
    for ask in (
        lambda: made.config(NAME, 7),
        lambda: made.window(source.stream, source.stream.segments),
        lambda: made.chunk_address(NAME, 7, 0, 0, "zstd"),
    ):
        with pytest.raises(ExpiredError):
            ask()


def test_a_bucket_that_is_gone_is_not_taken_for_an_expired_object(world: StreamWorld) -> None:
    other = PhaseStore(world.dynamodb, world.s3, Places("PhaseTable", "no-such-bucket"))
    with pytest.raises(ClientError):
        other.config(NAME, 7)


def test_the_state_of_a_stream_is_read_consistently(world: StreamWorld) -> None:
    """By an older state, a client that has the newest frame would be told of a gap."""
    asked: list[Any] = []
    cast(Any, world.dynamodb).meta.events.register(
        "provide-client-params.dynamodb.GetItem", lambda params, **_: asked.append(params.get("ConsistentRead"))
    )
    assert store(world.dynamodb, world.s3).stream(NAME) is None
    assert asked == [True]
