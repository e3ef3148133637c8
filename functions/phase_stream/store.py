"""Where frames and what is known of them lie: DynamoDB and S3, and nothing else of AWS."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from kaizen.phase import keys, streams
from kaizen.phase.streams import Epoch, Segment, Stream
from kaizen.storage.items import from_item
from phase_stream.lru import Recent
from phase_stream.ring import Stored, Window, plain, read_segment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

KEPT_BYTES = 256 << 20  # of decoded objects per process, of the function's 1769 MB
PARALLEL = 16  # objects of a cold ring, read at once: a producer may post every frame by itself
ADDRESS_SECONDS = 900


class ExpiredError(Exception):
    """An object is no longer in the bucket."""


@dataclass(frozen=True, slots=True)
class Places:
    """Names of the table and of the bucket."""

    phase_table: str
    bucket: str


class PhaseStore:
    """Objects are immutable: each is fetched and decoded once, while there is room for it.

    Methods raise ClientError and BotoCoreError when AWS does not answer, PhaseFormatError for an object that is not
    what it should be.
    """

    def __init__(self, dynamodb: "DynamoDBClient", s3: "S3Client", places: Places) -> None:
        self._dynamodb = dynamodb
        self._s3 = s3
        self._places = places
        self._segments: Recent[str, Stored] = Recent(KEPT_BYTES)
        self._configs: Recent[str, bytes] = Recent(KEPT_BYTES // 8)
        self._bytes: Recent[str, bytes] = Recent(KEPT_BYTES // 4)

    def stream(self, name: str) -> Stream | None:
        """As it is now: by an older state, a client that is up to date would seem ahead of it."""
        return streams.read_stream(self._dynamodb, self._places.phase_table, name, consistent=True)

    def streams(self, names: Iterable[str]) -> list[Stream]:
        return streams.read_streams(self._dynamodb, self._places.phase_table, names)

    def epochs(self, name: str) -> Sequence[Epoch]:
        return streams.read_epochs(self._dynamodb, self._places.phase_table, name)

    def epoch(self, name: str, number: int) -> Epoch | None:
        key = streams.key(name, streams.epoch_sort(number))
        answer = self._dynamodb.get_item(TableName=self._places.phase_table, Key=key)
        return Epoch.from_attributes(from_item(answer["Item"])) if "Item" in answer else None

    def window(self, stream: Stream, segments: Sequence[Segment]) -> Window:
        """Segments with their frames. Raises ExpiredError."""
        found = {each: self._segments.get(_ring_key(stream, each)) for each in segments}
        missing = [each for each, stored in found.items() if stored is None]
        if len(missing) == 1:
            found[missing[0]] = self._segment(stream, missing[0])
        elif missing:
            with ThreadPoolExecutor(min(PARALLEL, len(missing))) as threads:
                found |= dict(zip(missing, threads.map(lambda each: self._segment(stream, each), missing), strict=True))
        for each in missing:
            stored = found[each]
            assert stored is not None
            self._segments.put(_ring_key(stream, each), stored, stored.size)
        return Window([(each, stored) for each, stored in found.items() if stored is not None], stream.epoch.dt_us)

    def config(self, name: str, epoch: int) -> bytes:
        """The CONFIG message of an epoch. Raises ExpiredError."""
        key = keys.config(name, epoch)
        message = self._configs.get(key)
        if message is None:
            message = plain(self._object(key))
            self._configs.put(key, message, len(message))
        return message

    def chunk_address(self, name: str, epoch: int, level: int, chunk: int, coding: str) -> str:
        """Where anyone can fetch a chunk for ADDRESS_SECONDS. Raises ExpiredError."""
        bucket, key = self._places.bucket, keys.chunk(name, epoch, level, chunk, coding)
        try:
            self._s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise ExpiredError(key) from error
            raise
        return self._address(key)

    def chunk_addresses(
        self, name: str, epoch: int, level: int, numbers: range, coding: str
    ) -> dict[int, tuple[int, str]]:
        """Size and address of each chunk that there is among successive ones, by one list for all of them."""
        before = keys.chunks(name, epoch, level)
        listed = self._s3.list_objects_v2(
            Bucket=self._places.bucket,
            Prefix=before,
            StartAfter=f"{before}{numbers.start:010d}",  # no key is that short: the first chunk's come after it
            MaxKeys=len(numbers) * len(keys.CHUNK_CODINGS),
        )
        sizes = {each["Key"]: each["Size"] for each in listed.get("Contents", [])}
        wanted = {number: keys.chunk(name, epoch, level, number, coding) for number in numbers}
        return {number: (sizes[key], self._address(key)) for number, key in wanted.items() if key in sizes}

    def get(self, wanted: Sequence[str]) -> list[bytes | None]:
        """The content of each object, None for one that is not there. They never change, and are kept for a while."""
        found = {key: self._bytes.get(key) for key in wanted}
        missing = [key for key, data in found.items() if data is None]
        if missing:
            with ThreadPoolExecutor(min(PARALLEL, len(missing))) as threads:
                found |= dict(zip(missing, threads.map(self._object_or_none, missing), strict=True))
        for key in missing:
            data = found[key]
            if data is not None:
                self._bytes.put(key, data, len(data))
        return [found[key] for key in wanted]

    def _address(self, key: str) -> str:
        params = {"Bucket": self._places.bucket, "Key": key}
        return self._s3.generate_presigned_url("get_object", Params=params, ExpiresIn=ADDRESS_SECONDS)

    def _object_or_none(self, key: str) -> bytes | None:
        try:
            return self._object(key)
        except ExpiredError:
            return None

    def _segment(self, stream: Stream, segment: Segment) -> Stored:
        return read_segment(self._object(_ring_key(stream, segment)), stream.epoch, segment)

    def _object(self, key: str) -> bytes:
        try:
            return self._s3.get_object(Bucket=self._places.bucket, Key=key)["Body"].read()
        except self._s3.exceptions.NoSuchKey as error:
            raise ExpiredError(key) from error


def _ring_key(stream: Stream, segment: Segment) -> str:
    return keys.ring(stream.stream, stream.epoch.epoch, segment.first_seq, segment.last_seq)
