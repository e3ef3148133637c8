"""The bucket, the queue and the streams' table. Whatever AWS does not do raises BotoCoreError or ClientError."""

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from kaizen.phase import keys
from kaizen.phase.arrival import Arrival
from kaizen.phase.coding import IDENTITY
from kaizen.phase.streams import Stream, read_stream
from kaizen.phase.wire import MEDIA_TYPE
from kaizen.runtime.log import correlation_id

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An object that was uploaded; `data` is None if there are more bytes than were asked for."""

    data: bytes | None
    size: int
    content_type: str
    content_encoding: str


@dataclass(frozen=True, slots=True)
class IngestStore:
    s3: "S3Client"
    sqs: "SQSClient"
    dynamodb: "DynamoDBClient"
    bucket: str
    queue_url: str
    table: str

    def stream(self, stream: str) -> Stream | None:
        """Where the stream stands, None before its first frame. It may lag behind: what is queued is not in it."""
        return read_stream(self.dynamodb, self.table, stream)

    def rows(self, stream: str, epoch: int) -> bytes | None:
        found = self._get(keys.rows(stream, epoch))
        return None if found is None else found["Body"].read()

    def put_rows(self, stream: str, epoch: int, message: bytes) -> bool:
        try:
            self.s3.put_object(
                Bucket=self.bucket,
                Key=keys.rows(stream, epoch),
                Body=message,
                ContentType=MEDIA_TYPE,
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "PreconditionFailed":
                return False
            raise  # a 409 among them, which says that another writer is at it: try again
        return True

    def put_raw(self, key: str, data: bytes, coding: str) -> None:
        encoding: Any = {} if coding == IDENTITY else {"ContentEncoding": coding}
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=data, ContentType=MEDIA_TYPE, **encoding)

    def send(self, arrival: Arrival, deduplication_id: str) -> None:
        self.sqs.send_message(
            QueueUrl=self.queue_url,
            MessageBody=arrival.body(correlation_id()),
            MessageGroupId=arrival.stream,
            MessageDeduplicationId=deduplication_id,
        )

    def upload_address(self, key: str, headers: dict[str, str], seconds: int) -> str:
        """An address to which anyone may PUT one object, with these headers and no others of theirs."""
        signed = {"ContentType": headers["content-type"]}
        if "content-encoding" in headers:
            signed["ContentEncoding"] = headers["content-encoding"]
        return self.s3.generate_presigned_url(
            "put_object", Params={"Bucket": self.bucket, "Key": key} | signed, ExpiresIn=seconds
        )

    def uploaded(self, key: str, most: int) -> Uploaded | None:
        """What was uploaded, None if nothing was. More than `most` bytes are not read."""
        found = self._get(key)
        if found is None:
            return None
        size = found["ContentLength"]
        # Not `with found["Body"]`: that gives the raw stream, which does not notice when it is cut off.
        with closing(found["Body"]) as stream:
            data = stream.read() if size <= most else None
        return Uploaded(data, size, found.get("ContentType", ""), found.get("ContentEncoding", ""))

    def _get(self, key: str) -> Any:
        try:
            return self.s3.get_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
