"""The read model of a stream: what phase_downsampler writes of it and the other phase functions read.

One item per stream (`meta`) says where it stands; one item per epoch (`epoch#N`) stays as its history.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from kaizen.storage.items import from_item, pages, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

META = "meta"


@dataclass(frozen=True, slots=True)
class Segment:
    """Successive frames in one object of the ring; `t0_us` is the first one's time."""

    first_seq: int
    last_seq: int
    t0_us: int


@dataclass(frozen=True, slots=True)
class Gop:
    """A group of pictures: from the keyframe `first_seq` on, frames are predicted with `predictor`."""

    first_seq: int
    predictor: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """A set of rows and the first of its frames; times are microseconds since 1970 and between frames.

    `rows` of `total` oscillators are kept, chosen by `method`; `levels`, `factor` and `chunk_columns` shape its
    history. `last_seq` is its last frame so far, `ended` whether another epoch follows.
    """

    epoch: int
    first_seq: int
    last_seq: int
    t0_us: int
    dt_us: int
    rows: int
    total: int
    method: str
    bits: int
    levels: int
    factor: int
    chunk_columns: int
    ended: bool = False

    @classmethod
    def from_attributes(cls, given: Mapping[str, Any]) -> Self:
        return cls(**{name: given[name] for name in cls.__slots__})

    def columns_per_chunk_frames(self, level: int) -> int:
        """Frames that one chunk of a level spans."""
        return self.chunk_columns * int(self.factor**level)

    def chunks(self, level: int) -> range:
        """The chunks that are written: whole ones, and when the epoch has ended the last one as it stands.

        Chunk c holds the frames from c times its span on. One of them may be absent if all its frames are missing.
        """
        span = self.columns_per_chunk_frames(level)
        whole = (self.last_seq + 1) // span
        last = -(-(self.last_seq + 1) // span) if self.ended else whole
        return range(self.first_seq // span, max(last, self.first_seq // span))

    def columns(self, level: int) -> range:
        """The columns of a level of which all frames have come, and when the epoch has ended the last one as it stands.

        Column j holds the frames from j times `factor`**level on. They never change.
        """
        step = int(self.factor**level)
        whole = (self.last_seq + 1) // step
        last = -(-(self.last_seq + 1) // step) if self.ended else whole
        return range(self.first_seq // step, max(last, self.first_seq // step))


@dataclass(frozen=True, slots=True)
class Stream:
    """Where a stream stands: its current epoch, and the ring of its newest frames, oldest first.

    `gop_frames` is the distance of keyframes; `last_us` the time of the newest frame; `version` rises with each write.
    The ring starts at the first of `gops`; frames before that in a segment belong to none. Between two segments that
    do not follow on each other frames are missing, and a group starts after them.
    """

    stream: str
    version: int
    epoch: Epoch
    gop_frames: int
    last_us: int
    segments: tuple[Segment, ...]
    gops: tuple[Gop, ...]

    def attributes(self) -> dict[str, Any]:
        return asdict(self) | {
            "segments": [[each.first_seq, each.last_seq, each.t0_us] for each in self.segments],
            "gops": [[each.first_seq, each.predictor] for each in self.gops],
        }

    @classmethod
    def from_attributes(cls, given: Mapping[str, Any]) -> Self:
        return cls(
            stream=given["stream"],
            version=given["version"],
            epoch=Epoch.from_attributes(given["epoch"]),
            gop_frames=given["gop_frames"],
            last_us=given["last_us"],
            segments=tuple(Segment(*each) for each in given["segments"]),
            gops=tuple(Gop(*each) for each in given["gops"]),
        )


def partition(stream: str) -> str:
    return f"stream#{stream}"


def epoch_sort(epoch: int) -> str:
    return f"epoch#{epoch:010d}"


def key(stream: str, sort: str) -> dict[str, Any]:
    return to_item({"pk": partition(stream), "sk": sort})


def read_stream(client: "DynamoDBClient", table: str, stream: str, *, consistent: bool = False) -> Stream | None:
    """Where a stream stands; None before its first frame."""
    answer = client.get_item(TableName=table, Key=key(stream, META), ConsistentRead=consistent)
    return Stream.from_attributes(from_item(answer["Item"])) if "Item" in answer else None


def read_streams(client: "DynamoDBClient", table: str, streams: Iterable[str]) -> list[Stream]:
    """Those of the streams that have had a frame, in the order given."""
    found = (read_stream(client, table, each) for each in streams)
    return [stream for stream in found if stream is not None]


def read_epochs(client: "DynamoDBClient", table: str, stream: str, most: int = 100) -> Sequence[Epoch]:
    """A stream's epochs, newest first."""
    items = pages(
        client,
        "query",
        TableName=table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :epoch)",
        ExpressionAttributeValues=to_item({":pk": partition(stream), ":epoch": "epoch#"}),
        ScanIndexForward=False,
        Limit=most,
    )
    return [Epoch.from_attributes(item) for _, item in zip(range(most), items, strict=False)]
